"""Test data in any of the accepted forms, to a tuple of batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fourfold.errors import describe_type

# NumPy's kinds of real numbers: bool, signed, unsigned, float.
REAL_KINDS = "biuf"

LABELS_ELSEWHERE = "labels go into labels=, or into a list of pairs [(batch, labels), ...]"

Batch = tuple[Any, ...]


@dataclass(frozen=True)
class EvaluationData:
    """Rows to evaluate a model on.

    Attributes
    ----------
    batches : tuple of tuple
        Each batch holds what the model is called with: one array (or DataFrame, or sparse matrix)
        per input.
    labels : ndarray or None
        Labels of all rows, along the first axis.
    label_rows : tuple of int
        How many of the labels belong to each batch, where they came in pairs with the batches.
    """

    batches: tuple[Batch, ...]
    labels: np.ndarray | None
    label_rows: tuple[int, ...] = ()

    @property
    def rows(self) -> int:
        """Rows of all batches together."""
        return sum(map(row_count, self.batches))


def load_data(data: Any, labels: Any, input_names: Sequence[str]) -> EvaluationData:
    """Bring test data into batches, and check them.

    Parameters
    ----------
    data : array_like, DataFrame, sparse matrix, dict, or iterable of those
        One batch, or an iterable of batches, read to its end. A dict has an array for each input
        name. Without ``labels`` the iterable may give pairs ``(batch, labels of the batch)``.
    labels : array_like or None
        Labels of all rows.
    input_names : sequence of str
        The names of the model's inputs, in order.

    Raises
    ------
    TypeError
        If the data are of a kind that a model cannot take (strings, objects, complex numbers), or
        the labels are no array or list.
    ValueError
        If there are no rows, an input is missing, the batches do not have the same columns, or the
        labels are of another length.
    """
    if _is_single_batch(data):
        found, found_labels = [data], None
    else:
        found, found_labels = _split_pairs(list(data), labels is None)
    batches = tuple(_to_batch(batch, input_names) for batch in found)
    if not batches:
        raise ValueError("the data hold no batch: the iterable ended at once")
    _check_alike(batches)
    if labels is not None:
        found_labels = _to_labels(labels)
    result = EvaluationData(batches, found_labels)
    if found_labels is not None and found_labels.shape[:1] != (result.rows,):
        raise ValueError(
            "labels must have one entry per row of the data: got labels of shape "
            f"{found_labels.shape} for {result.rows} rows"
        )
    return result


def check_real(array: np.ndarray, what: str) -> None:
    """Raise ``TypeError`` unless the array is of real numbers."""
    if array.dtype.kind not in REAL_KINDS:
        raise TypeError(
            f"{what} must be of real numbers (float, int or bool), got dtype {array.dtype}"
        )


def to_real(values: Any, what: str) -> np.ndarray:
    """Return an array of real numbers, or raise ``TypeError``."""
    if is_sparse(values):
        raise TypeError(f"{what} must be a dense array, got a sparse matrix: pass x.toarray()")
    array = np.asarray(values)
    check_real(array, what)
    return array


def check_columns(data: EvaluationData, columns: Sequence[int | None]) -> None:
    """Raise ``ValueError`` unless every batch has so many columns, given for each input."""
    for array, expected in zip(data.batches[0], columns, strict=True):
        if tuple(array.shape[1:]) != (expected,):
            raise ValueError(
                f"data must have the shape [rows, {expected}], got {tuple(array.shape)}"
            )


def row_count(batch: Batch) -> int:
    """Return the rows of the first of a batch's arrays that has any."""
    return next((int(array.shape[0]) for array in batch if array.ndim), 1)


def is_sparse(data: Any) -> bool:
    """Return whether this is a SciPy sparse matrix or array."""
    return hasattr(data, "tocsr") and hasattr(data, "toarray")


def _is_frame(data: Any) -> bool:
    return hasattr(data, "iloc") and hasattr(data, "columns")


