"""Observers: what range a value has, from batches that are seen one after the other.

A histogram has ``BINS`` bins from 0 up to a limit that is a power of two, and as many down to minus
that. A magnitude that is not below it doubles the limit, and joins the bins two by two: the counts
are those that the final limit would have given from the start, in whatever pieces the values came.
"""

from __future__ import annotations

import math

import numpy as np

from fourfold.quantization.form import LARGEST, LOWEST, Form

BINS = 2048

# Of a batch so many elements are counted, evenly spread: enough for a range, and 0.5 ms. The
# largest magnitudes are those of all.
SAMPLE = 1 << 16

# Below it a value counts as zero: the reciprocal of its scale would come near float32's largest.
SMALLEST_MAXIMUM = 2.0**-100

# Ranges that are tried, as shares of what was seen.
SHARES = np.linspace(0.25, 1.0, 37)


class RangeObserver:
    """The ends of the range, 0 among it, and a histogram, of all arrays that it was shown.

    Infinities and NaN are passed over.

    Attributes
    ----------
    lowest, highest : float
        The least value, at most 0, and the largest, at least 0.
    counts : ndarray of int64, [2 * BINS]
        How many values are in each bin, from below.
    limit : float
        Where the last bin ends: a power of two, 0 as long as there is nothing but zeros.
    zeros : int
        How many were seen while ``limit`` was 0.
    """

    def __init__(self) -> None:
        self.lowest = self.highest = 0.0
        self.counts = np.zeros(2 * BINS, np.int64)
        self.limit = 0.0
        self.zeros = 0

    @property
    def maximum(self) -> float:
        """The largest magnitude."""
        return max(self.highest, -self.lowest)

    def add(self, values: np.ndarray) -> None:
        """Count an array's values."""
        if not values.size:
            return
        lowest, highest = float(values.min()), float(values.max())
        sample = _sample(values)
        if not math.isfinite(highest - lowest):
            finite = values[np.isfinite(values)]
            lowest, highest = float(finite.min(initial=0.0)), float(finite.max(initial=0.0))
            sample = sample[np.isfinite(sample)]
        self.lowest, self.highest = min(self.lowest, lowest), max(self.highest, highest)
        self._widen(_limit_above(max(highest, -lowest)))
        if self.limit == 0.0:
            self.zeros += sample.size
            return
        bins = (sample * (BINS / self.limit)).astype(np.int32)  # a power of two: exact
        self.counts += np.bincount(BINS + bins - (sample < 0), minlength=2 * BINS)

    def merge(self, other: RangeObserver) -> None:
        """Count all that another has seen, too."""
        self.lowest = min(self.lowest, other.lowest)
        self.highest = max(self.highest, other.highest)
        self._widen(other.limit)
        counts, limit = other.counts, other.limit
        while limit and limit < self.limit:
            counts, limit = _halved(counts), 2 * limit
        self.counts = self.counts + counts
        if self.limit:
            self.counts[BINS] += other.zeros
        else:
            self.zeros += other.zeros

    def form(self) -> Form:
        """Return the form in which int8 has the least mean squared error on what was seen.

        All 256 steps are between the ends of the range, and so its zero is anywhere: values that
        are never negative have twice the steps that they had above a zero in the middle (B. Jacob
        et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
        Inference, CVPR 2018). A few values far out are worth being cut off, for all others come
        out finer then, at both ends or at the upper one. (Of higher powers of the error, 2.5, 3 and
        4, none did better on the benchmarks' networks.)

        The scale is a float32 above 0; the form is that of ``scale = 1`` if there was nothing but
        zeros.
        """
        if self.maximum < SMALLEST_MAXIMUM:
            return Form(1.0, 0)
        centres = (np.arange(-BINS, BINS) + 0.5) * (self.limit / BINS)
        counted = self.counts > 0
        centres, counts = centres[counted], self.counts[counted]
        lowest = np.append(self.lowest * SHARES, np.full(len(SHARES), self.lowest))
        highest = np.tile(self.highest * SHARES, 2)
        scales = (highest - lowest) / (LARGEST - LOWEST)
        zeros = np.clip(np.rint(LOWEST - lowest / scales), LOWEST, LARGEST)
        steps = np.rint(centres / scales[:, None]) + zeros[:, None]
        errors = (np.clip(steps, LOWEST, LARGEST) - zeros[:, None]) * scales[:, None] - centres
        best = int(np.argmin((errors * errors) @ counts))
        return Form(float(np.float32(scales[best])), int(zeros[best]))

    def _widen(self, limit: float) -> None:
        """Let the last bin end at a power of two, if it ends below it."""
        if self.limit == 0.0 and limit:
            self.limit = limit
            self.counts[BINS] += self.zeros
            self.zeros = 0
        while self.limit < limit:
            self.counts, self.limit = _halved(self.counts), 2 * self.limit


def _limit_above(magnitude: float) -> float:
    """Return the least power of two above a magnitude; 0 for 0."""
    return math.ldexp(1.0, math.frexp(max(magnitude, SMALLEST_MAXIMUM))[1]) if magnitude else 0.0


def _halved(counts: np.ndarray) -> np.ndarray:
    """Return the counts of bins that are twice as wide."""
    wider = np.zeros_like(counts)
    wider[BINS // 2 : BINS // 2 + BINS] = counts.reshape(-1, 2).sum(axis=1)
    return wider


def _sample(values: np.ndarray) -> np.ndarray:
    """Return every n-th value, n without a divisor of the last axis: some of each channel."""
    flat = values.reshape(-1)
    step = -(-flat.size // SAMPLE)
    while step > 1 and math.gcd(step, values.shape[-1]) > 1:
        step += 1
    return flat[::step]
