"""Stored: INT8 weights, and what goes with their columns, as a program holds them.

A weight [K, N] is stored packed, as the kernels read it, or, where padding would be more than a
small part of that, plain (``cpp/matmul/packed_weights.h``); the engine tells the two apart by their
shapes. Values by column are padded where the weight's columns are.
"""

from __future__ import annotations

import math

import numpy as np

from fourfold import _core

PANEL_COLUMNS = 16

# Of a column that is shallower, the scale and the bias take more than a tenth if they are float32.
SHALLOW_DEPTH = 72


def padded_columns(columns: int) -> int:
    """Return how many columns whole panels have."""
    return columns + -columns % PANEL_COLUMNS


def is_shallow(depth: int) -> bool:
    """Return whether an int8 column of this depth has its scale and bias in 16 bits.

    That is, where those hold them exactly: they are stored so, and run as float32.
    """
    return depth < SHALLOW_DEPTH


def scale_bytes(depth: int) -> int:
    """Return the bytes of the scale of an int8 column of this depth, as it is stored."""
    return 2 if is_shallow(depth) else 4


def store_s8(weight: np.ndarray) -> np.ndarray:
    """Return an int8 weight [K, N] as it is stored: of rank 4 packed, of rank 2 plain."""
    whole = np.ascontiguousarray(weight)
    return whole if _is_plain(*weight.shape) else _core.pack_s8(whole)


def stored_elements(depth: int, columns: int) -> int:
    """Return the bytes of an int8 weight [K, N] as it is stored."""
    return math.prod(_core.stored_s8_shape(depth, columns))


def stored_columns(depth: int, columns: int) -> int:
    """Return how many values by column go with an int8 weight [K, N]."""
    return columns if _is_plain(depth, columns) else padded_columns(columns)


def _is_plain(depth: int, columns: int) -> bool:
    return len(_core.stored_s8_shape(depth, columns)) == 2


def filled(values: np.ndarray, columns: int, fill: float) -> np.ndarray:
    """Return float32 values [..., N], filled up to so many columns."""
    padding = [(0, 0)] * (values.ndim - 1) + [(0, columns - values.shape[-1])]
    return np.pad(values.astype(np.float32), padding, constant_values=fill)
