"""The drop-in for ``fourfold.Sequential``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fourfold.data import to_real
from fourfold.dropin.base import DropIn
from fourfold.graph.compiled import CompiledProgram


class QuantizedSequential(DropIn):
    """A network in INT8, called as the ``Sequential`` that it came from.

    Calling it, or ``predict``, takes an array [rows, features] of real numbers and returns float32
    [rows, outputs]. ``ValueError`` on another shape, ``TypeError`` on another kind.

    Examples
    --------
    >>> import numpy as np
    >>> import fourfold as ff
    >>> weight = np.random.default_rng(0).normal(size=(256, 64))
    >>> network = ff.Sequential([ff.Dense(weight)])
    >>> result = ff.quantize_model(network, np.eye(256), gate=ff.Gate(min_speedup=0))
    >>> result.model
    QuantizedSequential(256 -> 64, INT8)
    >>> result.model(np.ones((2, 256))).shape
    (2, 64)
    """

    kind = "sequential"
    program: CompiledProgram

    def __init__(
        self,
        program: CompiledProgram,
        interface: Mapping[str, Any],
        interface_arrays: Mapping[str, np.ndarray],
    ) -> None:
        super().__init__(program, interface, interface_arrays)
        self._run: Callable[[ArrayLike], np.ndarray] = program.run

    def __call__(self, x: ArrayLike) -> np.ndarray:
        """Return the network's output, float32 [rows, outputs]."""
        try:
            return self._run(x)
        except TypeError:
            to_real(x, "the network's input")  # tells kinds apart that the engine does not
            raise

    predict = __call__

    @property
    def widths(self) -> tuple[int, ...]:
        """Columns of the input, and of each layer's output."""
        return tuple(self.interface["widths"])

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The layers' names, as the ``Sequential`` had them."""
        steps = self.program.spec.steps
        return tuple(step.name for step in steps if step.op in ("linear_s8", "linear_f32"))

    @property
    def is_quantized(self) -> bool:
        """Whether the network answers in INT8: it does."""
        return True

    def __repr__(self) -> str:
        widths = " -> ".join(str(width) for width in self.widths)
        return f"QuantizedSequential({widths}, INT8)"
