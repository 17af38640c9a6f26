"""A model in parts that run one after the other, some on the engine and some elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class PartRunner(Protocol):
    """What runs a part."""

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


class PartitionedProgram:
    """Parts that hand values on to each other by name.

    Parameters
    ----------
    inputs, outputs : sequence of str
        The values that a call takes and gives.
    parts : sequence of Part
        The parts, in the order in which they run.
    runners : sequence of callable
        What runs each.
    constants : mapping of str to array
        Outputs that no part makes.
    """

    def __init__(
        self,
        inputs: Sequence[str],
        outputs: Sequence[str],
        parts: Sequence[Part],
        runners: Sequence[PartRunner],
        constants: Mapping[str, Any],
    ) -> None:
        self.parts = tuple(parts)
        self._inputs = tuple(inputs)
        self._outputs = tuple(outputs)
        self._runners = tuple(runners)
        self._constants = dict(constants)

    def run(self, *arrays: Any) -> tuple[Any, ...]:
        """Run all parts on one array for each input, and return the outputs."""
        values = {**self._constants, **dict(zip(self._inputs, arrays, strict=True))}
        for part, runner in zip(self.parts, self._runners, strict=True):
            results = runner([values[name] for name in part.inputs])
            values.update(zip(part.outputs, results, strict=True))
        return tuple(values[name] for name in self._outputs)
