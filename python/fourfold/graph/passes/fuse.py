"""Fuse: an elementwise activation into the layer that it follows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.weighted import WEIGHTED, has_post

# These need a whole row, and a layer writes it in pieces.
ROW_WISE = frozenset({"softmax", "log_softmax"})


def fuse_activations(graph: Graph) -> Graph:
    """Return the graph with each elementwise activation done by the layer with weights before it.

    Only where that layer has no activation yet, does nothing after it, and nothing else reads its
    output.
    """
    readers = Counter(name for node in graph.nodes for name in node.inputs)
    readers.update(graph.outputs)
    nodes: list[Node] = []
    position: dict[str, int] = {}
    for node in graph.nodes:
        before = position.get(node.inputs[0])
        if before is not None and _fusible(nodes[before], node, readers):
            layer = nodes[before]
            attributes = {**layer.attributes, "activation": node.attributes["kind"]}
            if "alpha" in node.attributes:
                attributes["alpha"] = node.attributes["alpha"]
            nodes[before] = replace(layer, outputs=node.outputs, attributes=attributes)
            position[node.outputs[0]] = before
        else:
            position.update(dict.fromkeys(node.outputs, len(nodes)))
            nodes.append(node)
    return replace(graph, nodes=tuple(nodes))


def _fusible(layer: Node, node: Node, readers: Counter[str]) -> bool:
    return (
        node.op == "activation"
        and node.attributes["kind"] not in ROW_WISE
        and layer.op in WEIGHTED
        and layer.attributes.get("activation", "identity") == "identity"
        and not has_post(layer)
        and readers[layer.outputs[0]] == 1
    )
