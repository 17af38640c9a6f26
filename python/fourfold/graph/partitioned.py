"""A model in parts that run one after the other, some on the engine and some elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph, Node, TensorInfo


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

    def __call__(self, values: Sequence[Any]) -> Sequence[Any]:
        """Return the part's outputs for its inputs."""


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

    bodies: tuple[Graph | PartRunner, ...]
    """Of each part: its graph, or what runs it."""

    constants: Mapping[str, Any] = field(default_factory=dict)
    """Outputs that no part makes."""

    @property
    def graphs(self) -> dict[int, Graph]:
        """The graphs, by the numbers of their parts."""
        bodies = enumerate(self.bodies)
        return {number: body for number, body in bodies if isinstance(body, Graph)}

    @property
    def runners(self) -> tuple[PartRunner, ...]:
        """What runs the parts that are no graphs."""
        return tuple(body for body in self.bodies if not isinstance(body, Graph))

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes of all graphs."""
        return tuple(node for graph in self.graphs.values() for node in graph.nodes)

    def settled(self, values: Mapping[str, Any]) -> PartitionedGraph:
        """Return the model for values of the ranks that these have, by their names."""
        bodies = (
            body
            if isinstance(body, Graph)
            else body.settled([values[name] for name in part.inputs])
            for part, body in zip(self.parts, self.bodies, strict=True)
        )
        return replace(self, bodies=tuple(bodies))

    def compiled(self, compile_part: Callable[[int, Graph], CompiledProgram]) -> PartitionedProgram:
        """Return what runs the model, with the programs that its graphs, by number, are made to."""
        runners = (
            compile_part(number, body) if isinstance(body, Graph) else body
            for number, body in enumerate(self.bodies)
        )
        names = tuple(info.name for info in self.inputs)
        return PartitionedProgram(names, self.outputs, self.parts, tuple(runners), self.constants)


@dataclass(frozen=True)
class PartitionedProgram:
    """Parts that hand values on to each other by name."""

    inputs: tuple[str, ...]
    """The values that a call takes."""

    outputs: tuple[str, ...]
    """The values that it gives."""

    parts: tuple[Part, ...]
    """The parts, in the order in which they run."""

    runners: tuple[CompiledProgram | PartRunner, ...]
    """What runs each."""

    constants: Mapping[str, Any]
    """Outputs that no part makes."""

    def run(self, *arrays: Any) -> tuple[Any, ...]:
        """Run all parts on one array for each input, and return the outputs."""
        values = self.all_values(*arrays)
        return tuple(values[name] for name in self.outputs)

    def all_values(self, *arrays: Any) -> dict[str, Any]:
        """Run all parts, and return every value that one hands on."""
        values = {**self.constants, **dict(zip(self.inputs, arrays, strict=True))}
        for part, runner in zip(self.parts, self.runners, strict=True):
            given = [values[name] for name in part.inputs]
            values.update(zip(part.outputs, _run(runner, given), strict=True))
        return values

    def with_part(self, number: int, program: CompiledProgram) -> PartitionedProgram:
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


Program: TypeAlias = CompiledProgram | PartitionedProgram


def _run(runner: CompiledProgram | PartRunner, values: Sequence[Any]) -> Sequence[Any]:
    if not isinstance(runner, CompiledProgram):
        return runner(values)
    results = runner.run(*values)
    return results if isinstance(results, tuple) else (results,)
