"""Prune: nodes and constants on which no output depends."""

from __future__ import annotations

from dataclasses import replace

from fourfold.graph.ir import Graph, Node


def prune(graph: Graph) -> Graph:
    """Return the graph without nodes and constants that no output depends on."""
    wanted = set(graph.outputs)
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if wanted.intersection(node.outputs):
            wanted.update(node.inputs)
            kept.append(node)
    constants = {name: array for name, array in graph.constants.items() if name in wanted}
    return replace(graph, nodes=tuple(reversed(kept)), constants=constants)
