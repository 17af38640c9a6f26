"""Joins: a sum or product and the activation behind it as one node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.fuse import ROW_WISE

JOINED = ("add", "mul")


def fuse_joins(graph: Graph, dtypes: Mapping[str, str]) -> Graph:
    """Return the graph with activations done by the sum or product before them.

    Only in float32, and where nothing else reads the sum. It becomes a ``binary_s8``: without
    scales that computes in float32.

    Parameters
    ----------
    graph : Graph
        A graph in float.
    dtypes : mapping of str to str
        Of all its values.
    """
    readers = Counter(name for node in graph.nodes for name in node.inputs)
    readers.update(graph.outputs)
    nodes: list[Node] = []
    places: dict[str, int] = {}
    for node in graph.nodes:
        place = places.get(node.inputs[0]) if _is_elementwise(node) else None
        if place is not None and readers[node.inputs[0]] == 1:
            del places[node.inputs[0]]
            nodes[place] = _fused(nodes[place], node)
            continue
        joins = node.op == "add" or (node.op == "binary" and node.attributes["kind"] in JOINED)
        if joins and dtypes[node.outputs[0]] == "float32":
            places[node.outputs[0]] = len(nodes)
        nodes.append(node)
    return replace(graph, nodes=tuple(nodes))


def _is_elementwise(node: Node) -> bool:
    return node.op == "activation" and node.attributes["kind"] not in ROW_WISE


def _fused(join: Node, activation: Node) -> Node:
    attributes = {"kind": "add", **join.attributes, "activation": activation.attributes["kind"]}
    if "alpha" in activation.attributes:
        attributes["alpha"] = activation.attributes["alpha"]
    return replace(join, op="binary_s8", outputs=activation.outputs, attributes=attributes)
