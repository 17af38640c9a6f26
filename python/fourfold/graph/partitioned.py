"""A model in parts that run one after the other, some on the engine and some elsewhere.

A part is a graph, a choice between two (``graph.branches``), each of which may be in parts itself,
or what something else runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias

from fourfold.graph.branches import BranchGraph, BranchProgram
from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.graph.passes.lower import lower


class PartRunner(Protocol):
    """What runs a part that is no program: it needs more than the engine."""

    @property
    def content(self) -> bytes | None:
        """The part as an ONNX model with all of its data; None if it cannot be kept as one."""

    @property
    def weight_bytes(self) -> int:
        """Bytes of the part's constants."""

    def limit_threads(self, threads: int) -> None:
        """Let runs use at most so many threads, of those of ``set_threads``; 0 for all of them."""

    def settled(self, values: Sequence[Any]) -> Graph | PartRunner:
        """Return the part for inputs of the ranks that these have."""

    def run(self, *values: Any) -> Any:
        """Return the part's outputs for its inputs, or its one output."""


@dataclass(frozen=True)
class Part:
    """A part of a model."""

    runs_in: str
    """"fourfold" or "onnxruntime"."""

    nodes: tuple[str, ...]
    """The names of its nodes; of an unnamed one, its first output."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class PartitionedGraph:
    """A model whose parts are graphs, where the engine can run them."""

    inputs: tuple[TensorInfo, ...]
    outputs: tuple[str, ...]
    parts: tuple[Part, ...]

    bodies: tuple[AnyGraph | PartRunner, ...]
    """Of each part: its graph, or what runs it."""

    constants: Mapping[str, Any] = field(default_factory=dict)
    """Outputs that no part makes."""

    @property
    def graphs(self) -> dict[int, AnyGraph]:
        """The graphs, by the numbers of their parts."""
        bodies = enumerate(self.bodies)
        return {number: body for number, body in bodies if isinstance(body, GRAPHS)}

    @property
    def runners(self) -> dict[int, PartRunner]:
        """What runs the parts that are no graphs, by their numbers."""
        bodies = enumerate(self.bodies)
        return {number: body for number, body in bodies if not isinstance(body, GRAPHS)}

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes of all graphs."""
        return tuple(node for graph in self.graphs.values() for node in graph.nodes)

    def with_graphs(self, graphs: Mapping[int, AnyGraph | PartRunner]) -> PartitionedGraph:
        """Return the same with other bodies of some parts, by their numbers."""
        bodies = tuple(graphs.get(number, body) for number, body in enumerate(self.bodies))
        return replace(self, bodies=bodies)

    def assembled(self, programs: Mapping[int, Program]) -> PartitionedProgram:
        """Return what runs the model, with the programs that its graphs were made to."""
        names = tuple(info.name for info in self.inputs)
        runners = {**self.runners, **programs}
        in_order = tuple(runners[number] for number in range(len(self.parts)))
        return PartitionedProgram(names, self.outputs, self.parts, in_order, self.constants)


@dataclass(frozen=True)
class PartitionedProgram:
    """Parts that hand values on to each other by name."""

    inputs: tuple[str, ...]
    """The values that a call takes."""

    outputs: tuple[str, ...]
    """The values that it gives."""

    parts: tuple[Part, ...]
    """The parts, in the order in which they run."""

    runners: tuple[Program | PartRunner, ...]
    """What runs each."""

    constants: Mapping[str, Any]
    """Outputs that no part makes."""

    def run(self, *arrays: Any) -> tuple[Any, ...]:
        """Run all parts on one array for each input, and return the outputs."""
        values = self._values(arrays)
        return tuple(values[name] for name in self.outputs)

    def handed_on(self, *arrays: Any) -> dict[int, list[Any]]:
        """Run all parts, and return what each one reads, by its number."""
        values = self._values(arrays)
        parts = enumerate(self.parts)
        return {number: [values[name] for name in part.inputs] for number, part in parts}

    def _values(self, arrays: Sequence[Any]) -> dict[str, Any]:
        values = {**self.constants, **dict(zip(self.inputs, arrays, strict=True))}
        for part, runner in zip(self.parts, self.runners, strict=True):
            results = runner.run(*[values[name] for name in part.inputs])
            if not isinstance(results, (tuple, list)):
                results = (results,)
            values.update(zip(part.outputs, results, strict=True))
        return values

    def with_part(self, number: int, program: Program) -> PartitionedProgram:
        """Return the same, but that a part is run by another program."""
        runners = (*self.runners[:number], program, *self.runners[number + 1 :])
        return replace(self, runners=runners)

    def limit_threads(self, threads: int) -> None:
        """Let runs use at most so many threads, of those of ``set_threads``; 0 for all of them."""
        for runner in self.runners:
            runner.limit_threads(threads)

    @property
    def weight_bytes(self) -> int:
        """Bytes of the constants as stored; one that several parts read, for each of them."""
        return sum(runner.weight_bytes for runner in self.runners)


AnyGraph: TypeAlias = Graph | PartitionedGraph | BranchGraph
Program: TypeAlias = CompiledProgram | PartitionedProgram | BranchProgram
GRAPHS = (Graph, PartitionedGraph, BranchGraph)


def compiled(graph: AnyGraph, compile_whole: Callable[[Graph], CompiledProgram]) -> Program:
    """Return what runs a model, with what makes programs of its graphs."""
    if isinstance(graph, Graph):
        return compile_whole(graph)
    return graph.assembled(
        {number: compiled(part, compile_whole) for number, part in graph.graphs.items()}
    )


def compile_float(graph: AnyGraph) -> Program:
    """Return what runs a model in float."""
    return compiled(graph, lambda part: CompiledProgram(lower(part, {})))


def parts_in_float(graph: PartitionedGraph | BranchGraph) -> PartitionedProgram | BranchProgram:
    """Return what runs a model in parts in float."""
    return graph.assembled({number: compile_float(part) for number, part in graph.graphs.items()})
