"""Weights to int8: symmetric, in [-127, 127], one scale per output channel or row of a table."""

from __future__ import annotations

import numpy as np

from fourfold.graph.narrow import HALF_BITS
from fourfold.graph.passes.pack import QuantizedWeight
from fourfold.graph.passes.stored import is_shallow

INT8_MAX = 127

# Below this a column counts as zero, as a row does in the kernels: its scale, and the product of
# that with a row's scale, would lose bits to float32's least exponent.
SMALLEST_MAXIMUM = 2.0**-100

# Elements that are worked on at once: the quotients of a large table would double the memory that
# its model takes.
BLOCK_ELEMENTS = 1 << 20

FLOAT16 = np.finfo(np.float16)
# Of a float32's bits: those that bfloat16 lacks, and the largest that it rounds down.
LOWER_HALF, BELOW_HALF = np.uint32(0xFFFF), np.uint32(0x7FFF)


def quantize_columns(weight: np.ndarray) -> QuantizedWeight:
    """Quantize a weight, each column by its own largest magnitude.

    ``scale[n] = max |weight[:, n]| / 127`` and ``values = round_to_even(weight / scale)``; a column
    of zeros has scale 1. Of shallow columns the scale is rounded to 16 bits first.

    Parameters
    ----------
    weight : ndarray of float32, [K, N]
        Finite.
    """
    scales = _scales(np.maximum(weight.max(axis=0), -weight.min(axis=0)))
    if is_shallow(len(weight)):
        scales = _in_16_bits(scales)
    return QuantizedWeight(_divided(weight, scales[None, :]), scales)


def quantize_rows(weight: np.ndarray) -> QuantizedWeight:
    """Quantize a weight, each row by its own largest magnitude.

    A row may have axes of its own: [filters, channels, window...]. The scales are [rows, 1...].
    """
    scales = _scales_of_rows(weight)
    return QuantizedWeight(_divided(weight, scales), scales)


def quantize_table(table: np.ndarray) -> QuantizedWeight:
    """Quantize a matrix [rows, K] by row, as `quantize_columns` does its transpose.

    So a table whose rows are taken, and that is also the weight of a layer, has the same values.
    """
    scales = _scales_of_rows(table)
    if is_shallow(table.shape[1]):
        scales = _in_16_bits(scales)
    return QuantizedWeight(_divided(table, scales), scales)


def relative_error(weight: np.ndarray, quantized: QuantizedWeight) -> float:
    """Return the relative L2 distance of a quantized weight from its original."""
    if quantized.scales.ndim > 1:  # one for each row, on axes of the weight's own
        weight = weight.reshape(quantized.scales.size, -1)
        scales = quantized.scales.reshape(-1, 1)
        quantized = QuantizedWeight(quantized.values.reshape(weight.shape), scales)
    distance = norm = 0.0
    for rows in _blocks(weight):
        # The squares of float32's largest would overflow in it.
        exact = weight[rows].astype(np.float64)
        norm = float(np.hypot(norm, np.linalg.norm(exact)))
        exact -= quantized.values[rows] * _of_rows(quantized.scales, rows).astype(np.float64)
        distance = float(np.hypot(distance, np.linalg.norm(exact)))
    return distance / norm if norm else 0.0


def _scales(maximum: np.ndarray) -> np.ndarray:
    scales = (maximum / np.float32(INT8_MAX)).astype(np.float32)
    scales[maximum < SMALLEST_MAXIMUM] = 1.0
    return scales


def _scales_of_rows(weight: np.ndarray) -> np.ndarray:
    axes = tuple(range(1, weight.ndim))
    lowest, highest = (f(axis=axes, keepdims=True) for f in (weight.min, weight.max))
    return _scales(np.maximum(highest, -lowest))


def _in_16_bits(scales: np.ndarray) -> np.ndarray:
    """Return the nearest scales that float16 holds, or bfloat16 if one is out of its range.

    That is within 1/2048, or within 1/256: a smaller scale's 127 steps still come nearer to the
    largest weight than 128 would.
    """
    if FLOAT16.smallest_normal <= scales.min(initial=1) <= scales.max(initial=1) <= FLOAT16.max:
        return scales.astype(np.float16).astype(np.float32)
    bits = scales.view(np.uint32)
    ties_to_even = BELOW_HALF + (bits >> HALF_BITS & 1)
    return (bits + ties_to_even & ~LOWER_HALF).view(np.float32)


def _divided(weight: np.ndarray, scales: np.ndarray) -> np.ndarray:
    values = np.empty(weight.shape, np.int8)
    for rows in _blocks(weight):
        quotients = np.divide(weight[rows], _of_rows(scales, rows))
        values[rows] = np.rint(quotients, out=quotients)
    return values


def _of_rows(scales: np.ndarray, rows: slice) -> np.ndarray:
    """Return the scales of some rows: those themselves, unless each row has its own."""
    return scales[rows] if scales.ndim > 1 and len(scales) > 1 else scales


def _blocks(weight: np.ndarray) -> list[slice]:
    """Return slices of rows that together are all."""
    rows = len(weight)
    step = max(1, BLOCK_ELEMENTS * rows // max(1, weight.size))
    return [slice(start, start + step) for start in range(0, rows, step)]
