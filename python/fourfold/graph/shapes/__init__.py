"""Shapes of a graph's values, as far as they can be told before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from fourfold.graph.ir import Graph
from fourfold.graph.shapes import (  # noqa: F401  importing them registers their rules
    elementwise,
    movement,
    windows,
)
from fourfold.graph.shapes.dims import Dim, Shape
from fourfold.graph.shapes.state import RULES, State

__all__ = ["Dim", "Shape", "infer_shapes"]


def infer_shapes(graph: Graph) -> Mapping[str, Shape]:
    """Return the shapes of those values whose rank can be told.

    Parameters
    ----------
    graph : Graph
        The graph; each input dimension that may vary is a size of its own.

    Returns
    -------
    mapping of str to tuple
        For each axis a number or a name. Whenever the graph runs, axes of one name have one size,
        which is what makes two shapes comparable that depend on the inputs'.

    Examples
    --------
    >>> from fourfold.graph.ir import Graph, Node, TensorInfo
    >>> x = TensorInfo("x", "float32", (None, 3))
    >>> graph = Graph((x,), (Node("transpose", ("x",), ("y",)),), ("y",), {})
    >>> infer_shapes(graph)["y"] == infer_shapes(graph)["x"][::-1]
    True
    """
    state = State(graph.constants)
    for info in graph.inputs:
        state.shapes[info.name] = tuple(
            state.dims.name("input", info.name, axis) if size is None else size
            for axis, size in enumerate(info.shape)
        )
    for name in graph.constants:
        state.add_constant(name)
    for node in graph.nodes:
        if node.op not in RULES:
            continue
        # What contradicts itself says so when it runs; until then its shape is merely unknown.
        with suppress(IndexError, ValueError, ZeroDivisionError):
            found = RULES[node.op](node, state)
            if found is not None:
                state.shapes[node.outputs[0]] = found
    return state.shapes
