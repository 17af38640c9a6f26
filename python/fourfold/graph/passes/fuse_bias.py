"""Fuse: the addition of a constant into the linear layer before it, as its bias."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from fourfold.graph.ir import Graph, Node


def fuse_bias(graph: Graph) -> Graph:
    """Return the graph with each ``linear + constant [N]`` done by the linear layer.

    Only where the layer has no bias and no activation yet, and nothing else reads its output: the
    kernel starts its sums from the bias, so the addition costs nothing.
    """
    readers = Counter(name for node in graph.nodes for name in node.inputs)
    readers.update(graph.outputs)
    nodes: list[Node] = []
    position: dict[str, int] = {}
    for node in graph.nodes:
        found = _linear_and_bias(node, nodes, position, readers, graph)
        if found is None:
            position.update(dict.fromkeys(node.outputs, len(nodes)))
            nodes.append(node)
            continue
        before, bias = found
        linear = nodes[before]
        inputs = (*linear.inputs[:2], bias)
        nodes[before] = replace(linear, inputs=inputs, outputs=node.outputs)
        position[node.outputs[0]] = before
    return replace(graph, nodes=tuple(nodes))


def _linear_and_bias(
    node: Node,
    nodes: list[Node],
    position: dict[str, int],
    readers: Counter[str],
    graph: Graph,
) -> tuple[int, str] | None:
    """Return where the layer is whose bias an addition is, and the constant; None if it is none."""
    if node.op != "binary" or node.attributes["kind"] != "add":
        return None
    for value, bias in (node.inputs, node.inputs[::-1]):
        before, array = position.get(value), graph.constants.get(bias)
        if before is None or array is None or readers[value] != 1:
            continue
        linear = nodes[before]
        free = linear.op == "linear" and not any(linear.inputs[2:])
        free = free and linear.attributes.get("activation", "identity") == "identity"
        if free and array.shape == graph.constants[linear.inputs[1]].shape[1:]:
            return before, bias
    return None
