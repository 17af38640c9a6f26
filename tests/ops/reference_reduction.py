"""The reductions in NumPy: dumb, separate and never optimised."""

import numpy as np


def _log_sum_exp(x, axis, keepdims):
    maximum = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(maximum), maximum, 0)
    y = shift + np.log(np.sum(np.exp(x - shift), axis=axis, keepdims=True))
    return y if keepdims else np.squeeze(y, axis=axis)


REDUCE = {
    "sum": np.sum,
    "mean": lambda x, **axes: np.sum(x, **axes) / np.sum(np.ones(x.shape), **axes),
    "max": np.max,
    "min": np.min,
    "prod": np.prod,
    "l1": lambda x, **axes: np.sum(np.abs(x), **axes),
    "l2": lambda x, **axes: np.sqrt(np.sum(x * x, **axes)),
    "log_sum": lambda x, **axes: np.log(np.sum(x, **axes)),
    "log_sum_exp": _log_sum_exp,
    "sum_square": lambda x, **axes: np.sum(x * x, **axes),
}


def arg_reduce(x, kind, axis, keepdims, last):
    find = {"max": np.argmax, "min": np.argmin}[kind]
    if last:
        return x.shape[axis] - 1 - find(np.flip(x, axis), axis=axis, keepdims=keepdims)
    return find(x, axis=axis, keepdims=keepdims)


def cumulative(x, kind, axis, exclusive, reverse):
    x = np.flip(x, axis) if reverse else x
    accumulate = {"sum": np.add, "prod": np.multiply}[kind].accumulate
    y = accumulate(x, axis=axis, dtype=x.dtype)
    if exclusive and y.shape[axis] > 0:
        y = np.roll(y, 1, axis)
        first = [slice(None)] * y.ndim
        first[axis] = 0
        y[tuple(first)] = {"sum": 0, "prod": 1}[kind]
    return np.flip(y, axis) if reverse else y


def top_k(x, k, axis, largest):
    """Sort as Python does: NaN above all, ties in the order of the indices."""
    lines = np.moveaxis(x, axis, -1)
    indices = np.zeros((*lines.shape[:-1], k), np.int64)
    for place in np.ndindex(lines.shape[:-1]):
        line = lines[place].tolist()
        keys = [(v != v, 0 if v != v else v) for v in line]
        order = sorted(range(len(line)), key=keys.__getitem__)
        if largest:
            order = sorted(range(len(line)), key=lambda i: (keys[i], -i), reverse=True)
        indices[place] = order[:k]
    indices = np.moveaxis(indices, -1, axis)
    return np.take_along_axis(x, indices, axis), indices


def softmax(x, axis, kind):
    if kind == "hardmax":
        first = np.expand_dims(np.argmax(x, axis), axis)
        y = np.zeros_like(x)
        np.put_along_axis(y, first, 1, axis)
        return y
    shifted = x - np.max(x, axis, keepdims=True)
    total = np.sum(np.exp(shifted), axis, keepdims=True)
    return np.exp(shifted) / total if kind == "softmax" else shifted - np.log(total)
