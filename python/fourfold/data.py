"""Test data in any of the accepted forms, to a tuple of batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fourfold.errors import describe_type

# NumPy's kinds of real numbers: bool, signed, unsigned, float.
REAL_KINDS = "biuf"

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
    """

    batches: tuple[Batch, ...]
    labels: np.ndarray | None

    @property
    def rows(self) -> int:
        """Rows of all batches together."""
        return sum(int(batch[0].shape[0]) for batch in self.batches)


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
        If the data are of a kind that a model cannot take (strings, objects, complex numbers).
    ValueError
        If there are no rows, an input is missing, or the labels are of another length.
    """
    if _is_single_batch(data):
        found, found_labels = [data], None
    else:
        found, found_labels = _split_pairs(list(data), labels is None)
    batches = tuple(_to_batch(batch, input_names) for batch in found)
    if not batches:
        raise ValueError("the test data hold no batch: the iterable ended at once")
    if labels is not None:
        found_labels = np.asarray(labels)
    result = EvaluationData(batches, found_labels)
    if found_labels is not None and found_labels.shape[:1] != (result.rows,):
        raise ValueError(
            "labels must have one entry per row of the test data: got labels of shape "
            f"{found_labels.shape} for {result.rows} rows"
        )
    return result


def check_real(array: np.ndarray, what: str) -> None:
    """Raise ``TypeError`` unless the array is of real numbers."""
    if array.dtype.kind not in REAL_KINDS:
        raise TypeError(
            f"{what} must be of real numbers (float, int or bool), got dtype {array.dtype}"
        )


def _is_frame(data: Any) -> bool:
    return hasattr(data, "iloc") and hasattr(data, "columns")


def _is_sparse(data: Any) -> bool:
    return hasattr(data, "toarray") and hasattr(data, "dtype")


def _is_single_batch(data: Any) -> bool:
    if isinstance(data, Mapping) or hasattr(data, "__array__"):
        return True
    if _is_frame(data) or _is_sparse(data):
        return True
    if not isinstance(data, Iterable) or isinstance(data, (str, bytes)):
        raise TypeError(
            "test data must be an array, a DataFrame, a dict of arrays, or an iterable of those, "
            f"got {describe_type(data)}"
        )
    # A list of lists of numbers is an array in NumPy's eyes, and in ours.
    return isinstance(data, list) and bool(data) and isinstance(data[0], (list, int, float))


def _split_pairs(found: list[Any], may_be_pairs: bool) -> tuple[list[Any], np.ndarray | None]:
    """Separate ``(batch, labels)`` pairs; anything else passes as it is."""
    pairs = [item for item in found if isinstance(item, tuple)]
    if not pairs:
        return found, None
    if not may_be_pairs:
        raise ValueError("labels were given twice: in pairs with the batches, and as labels=")
    if len(pairs) != len(found) or any(len(pair) != 2 for pair in pairs):
        raise ValueError("batches must all be pairs (batch, labels), or none of them")
    return [x for x, _ in pairs], np.concatenate([np.asarray(y) for _, y in pairs])


def _to_batch(data: Any, input_names: Sequence[str]) -> Batch:
    if isinstance(data, Mapping):
        if set(data) != set(input_names):
            raise ValueError(
                f"a dict of test data must have the model's inputs {sorted(input_names)} "
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
        raise ValueError("the test data hold a batch without rows: pass at least one row")
    return batch


def _to_input(data: Any) -> Any:
    """Check one input's data; what is no DataFrame or sparse matrix becomes an array."""
    if _is_frame(data):
        for name, dtype in zip(data.columns, data.dtypes, strict=True):
            if getattr(dtype, "kind", "O") not in REAL_KINDS:
                raise TypeError(
                    f"column {name!r} of the test data must be of real numbers, got dtype {dtype}"
                )
        return data
    array = data if _is_sparse(data) else np.asarray(data)
    check_real(array, "test data")
    if array.ndim == 0:
        raise ValueError(f"test data must have rows, got the single value {array}")
    return array
