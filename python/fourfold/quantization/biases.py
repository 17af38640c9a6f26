"""Biases of shallow linear layers in INT8, rounded to what is stored of them: float16."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.rewriting import Rewriting
from fourfold.graph.passes.stored import is_shallow

# Of the layer's largest bias. A weight's own rounding is up to 2^-8 of its column's largest.
LARGEST_ERROR = 2.0**-11


def round_biases(graph: Graph, int8: Collection[str]) -> Graph:
    """Return the graph with such biases in values that float16 holds.

    Those of a layer whose biases are so large or so small that they would lose more than
    ``LARGEST_ERROR`` stay as they are, and are stored as float32.

    Parameters
    ----------
    graph : Graph
        The graph that will be lowered.
    int8 : collection of str
        First outputs of the nodes that run in INT8.
    """
    rewriting = Rewriting(graph, {})

    def rule(node: Node) -> tuple[Node, ...] | None:
        if node.op != "linear" or node.outputs[0] not in int8:
            return None
        x, weight, bias, *rest = node.inputs
        found = rewriting.constants.get(bias)
        if found is None or not is_shallow(len(rewriting.constants[weight])):
            return None
        rounded = _rounded(found)
        if rounded is None or np.array_equal(rounded, found):
            return None
        name = rewriting.add_constant(rounded, f"{bias}.rounded")
        return (replace(node, inputs=(x, weight, name, *rest)),)

    return rewriting.apply(rule)


def _rounded(bias: np.ndarray) -> np.ndarray | None:
    """Return the nearest values that float16 holds, in float32; None where they are too far."""
    with np.errstate(over="ignore"):
        rounded = bias.astype(np.float16).astype(np.float32)
    allowed = LARGEST_ERROR * np.abs(bias).max(initial=0)
    return rounded if np.abs(rounded - bias).max(initial=0) <= allowed else None
