"""Test data of a model with named inputs of any shape, in any of the accepted forms, to batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from fourfold.data import Batch, EvaluationData
from fourfold.errors import describe_type
from fourfold.graph.ir import TensorInfo

EXPECTED = (
    "data must be a dict with an array for each input, the arrays themselves, or an iterable of "
    "those"
)


def load_feeds(data: Any, labels: Any, inputs: Sequence[TensorInfo]) -> EvaluationData:
    """Bring test data into batches, and check them against the model's inputs.

    Parameters
    ----------
    data : dict, array_like, DataFrame, tuple or list of arrays, or iterable of those
        One batch, or an iterable of batches, read to its end. A batch is a dict with an array for
        each input name; an array, where there is one input; a tuple or list of arrays, in order,
        where there are several. Without ``labels`` the iterable may give pairs ``(batch, labels of
        the batch)``; with two inputs the batch in such a pair is a dict or a tuple.
    labels : array_like or None
        Labels of all rows, or whatever a callable metric takes.
    inputs : sequence of TensorInfo
        The model's inputs.

    Raises
    ------
    TypeError
        If the data are of another kind, or an array of a type that the input's cannot take over.
    ValueError
        If an input is missing or unknown, a shape does not fit, or there is no batch.
    """
    found = [data] if _is_batch(data, len(inputs)) else list(_iterable(data))
    if not found:
        raise ValueError("the data hold no batch: the iterable ended at once")
    pairs = [_is_pair(item, len(inputs)) for item in found]
    label_rows: tuple[int, ...] = ()
    if any(pairs):
        if labels is not None:
            raise ValueError("labels were given twice: in pairs with the batches, and as labels=")
        if not all(pairs):
            raise ValueError("batches must all be pairs (batch, labels), or none of them")
        parts = [np.asarray(item[1]) for item in found]
        labels, label_rows = np.concatenate(parts), tuple(map(len, parts))
        found = [item[0] for item in found]
    batches = tuple(_to_batch(item, inputs) for item in found)
    return EvaluationData(batches, None if labels is None else np.asarray(labels), label_rows)


def _is_array(item: Any) -> bool:
    return hasattr(item, "__array__") or isinstance(item, (int, float))


def _is_batch(item: Any, inputs: int) -> bool:
    """Return whether this is one batch, and no iterable of batches."""
    if isinstance(item, Mapping) or hasattr(item, "__array__"):
        return True
    if not isinstance(item, (list, tuple)) or not item:
        return False
    if inputs > 1:
        return len(item) == inputs and all(map(_is_array, item))
    # A list of lists of numbers is an array in NumPy's eyes, and in ours.
    return isinstance(item, list) and isinstance(item[0], (list, int, float))


def _is_pair(item: Any, inputs: int) -> bool:
    """Return whether an item of an iterable is a batch with its labels."""
    if not isinstance(item, (list, tuple)) or len(item) != 2:
        return False
    if inputs > 1:
        return _is_batch(item[0], inputs) and not _is_array(item[0])
    return isinstance(item, tuple) or isinstance(item[0], Mapping)


def _iterable(data: Any) -> Iterable[Any]:
    if not isinstance(data, Iterable) or isinstance(data, (str, bytes)):
        raise TypeError(f"{EXPECTED}; got {describe_type(data)}")
    return data


def _to_batch(item: Any, inputs: Sequence[TensorInfo]) -> Batch:
    names = [info.name for info in inputs]
    if isinstance(item, Mapping):
        if set(item) != set(names):
            raise ValueError(
                f"a dict of data must have the model's inputs {names} as keys, "
                f"got {sorted(map(str, item))}"
            )
        arrays = [item[name] for name in names]
    elif len(inputs) == 1:
        arrays = [item]
    elif isinstance(item, (list, tuple)) and len(item) == len(inputs):
        arrays = list(item)
    else:
        raise ValueError(
            f"the model has the inputs {names}: pass a dict with an array for each, or a tuple"
        )
    return tuple(_to_input(info, array) for info, array in zip(inputs, arrays, strict=True))


def _to_input(info: TensorInfo, values: Any) -> np.ndarray:
    """Return an input's array, in its type where that is of the same kind, and of its shape."""
    array = np.asarray(values)
    if info.dtype == "bfloat16":  # NumPy has none: its bits are uint16
        expected = array.dtype if array.dtype.name == "bfloat16" else np.dtype("uint16")
    else:
        expected = np.dtype(info.dtype)
    if array.dtype != expected and not np.can_cast(array.dtype, expected, "same_kind"):
        raise TypeError(f"input {info.name!r} must be of {info.dtype}, got {array.dtype}")
    fits = len(array.shape) == len(info.shape) and all(
        known is None or size == known for size, known in zip(array.shape, info.shape, strict=True)
    )
    if not fits:
        shape = ", ".join("any" if size is None else str(size) for size in info.shape)
        raise ValueError(f"input {info.name!r} must have the shape [{shape}], got {array.shape}")
    return np.ascontiguousarray(array, expected).reshape(array.shape)
