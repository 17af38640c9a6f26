"""How far two models' outputs are apart, where there are no labels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fourfold.accuracy import AccuracyComparison


class OutputDistance:
    """The distance between the outputs of two models, collected batch by batch, in percent.

    Floats: the L2 norm of the difference over the original's, all outputs of all batches together.
    Where no output is of floats (classes): the share of rows that differ.
    """

    def __init__(self) -> None:
        self._distance = self._norm = 0.0
        self._floats = False
        self._rows = self._differing = 0

    def add(self, original: Sequence[np.ndarray], quantized: Sequence[np.ndarray]) -> None:
        """Take in a batch's outputs: arrays of the same shapes on both sides."""
        for before, after in zip(original, quantized, strict=True):
            if before.dtype.kind == "f":
                self._add_floats(before, after)
            else:
                differs = np.atleast_1d(before != after)
                self._rows += len(differs)
                self._differing += int(differs.any(axis=tuple(range(1, differs.ndim))).sum())

    def comparison(self) -> AccuracyComparison:
        """Return the distance so far."""
        if self._floats:
            name, loss = "relative_l2", self._relative()
        else:
            name, loss = "disagreement", 100 * self._differing / self._rows if self._rows else 0.0
        return AccuracyComparison(name, math.nan, math.nan, loss)

    def _add_floats(self, before: np.ndarray, after: np.ndarray) -> None:
        self._floats = True
        a, b = before.astype(np.float64).ravel(), after.astype(np.float64).ravel()
        # Inf - Inf is NaN, as it should be; squares beyond float64 are as good as that.
        with np.errstate(invalid="ignore", over="ignore"):
            self._distance = _together(self._distance, float(np.linalg.norm(a - b)))
            self._norm = _together(self._norm, float(np.linalg.norm(a)))

    def _relative(self) -> float:
        if math.isnan(self._distance) or math.isinf(self._norm):
            return math.nan
        if self._norm == 0:
            return math.inf if self._distance else 0.0
        return 100 * self._distance / self._norm


def _together(norm: float, other: float) -> float:
    """Return the L2 norm of two pieces; NaN if one is, where math.hypot may say infinity."""
    if math.isnan(norm) or math.isnan(other):
        return math.nan
    return math.hypot(norm, other)
