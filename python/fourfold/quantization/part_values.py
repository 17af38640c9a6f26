"""What the parts of a model hand on to each other, when it runs in float."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from fourfold.graph.branches import BranchGraph
from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph
from fourfold.graph.partitioned import AnyGraph, PartitionedGraph, Program, compiled
from fourfold.graph.passes.lower import lower
from fourfold.importers.imported import ImportedModel
from fourfold.quantization.calibrate import Batch


def settled(imported: ImportedModel, batch: Batch) -> ImportedModel:
    """Return the model for values of the ranks that a batch gives them.

    That is what makes graphs of those parts whose ranks only a run tells.
    """
    graph = _settled(imported.graph, batch)
    assert not isinstance(graph, BranchGraph)
    return replace(imported, graph=graph)


def _settled(graph: AnyGraph, batch: Batch) -> AnyGraph:
    if isinstance(graph, Graph) or not _is_open(graph):
        return graph
    given = compile_float(graph).handed_on(*batch)  # type: ignore[union-attr]
    inner = {
        number: _settled(part, given[number])
        for number, part in graph.graphs.items()
        if number in given
    }
    if isinstance(graph, BranchGraph):
        return graph.with_graphs(inner)
    runners = graph.runners.items()
    return graph.with_graphs({**inner, **{n: part.settled(given[n]) for n, part in runners}})


def compile_float(graph: AnyGraph) -> Program:
    """Return the model in float."""
    return compiled(graph, lambda part: CompiledProgram(lower(part, {})))


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
    graph: PartitionedGraph | BranchGraph, numbers: Sequence[int], batches: Sequence[Batch]
) -> dict[int, Sequence[Batch]]:
    """Return what some parts read, by their numbers, when the model runs in float."""
    given: dict[int, list[Batch]] = {number: [] for number in numbers}
    program = graph.assembled({n: compile_float(part) for n, part in graph.graphs.items()})
    for batch in batches if numbers else ():
        for number, values in program.handed_on(*batch).items():
            if number in given:
                given[number].append([np.ascontiguousarray(value) for value in values])
    return dict(given)
