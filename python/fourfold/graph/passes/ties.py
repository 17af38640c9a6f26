"""Ties: tables whose rows are taken that are also, transposed, the weight of a linear layer."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from fourfold.graph.ir import Graph

# Rows compared at once: the comparison of a large table would take a byte for each element.
ROWS_AT_ONCE = 4096


def find_ties(graph: Graph, int8: Collection[str]) -> dict[str, str]:
    """Return, by the table's name, the weight [K, N] of a linear layer that a table [N, K] equals.

    Exporters write the transposition as a node, as an attribute, or as a second copy, and importing
    makes a constant of its own of each: so it is the values that are compared. A linear layer's
    scale per column is then the table's scale per row, and one packed weight does for both.

    Parameters
    ----------
    graph : Graph
        The graph that is lowered.
    int8 : collection of str
        The first outputs of the layers in INT8; no others are tied.
    """
    nodes = [node for node in graph.nodes if node.outputs[0] in int8]
    weights = dict.fromkeys(node.inputs[1] for node in nodes if node.op == "linear")
    tables = dict.fromkeys(node.inputs[0] for node in nodes if node.op == "gather")
    ties = {}
    for table in tables:
        for weight in weights:
            if _equal(graph.constants[table], graph.constants[weight].T):
                ties[table] = weight
                break
    return ties


def _equal(table: np.ndarray, other: np.ndarray) -> bool:
    if table.shape != other.shape or not np.array_equal(table[:1], other[:1]):
        return False
    starts = range(0, len(table), ROWS_AT_ONCE)
    return all(
        np.array_equal(table[start : start + ROWS_AT_ONCE], other[start : start + ROWS_AT_ONCE])
        for start in starts
    )
