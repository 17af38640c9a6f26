"""Observers: what range a value has, from batches that are seen one after the other.

A histogram of magnitudes has ``BINS`` bins from 0 to a limit that is a power of two. A magnitude
that is not below it doubles the limit, and joins the bins two by two: the counts are those that the
final limit would have given from the start, in whatever pieces the values came.
"""

from __future__ import annotations

import math

import numpy as np

BINS = 2048
INT8_MAX = 127

# Of a batch so many elements are counted, evenly spread: enough for a range, and 0.5 ms. The
# largest magnitude is that of all.
SAMPLE = 1 << 16

# Below it a value counts as zero: the reciprocal of its scale would come near float32's largest.
SMALLEST_MAXIMUM = 2.0**-100

# Ranges that are tried, as shares of the largest magnitude.
SHARES = np.linspace(0.25, 1.0, 97)


class RangeObserver:
    """The largest magnitude, and a histogram of magnitudes, of all arrays that it was shown.

    Infinities and NaN are passed over.

    Attributes
    ----------
    maximum : float
        The largest magnitude.
    counts : ndarray of int64, [BINS]
        How many magnitudes are in each bin.
    limit : float
        Where the last bin ends: a power of two, 0 as long as there is nothing but zeros.
    zeros : int
        How many were seen while ``limit`` was 0.
    """

    def __init__(self) -> None:
        self.maximum = 0.0
        self.counts = np.zeros(BINS, np.int64)
        self.limit = 0.0
        self.zeros = 0

    def add(self, values: np.ndarray) -> None:
        """Count an array's values."""
        if not values.size:
            return
        largest = max(float(values.max()), -float(values.min()))
        magnitudes = np.abs(_sample(values))
        if not math.isfinite(largest):
            finite = np.abs(values[np.isfinite(values)])
            largest = float(finite.max(initial=0.0))
            magnitudes = magnitudes[np.isfinite(magnitudes)]
        self.maximum = max(self.maximum, largest)
        self._widen(_limit_above(largest))
        if self.limit == 0.0:
            self.zeros += magnitudes.size
            return
        bins = (magnitudes * (BINS / self.limit)).astype(np.int32)  # a power of two: exact
        self.counts += np.bincount(bins, minlength=BINS)

    def merge(self, other: RangeObserver) -> None:
        """Count all that another has seen, too."""
        self.maximum = max(self.maximum, other.maximum)
        self._widen(other.limit)
        counts, limit = other.counts, other.limit
        while limit and limit < self.limit:
            counts, limit = _halved(counts), 2 * limit
        self.counts = self.counts + counts
        if self.limit:
            self.counts[0] += other.zeros
        else:
            self.zeros += other.zeros

    def scale(self) -> float:
        """Return the scale with which int8 has the least mean squared error on what was seen.

        A few magnitudes far out are worth being cut off, for all others come out finer then. It is
        a float32 above 0; 1 if there was nothing but zeros.
        """
        if self.maximum < SMALLEST_MAXIMUM:
            return 1.0
        centres = (np.arange(BINS) + 0.5) * (self.limit / BINS)
        counted = self.counts > 0
        centres, counts = centres[counted], self.counts[counted]
        scales = self.maximum * SHARES / INT8_MAX
        rounded = np.rint(centres / scales[:, None])
        errors = centres - np.minimum(rounded, INT8_MAX) * scales[:, None]
        best = int(np.argmin((errors * errors) @ counts))
        return float(np.float32(scales[best]))

    def _widen(self, limit: float) -> None:
        """Let the last bin end at a power of two, if it ends below it."""
        if self.limit == 0.0 and limit:
            self.limit = limit
            self.counts[0] += self.zeros
            self.zeros = 0
        while self.limit < limit:
            self.counts, self.limit = _halved(self.counts), 2 * self.limit


def _limit_above(magnitude: float) -> float:
    """Return the least power of two above a magnitude; 0 for 0."""
    return math.ldexp(1.0, math.frexp(max(magnitude, SMALLEST_MAXIMUM))[1]) if magnitude else 0.0


def _halved(counts: np.ndarray) -> np.ndarray:
    """Return the counts of bins that are twice as wide."""
    wider = np.zeros_like(counts)
    wider[: BINS // 2] = counts.reshape(-1, 2).sum(axis=1)
    return wider


def _sample(values: np.ndarray) -> np.ndarray:
    """Return every n-th value, n without a divisor of the last axis: some of each channel."""
    flat = values.reshape(-1)
    step = -(-flat.size // SAMPLE)
    while step > 1 and math.gcd(step, values.shape[-1]) > 1:
        step += 1
    return flat[::step]
