"""Class labels as users write them, brought to one class per row that can be compared."""

from __future__ import annotations

from itertools import islice
from numbers import Real
from typing import Any

import numpy as np

from fourfold.data import REAL_KINDS
from fourfold.errors import describe_type


def class_labels(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return labels as an array of strings or of numbers, as the classes are.

    Parameters
    ----------
    labels : ndarray, [rows]
        Strings or numbers, maybe as Python objects (pandas' strings and categories are).
    classes : ndarray
        The model's, from ``of_one_kind``.

    Raises
    ------
    ValueError
        If a label is missing (NaN, None), or none of them is one of the classes: then they are of
        another kind, or of another task, and an accuracy would say nothing about the model.
    """
    labels = of_one_kind(labels)
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise ValueError(f"labels must not be missing: {np.isnan(labels).sum()} of them are NaN")
    if not (_comparable(labels, classes) and np.isin(labels, classes).any()):
        raise ValueError(
            f"none of the labels ({_some(labels)}) is one of the model's classes ({_some(classes)})"
        )
    return labels


def of_one_kind(values: np.ndarray) -> np.ndarray:
    """Return an array of Python objects as one of strings or numbers; any other as it is."""
    if values.dtype.kind != "O":
        return values
    items: list[Any] = values.ravel().tolist()
    for kind in (str, (Real, np.bool_)):
        if all(isinstance(item, kind) for item in items):
            return np.array(items).reshape(values.shape)
    kinds = sorted({describe_type(item) for item in items})
    raise ValueError(f"labels must be all strings or all numbers, got {' and '.join(kinds)}")


def from_one_hot(labels: np.ndarray) -> np.ndarray:
    """Return the number of the column, in each row, that is 1.

    Raises
    ------
    ValueError
        If a row is not a single 1 among zeros.
    """
    if not (np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()):
        raise ValueError(
            f"labels of shape {labels.shape} must be one-hot (a single 1 among zeros in each row), "
            "or one class per row"
        )
    columns: np.ndarray = labels.argmax(axis=1)
    return columns


def are_whole(labels: np.ndarray) -> bool:
    """Return whether labels are whole numbers, maybe stored as floats."""
    if labels.dtype.kind == "f":
        return bool(np.all(np.isfinite(labels) & (labels == np.rint(labels))))
    return labels.dtype.kind in REAL_KINDS


def _comparable(labels: np.ndarray, classes: np.ndarray) -> bool:
    if labels.dtype.kind in REAL_KINDS:
        return classes.dtype.kind in REAL_KINDS
    return labels.dtype.kind == classes.dtype.kind


def _some(values: np.ndarray) -> str:
    """Return the first few different values, as a message shows them."""
    few = list(islice(dict.fromkeys(values.ravel().tolist()), 4))
    return ", ".join([repr(value) for value in few[:3]] + ["..."] * (len(few) > 3))
