"""Integers: constants that a model stores in 8 bits, as symmetric weights."""

from __future__ import annotations

import numpy as np

from fourfold.graph.ir import Integers

LARGEST = 127


def symmetric_integers(
    values: np.ndarray, scales: np.ndarray, zeros: np.ndarray | None, axis: int
) -> Integers | None:
    """Return what 8-bit integers are less their zero points, if that is in [-127, 127].

    Parameters
    ----------
    values : ndarray
        int8 or uint8.
    scales : ndarray
        float32: one, or one for each index of ``axis``.
    zeros : ndarray or None
        Of the dtype of ``values``, as many as there are scales, or one; None is 0.
    axis : int
        May count from the end.
    """
    centred = centred_integers(values, zeros, axis)
    if np.abs(centred).max(initial=0) > LARGEST:
        return None
    where = axis % values.ndim if scales.size > 1 else axis
    return Integers(centred.astype(np.int8), scales.reshape(-1), where)


def centred_integers(values: np.ndarray, zeros: np.ndarray | None, axis: int) -> np.ndarray:
    """Return 8-bit integers less their zero points, int16; parameters as above."""
    if zeros is None:
        return values.astype(np.int16)
    shape = [1] * values.ndim
    if zeros.size > 1:
        shape[axis] = zeros.size
    centred: np.ndarray = values.astype(np.int16) - zeros.astype(np.int16).reshape(shape)
    return centred
