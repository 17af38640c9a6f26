"""Fuse: an elementwise activation into the linear layer that it follows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from fourfold.graph.ir import Graph, Node

# These need a whole row, and a linear step writes it in pieces.
ROW_WISE = frozenset({"softmax", "log_softmax"})


def fuse_activations(graph: Graph) -> Graph:
    """Return the graph with each elementwise activation done by the linear layer before it.

    Only where that layer has no activation yet, and nothing else reads its output.
    """
    readers = Counter(name for node in graph.nodes for name in node.inputs)
    readers.update(graph.outputs)
    nodes: list[Node] = []
    position: dict[str, int] = {}
    for node in graph.nodes:
        before = position.get(node.inputs[0])
        if before is not None and _fusible(nodes[before], node, readers):
            linear = nodes[before]
            attributes = {**linear.attributes, "activation": node.attributes["kind"]}
            if "alpha" in node.attributes:
                attributes["alpha"] = node.attributes["alpha"]
            nodes[before] = replace(linear, outputs=node.outputs, attributes=attributes)
            position[node.outputs[0]] = before
        else:
            position.update(dict.fromkeys(node.outputs, len(nodes)))
            nodes.append(node)
    return replace(graph, nodes=tuple(nodes))


def _fusible(linear: Node, node: Node, readers: Counter[str]) -> bool:
    return (
        node.op == "activation"
        and node.attributes["kind"] not in ROW_WISE
        and linear.op == "linear"
        and linear.attributes.get("activation", "identity") == "identity"
        and readers[linear.outputs[0]] == 1
    )
