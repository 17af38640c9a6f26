"""Calibration: a float graph run on batches, node by node, and the range of each of its values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.graph.passes.lower import lower
from fourfold.quantization.observers import RangeObserver

Batch = Sequence[np.ndarray]

Visit = Callable[[Node, Mapping[str, np.ndarray]], object]
"""Called after each node, with the values of its inputs and outputs among others."""


@dataclass(frozen=True)
class Calibration:
    """What was seen of a graph's values."""

    shapes: Mapping[str, tuple[int, ...]]
    """In the first batch, of every value."""

    dtypes: Mapping[str, str]
    """Names of NumPy's dtypes, of every value."""

    ranges: Mapping[str, RangeObserver]
    """Of the float32 values."""

    @property
    def ranks(self) -> Mapping[str, int]:
        """The number of axes of every value."""
        return {name: len(shape) for name, shape in self.shapes.items()}


def calibrate(graph: Graph, batches: Sequence[Batch]) -> Calibration:
    """Observe all values of a graph.

    Parameters
    ----------
    graph : Graph
        A graph in float.
    batches : sequence of sequence of ndarray
        An array per input of the graph, in order; at least one batch.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    dtypes: dict[str, str] = {}
    ranges: dict[str, RangeObserver] = {}

    def see(name: str, array: np.ndarray) -> None:
        shapes.setdefault(name, array.shape)
        dtypes.setdefault(name, array.dtype.name)
        if array.dtype == np.float32:
            ranges.setdefault(name, RangeObserver()).add(array)

    def visit(node: Node, values: Mapping[str, np.ndarray]) -> None:
        for name in node.outputs:
            see(name, values[name])

    for batch in batches:
        for info, array in zip(graph.inputs, batch, strict=True):
            see(info.name, array)
        run_nodes(graph, batch, visit)
    return Calibration(shapes, dtypes, ranges)


def run_nodes(graph: Graph, batch: Batch, visit: Visit) -> None:
    """Run a float graph on a batch, one node after the other.

    Each node is a program of its own that lives as long as it runs, and a value lives until its
    last reader has run: little more is in memory than the model, and what it needs to run at all.
    """
    values = {info.name: array for info, array in zip(graph.inputs, batch, strict=True)}
    unread = Counter(name for node in graph.nodes for name in set(node.inputs))
    for node in graph.nodes:
        read = {name for name in node.inputs if name in values}
        results = run_node(node, values, graph.constants)
        values.update(zip(node.outputs, results, strict=True))
        visit(node, values)
        for name in (*read, *node.outputs):
            unread[name] -= name in read
            if unread[name] <= 0:
                values.pop(name, None)


def run_node(
    node: Node, values: Mapping[str, np.ndarray], constants: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, ...]:
    """Return the outputs of one node in float."""
    read = [name for name in dict.fromkeys(node.inputs) if name in values]
    inputs = tuple(
        TensorInfo(name, values[name].dtype.name, (None,) * values[name].ndim) for name in read
    )
    held = {name: constants[name] for name in node.inputs if name in constants}
    program = CompiledProgram(lower(Graph(inputs, (node,), node.outputs, held), {}))
    results = program(*(values[name] for name in read))
    return results if isinstance(results, tuple) else (results,)
