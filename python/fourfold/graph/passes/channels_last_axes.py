"""The two layouts of an image: channels first [N, C, spatial...], channels last [N, spatial..., C].

Values of three dimensions or more have both; with fewer there is nothing to move. A permutation is
that of ``np.transpose``: axis i of the result is axis ``permutation[i]`` of what is transposed.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

LEAST_RANK = 3


def to_last(rank: int) -> tuple[int, ...]:
    """Return the permutation that moves the channels behind the spatial axes."""
    return (0, *range(2, rank), 1)


def to_first(rank: int) -> tuple[int, ...]:
    """Return the permutation that moves them back; also, where each axis lies, channels last."""
    return (0, rank - 1, *range(1, rank - 1))


def normal_axes(axes: Iterable[int], rank: int) -> tuple[int, ...] | None:
    """Return axes, those from the end too, counted from 0; None if one does not exist."""
    listed = tuple(axes)
    if any(not -rank <= axis < rank for axis in listed):
        return None
    return tuple(axis % rank for axis in listed)


def moved_axes(axes: Iterable[int], rank: int) -> tuple[int, ...] | None:
    """Return where axes of [N, C, spatial...] lie, channels last; None if one does not exist."""
    listed = normal_axes(axes, rank)
    return None if listed is None else tuple(to_first(rank)[axis] for axis in listed)


def transpose_constant(array: np.ndarray, rank: int) -> np.ndarray:
    """Return a constant that broadcasts with values of a rank, channels last."""
    whole = array.reshape((1,) * (rank - array.ndim) + array.shape)
    return np.ascontiguousarray(whole.transpose(to_last(rank)))
