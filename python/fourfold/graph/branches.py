"""A part of a model that is one of two, as a condition tells at run time: ONNX's If."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fourfold.graph.ir import Node

if TYPE_CHECKING:
    from fourfold.graph.partitioned import AnyGraph, Program

# The numbers of the branches.
THEN, ELSE = 0, 1


@dataclass(frozen=True)
class BranchGraph:
    """A choice between two graphs with as many outputs."""

    condition: int
    """Which of the part's inputs it is: one boolean."""

    reads: tuple[tuple[int, ...], tuple[int, ...]]
    """Which of the part's inputs each branch has, in the order of its own."""

    branches: tuple[AnyGraph, AnyGraph]

    @property
    def graphs(self) -> dict[int, AnyGraph]:
        """The branches, by their numbers."""
        return dict(enumerate(self.branches))

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes of both branches."""
        return tuple(node for graph in self.branches for node in graph.nodes)

    def with_graphs(self, graphs: Mapping[int, AnyGraph]) -> BranchGraph:
        """Return the same with other graphs for some branches, by their numbers."""
        found = {**self.graphs, **graphs}
        return replace(self, branches=(found[THEN], found[ELSE]))

    def assembled(self, programs: Mapping[int, Program]) -> BranchProgram:
        """Return what runs the part, with the programs that its branches were made to."""
        return BranchProgram(self.condition, self.reads, (programs[THEN], programs[ELSE]))


@dataclass(frozen=True)
class BranchProgram:
    """A choice between two programs."""

    condition: int
    """Which input it is: one boolean."""

    reads: tuple[tuple[int, ...], tuple[int, ...]]
    """Which inputs each branch has, in the order of its own."""

    branches: tuple[Program, Program]

    def run(self, *arrays: Any) -> Any:
        """Run the branch that the condition tells, and return its outputs."""
        ((number, values),) = self.handed_on(*arrays).items()
        return self.branches[number].run(*values)

    def handed_on(self, *arrays: Any) -> dict[int, list[Any]]:
        """Return what the branch that the condition tells reads, by its number.

        Raises
        ------
        ValueError
            If the condition is not one element.
        """
        condition = arrays[self.condition]
        if condition.size != 1:
            raise ValueError(
                f"a condition must be one boolean, got an array of shape {condition.shape}"
            )
        number = THEN if condition.item() else ELSE
        return {number: [arrays[place] for place in self.reads[number]]}

    def with_part(self, number: int, program: Program) -> BranchProgram:
        """Return the same, but that a branch is run by another program."""
        then, otherwise = self.branches
        return replace(self, branches=(program, otherwise) if number == THEN else (then, program))

    def limit_threads(self, threads: int) -> None:
        """Let runs use at most so many threads, of those of ``set_threads``; 0 for all of them."""
        for program in self.branches:
            program.limit_threads(threads)

    @property
    def weight_bytes(self) -> int:
        """Bytes of the constants as stored, of both branches."""
        return sum(program.weight_bytes for program in self.branches)