def _is_single_batch(data: Any) -> bool:
    if isinstance(data, Mapping) or hasattr(data, "__array__"):
        return True
    if _is_frame(data) or is_sparse(data):
        return True
    if not isinstance(data, Iterable) or isinstance(data, (str, bytes)):
        raise TypeError(
            "data must be an array, a DataFrame, a dict of arrays, or an iterable of those, "
            f"got {describe_type(data)}"
        )
    # A list of lists of numbers is an array in NumPy's eyes, and in ours.
    if not isinstance(data, list) or not data or _is_pair(data[0]):
        return False
    return isinstance(data[0], (list, int, float))


def _is_pair(item: Any) -> bool:
    """Return whether an item of an iterable is no batch, but one with its labels.

    A tuple is; a list is where a batch stands in it, for a row of numbers is a list as well.
    """
    if isinstance(item, list) and item:
        return isinstance(item[0], Mapping) or getattr(item[0], "ndim", 0) == 2
    return isinstance(item, tuple)


def _to_labels(labels: Any) -> np.ndarray:
    array = np.asarray(labels)
    if array.ndim == 0:
        raise TypeError(
            f"labels must be an array or a list with one entry per row, got {describe_type(labels)}"
        )
    return array


def _check_alike(batches: tuple[Batch, ...]) -> None:
    for batch in batches[1:]:
        for first, other in zip(batches[0], batch, strict=True):
            if first.shape[1:] != other.shape[1:]:
                raise ValueError(
                    f"batches must have the same columns, got shapes {first.shape} and "
                    f"{other.shape}; {LABELS_ELSEWHERE}"
                )


def _split_pairs(found: list[Any], may_be_pairs: bool) -> tuple[list[Any], np.ndarray | None]:
    """Separate ``(batch, labels)`` pairs; anything else passes as it is."""
    pairs = [item for item in found if _is_pair(item)]
    if not pairs:
        return found, None
    if not may_be_pairs:
        raise ValueError("labels were given twice: in pairs with the batches, and as labels=")
    if len(pairs) != len(found) or any(len(pair) != 2 for pair in pairs):
        raise ValueError("batches must all be pairs (batch, labels), or none of them")
    return [x for x, _ in pairs], np.concatenate([_to_labels(y) for _, y in pairs])


def _to_batch(data: Any, input_names: Sequence[str]) -> Batch:
    if isinstance(data, Mapping):
        if set(data) != set(input_names):
            raise ValueError(
                f"a dict of data must have the model's inputs {sorted(input_names)} "
                f"as keys, got {sorted(map(str, data))}"
            )
        batch = tuple(_to_input(data[name]) for name in input_names)
    else:
        batch = (_to_input(data),)
    if len(batch) != len(input_names):
        raise ValueError(
            f"the model has the inputs {list(input_names)}: pass a dict with an array for each"
        )
    rows = {array.shape[0] for array in batch}
    if len(rows) != 1:
        raise ValueError(f"the arrays of a batch must have equally many rows, got {sorted(rows)}")
    if rows == {0}:
        raise ValueError("the data hold a batch without rows: pass at least one row")
    return batch


def _to_input(data: Any) -> Any:
    """Check one input's data; what is no DataFrame or sparse matrix becomes an array."""
    if _is_frame(data):
        for name, dtype in zip(data.columns, data.dtypes, strict=True):
            if getattr(dtype, "kind", "O") not in REAL_KINDS:
                raise TypeError(
                    f"column {name!r} of the data must be of real numbers, got dtype {dtype}"
                )
        return data
    array = data if is_sparse(data) else np.asarray(data)
    check_real(array, "data")
    if array.ndim == 0:
        raise ValueError(f"data must have rows, got the single value {array}")
    if array.ndim == 1:
        raise ValueError(
            f"a batch must have rows and columns, got an array of shape {array.shape}: rows one by "
            f"one go into one array (numpy.stack); {LABELS_ELSEWHERE}"
        )
    return array
