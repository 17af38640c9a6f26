"""What the parts of a model hand on to each other, when it runs in float."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import overload

import numpy as np

from fourfold.graph.branches import BranchGraph, BranchProgram
from fourfold.graph.ir import Graph
from fourfold.graph.partitioned import (
    AnyGraph,
    PartitionedGraph,
    PartitionedProgram,
    parts_in_float,
)
from fourfold.quantization.calibrate import Batch


@overload
def settled(
    graph: Graph | PartitionedGraph, batch: Batch
) -> Graph | PartitionedGraph: ...  # what a model can be as a whole


@overload
def settled(graph: BranchGraph, batch: Batch) -> BranchGraph: ...


def settled(graph: AnyGraph, batch: Batch) -> AnyGraph:
    """Return the model for values of the ranks that a batch gives them.

    That is what makes graphs of those parts whose ranks only a run tells.
    """
    if isinstance(graph, Graph) or not _is_open(graph):
        return graph
    given = parts_in_float(graph).handed_on(*batch)
    inner = {
        number: settled(part, given[number])
        for number, part in graph.graphs.items()
        if number in given
    }
    if isinstance(graph, BranchGraph):
        return graph.with_graphs(inner)
    runners = graph.runners.items()
    return graph.with_graphs({**inner, **{n: part.settled(given[n]) for n, part in runners}})


def leaves(graph: AnyGraph) -> Iterator[Graph]:
    """Yield the graphs that have no parts."""
    if isinstance(graph, Graph):
        yield graph
        return
    for part in graph.graphs.values():
        yield from leaves(part)


def has_branches(graph: AnyGraph) -> bool:
    """Return whether a condition decides what of the model runs."""
    is_choice = isinstance(graph, BranchGraph)
    return is_choice or (
        not isinstance(graph, Graph) and any(map(has_branches, graph.graphs.values()))
    )


def _is_open(graph: AnyGraph) -> bool:
    """Return whether only a run tells what some part's graph is."""
    if isinstance(graph, Graph):
        return False
    runners = graph.runners.values() if isinstance(graph, PartitionedGraph) else ()
    return any(map(_is_open, graph.graphs.values())) or not all(part.content for part in runners)


def handed_on(
    program: PartitionedProgram | BranchProgram, numbers: Collection[int], batches: Sequence[Batch]
) -> dict[int, Sequence[Batch]]:
    """Return what some parts read, by their numbers, when a program runs."""
    given: dict[int, list[Batch]] = {number: [] for number in numbers}
    for batch in batches if numbers else ():
        for number, values in program.handed_on(*batch).items():
            if number in given:
                given[number].append([np.ascontiguousarray(value) for value in values])
    return dict(given)
