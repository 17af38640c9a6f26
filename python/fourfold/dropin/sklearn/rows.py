"""What a user passes as X, checked as scikit-learn checks it, to rows for the program."""

from __future__ import annotations

from typing import Any

import numpy as np

from fourfold import _core
from fourfold.data import REAL_KINDS
from fourfold.errors import describe_type

RESHAPE = (
    "Reshape your data either using array.reshape(-1, 1) if your data has a single feature or "
    "array.reshape(1, -1) if it contains a single sample."
)


def to_rows(x: Any, columns: int, checked_by: str) -> tuple[np.ndarray, np.dtype[Any]]:
    """Return X as float32 [rows, columns], C-contiguous, and the dtype it came in.

    Parameters
    ----------
    x : array_like or DataFrame, [rows, columns]
        Finite real numbers.
    columns : int
        How many columns it must have.
    checked_by : str
        The class name in messages.

    Raises
    ------
    TypeError
        If X is an array of Python objects, or a ``numpy.matrix``.
    ValueError
        If its shape does not fit, it holds NaN or Inf, or it is not of real numbers.
    """
    array = _to_array(x)
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported\n{array}\n")
    if array.dtype.kind not in REAL_KINDS:
        raise ValueError(
            f"X must be of real numbers, got dtype {array.dtype}: convert your data to numeric "
            "values explicitly"
        )
    if array.ndim != 2:
        what = "scalar array" if array.ndim == 0 else f"{array.ndim}D array"
        raise ValueError(f"Expected 2D array, got {what} instead:\narray={array}.\n{RESHAPE}")
    if array.shape[1] != columns:
        raise ValueError(
            f"X has {array.shape[1]} features, but {checked_by} is expecting {columns} features "
            "as input."
        )
    with np.errstate(over="ignore"):
        rows = np.ascontiguousarray(array, dtype=np.float32)
    if not _core.all_finite(rows):
        raise ValueError(_what_is_not_finite(array))
    return rows, array.dtype


def _to_array(x: Any) -> np.ndarray:
    if isinstance(x, np.matrix):
        raise TypeError(
            "np.matrix is not supported. Please convert to a numpy array with np.asarray."
        )
    array = np.asarray(x)
    if array.dtype.kind != "O":
        return array
    if not hasattr(x, "iloc"):
        raise TypeError(
            f"X must be of real numbers, got a {describe_type(x)} of Python objects: convert it "
            "with numpy.asarray(X, dtype=float)"
        )
    # A DataFrame whose columns have no dtype in common, or one of objects or with missing values.
    numbers: np.ndarray = x.to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers


def _what_is_not_finite(array: np.ndarray) -> str:
    if array.dtype.kind == "f" and np.isnan(array).any():
        return (
            "Input X contains NaN.\nMissing values encoded as NaN are not accepted: drop the rows "
            "that have them, or impute the values."
        )
    return "Input X contains infinity or a value too large for dtype('float32')."
