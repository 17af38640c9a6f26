"""What every drop-in has: the program, saving, pickling."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from fourfold.graph.partitioned import Program
from fourfold.stats import QuantizationStats


class DropIn:
    """A quantized model; subclasses give it the interface of the model it came from.

    Attributes
    ----------
    program : CompiledProgram or PartitionedProgram
        What runs.
    interface, interface_arrays : mapping
        What the interface needs beside it, as a model file holds it.
    stats : QuantizationStats or None
        What was measured when the model was quantized and accepted, on whatever machine that was.
    """

    kind: ClassVar[str]
    stats: QuantizationStats | None = None

    def __init__(
        self,
        program: Program,
        interface: Mapping[str, Any],
        interface_arrays: Mapping[str, np.ndarray],
    ) -> None:
        self.program = program
        self.interface = interface
        self.interface_arrays = interface_arrays

    @classmethod
    def of_program(
        cls,
        program: Program,
        interface: Mapping[str, Any],
        interface_arrays: Mapping[str, np.ndarray],
    ) -> DropIn:
        """Return the drop-in around a program, as a model file holds it."""
        return cls(program, interface, interface_arrays)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file, for ``fourfold.load``.

        Raises
        ------
        OSError
            If the file cannot be written; an older one stays as it was.
        """
        from fourfold.model_file import save_model

        save_model(path, self.program, self.kind, self.interface, self.interface_arrays, self.stats)

    def __reduce__(self) -> tuple[Callable[..., DropIn], tuple[type[DropIn], bytes]]:
        from fourfold.model_file import dump_model

        content = dump_model(
            self.program, self.kind, self.interface, self.interface_arrays, self.stats
        )
        return _from_bytes, (type(self), content)


def _from_bytes(drop_in: type[DropIn], content: bytes) -> DropIn:
    """Return the drop-in that a model file's content holds: what a pickle of one calls."""
    from fourfold.model_file import load_model

    loaded = load_model(content)
    model = drop_in.of_program(loaded.program, loaded.interface, loaded.interface_arrays)
    model.stats = loaded.stats
    return model
