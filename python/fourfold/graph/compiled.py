"""A program spec together with the engine's ready-to-run form of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fourfold import _core
from fourfold.graph.narrow import widened
from fourfold.graph.program import ProgramSpec

# A cache line, and an AMX tile row: one that straddles two lines costs two loads.
ALIGNMENT = 64


class CompiledProgram:
    """A program that is ready to run: call it with one array per input.

    A call gives the same bits on every ISA and for any number of threads; a row's result does not
    depend on the rows beside it. Programs can be pickled, and called from several threads at once.

    Parameters
    ----------
    spec : ProgramSpec
        What to run. Constants that do not start on a 64-byte boundary are copied to one that does,
        and narrow ones widened; all others (those of a mapped file) are used where they lie.

    Raises
    ------
    ValueError
        If a step, a value or a shape does not fit.
    TypeError
        If something is of the wrong kind.

    Attributes
    ----------
    spec : ProgramSpec
        The steps and constants.
    run : callable
        What a call runs, without the call's own overhead.
    """

    def __init__(self, spec: ProgramSpec) -> None:
        self.spec = replace(spec, constants=tuple(aligned(array) for array in spec.constants))
        self.run = _core.Program(
            [(info.name, info.dtype, info.shape) for info in spec.inputs],
            [self._as_read(number) for number in range(len(self.spec.constants))],
            [(step.op, step.inputs, step.outputs, step.attributes) for step in spec.steps],
            spec.outputs,
        )

    def __call__(self, *arrays: ArrayLike) -> Any:
        """Run the program.

        Parameters
        ----------
        *arrays : array_like
            One per input, of the input's shape; any real dtype is converted to the input's.

        Returns
        -------
        ndarray or tuple of ndarray
            The output, or all of them where the program has several.

        Raises
        ------
        ValueError
            If an array's shape does not fit.
        TypeError
            If an array is not of real numbers, or there are too many or too few.
        """
        return self.run(*arrays)

    def limit_threads(self, threads: int) -> None:
        """Let runs use at most so many threads, of those of ``set_threads``; 0 for all of them."""
        self.run.max_threads = threads

    @property
    def weight_bytes(self) -> int:
        """Bytes of the constants as stored: weights, with padding where packed, scales, biases."""
        return sum(array.nbytes for array in self.spec.constants)

    def _as_read(self, number: int) -> np.ndarray:
        """Return a constant as the engine reads it."""
        stored, dtype = self.spec.constants[number], self.spec.widened.get(number)
        return stored if dtype is None else aligned(widened(stored, dtype))

    def __reduce__(self) -> tuple[type[CompiledProgram], tuple[ProgramSpec]]:
        return type(self), (self.spec,)


def aligned(array: np.ndarray) -> np.ndarray:
    """Return the array itself if it starts on a boundary, else a copy that does."""
    if array.ctypes.data % ALIGNMENT == 0:
        return array
    room = np.empty(array.nbytes + ALIGNMENT, np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    copy = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy
