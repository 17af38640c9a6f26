"""The checks of what a session is fed, and asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from fourfold.session.nodes import NodeArg, tensor_type


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
