"""The checks of what a session is fed, and asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from fourfold.session.nodes import NodeArg, tensor_type


class Feeds:
    """The checks of a session's feeds, with what they need of the model's inputs at hand.

    A dict that holds exactly the inputs, as arrays that fit, is what nearly every call passes: it
    takes under a microsecond, where the whole checks take several, as long as a small model runs.

    Parameters
    ----------
    inputs : sequence of NodeArg
        The model's inputs.
    """

    def __init__(self, inputs: Sequence[NodeArg]) -> None:
        self._inputs = inputs
        self._expected = [
            (node.name, np.dtype(node.dtype), len(node.shape), _fixed_sizes(node))
            for node in inputs
            if node.is_numeric and node.dtype != "bfloat16" and not node.any_rank
        ]
        self._quick = len(self._expected) == len(inputs)

    def ordered(self, feed: Mapping[str, Any]) -> list[Any]:
        """Return what `ordered_feeds` returns; raise what it raises."""
        arrays = self._as_given(feed)
        return ordered_feeds(self._inputs, feed) if arrays is None else arrays

    def _as_given(self, feed: Mapping[str, Any]) -> list[Any] | None:
        """Return the arrays in order if they are all there, no others are, and all fit."""
        if not self._quick or type(feed) is not dict or len(feed) != len(self._expected):
            return None
        arrays = []
        for name, dtype, rank, fixed in self._expected:
            array = feed.get(name)
            if type(array) is not np.ndarray or array.dtype != dtype or array.ndim != rank:
                return None
            for axis, size in fixed:
                if array.shape[axis] != size:
                    return None
            arrays.append(array)
        return arrays


class OutputNumbers:
    """Which of a model's outputs are asked for, with their names' numbers at hand.

    Parameters
    ----------
    outputs : sequence of NodeArg
        The model's outputs.
    """

    def __init__(self, outputs: Sequence[NodeArg]) -> None:
        self._outputs = outputs
        self._all = list(range(len(outputs)))
        self._number = {node.name: number for number, node in enumerate(outputs)}

    def chosen(self, wanted: Iterable[str] | None) -> list[int]:
        """Return what `chosen_outputs` returns; raise what it raises."""
        if not wanted:
            return self._all
        names = list(wanted)
        try:
            return [self._number[name] for name in names]
        except (KeyError, TypeError):  # unknown, or nothing that could be a name
            return chosen_outputs(self._outputs, names)


def ordered_feeds(inputs: Sequence[NodeArg], feed: Mapping[str, Any]) -> list[Any]:
    """Return the arrays of a feed in the order of a model's inputs, checked.

    Sequences, maps and types that NumPy has not are left to what runs them.

    Raises
    ------
    ValueError
        If an input is missing, unknown, or of a shape that does not fit.
    TypeError
        If the feed is no mapping, or an array of another type than the input's.
    """
    if not isinstance(feed, Mapping):
        raise TypeError(
            f"the input feed must map input names to arrays, received a {type(feed).__name__}"
        )
    names = [node.name for node in inputs]
    missing = [name for name in names if name not in feed]
    if missing:
        raise ValueError(f"Required inputs ({missing}) are missing from input feed ({list(feed)}).")
    unknown = [name for name in feed if name not in names]
    if unknown:
        raise ValueError(f"Invalid input name: {unknown[0]}; the model's inputs are {names}")
    return [_checked(node, feed[node.name]) for node in inputs]


def chosen_outputs(outputs: Sequence[NodeArg], wanted: Iterable[str] | None) -> list[int]:
    """Return the numbers of the outputs that are asked for by name; None or none means all."""
    names = [node.name for node in outputs]
    chosen = list(wanted or names)
    for name in chosen:
        if name not in names:
            raise ValueError(f"Invalid output name: {name}; the model's outputs are {names}")
    return [names.index(name) for name in chosen]


def _fixed_sizes(node: NodeArg) -> list[tuple[int, int]]:
    """Return the axes of an input whose size may not vary, each with its size."""
    return [(axis, size) for axis, size in enumerate(node.shape) if isinstance(size, int)]


def _checked(node: NodeArg, value: Any) -> Any:
    """Return a value as an array that fits the input.

    Lists and scalars take the input's type, as onnxruntime lets them; an array keeps its own.
    """
    if not node.is_numeric:
        return np.asarray(value, object) if node.type == "tensor(string)" else value
    value = getattr(value, "numpy", lambda: value)() if not isinstance(value, np.ndarray) else value
    dtype = "uint16" if node.dtype == "bfloat16" else node.dtype
    array = value if isinstance(value, np.ndarray) else np.asarray(value, dtype)
    if array.dtype.name == "bfloat16":  # of the package ml_dtypes
        array = array.view(np.uint16)
    elif node.dtype == "bfloat16" or array.dtype != np.dtype(dtype):
        raise TypeError(
            f"Unexpected input data type for input: {node.name} "
            f"Actual: ({tensor_type(array.dtype)}) , expected: ({node.type})"
        )
    if node.any_rank:
        return array
    if array.ndim != len(node.shape):
        raise ValueError(
            f"Invalid rank for input: {node.name} Got: {array.ndim} Expected: {len(node.shape)}; "
            f"received shape {array.shape}, expected {tuple(node.shape)}"
        )
    wrong = [
        f"index: {axis} Got: {size} Expected: {expected}"
        for axis, (size, expected) in enumerate(zip(array.shape, node.shape, strict=True))
        if isinstance(expected, int) and size != expected
    ]
    if wrong:
        raise ValueError(
            f"Got invalid dimensions for input: {node.name} for the following indices: "
            + ", ".join(wrong)
        )
    return array
