"""Normalizations in NumPy, in float64."""

import numpy as np


def standardized(x, axes, epsilon):
    """Return (x - mean) / deviation over the axes, the mean, and 1 / deviation."""
    x = x.astype(np.float64)
    mean = x.mean(axes, keepdims=True)
    inverse = 1 / np.sqrt(((x - mean) ** 2).mean(axes, keepdims=True) + epsilon)
    return (x - mean) * inverse, mean, inverse


def layer_norm(x, scale, bias, axis, epsilon):
    y, mean, inverse = standardized(x, tuple(range(axis % x.ndim, x.ndim)), epsilon)
    return y * scale + (0 if bias is None else bias), mean, inverse


def rms_norm(x, scale, axis, epsilon):
    x = x.astype(np.float64)
    axes = tuple(range(axis % x.ndim, x.ndim))
    return x / np.sqrt((x * x).mean(axes, keepdims=True) + epsilon) * scale


def by_channel(parameter, x):
    """The parameter, one value for each channel, as it is broadcast to x [N, C, ...]."""
    return parameter.reshape(-1, *[1] * (x.ndim - 2))


def group_norm(x, scale, bias, groups, epsilon):
    n, c = x.shape[:2]
    grouped = x.reshape(n, groups, c // groups * int(np.prod(x.shape[2:], dtype=int)))
    y = standardized(grouped, (2,), epsilon)[0].reshape(x.shape)
    return y * by_channel(scale, x) + by_channel(bias, x)


def batch_norm(x, scale, bias, mean, variance, epsilon):
    mean, inverse = by_channel(mean, x), 1 / np.sqrt(by_channel(variance, x) + epsilon)
    return (x.astype(np.float64) - mean) * inverse * by_channel(scale, x) + by_channel(bias, x)


def lp_norm(x, axis, p):
    norm = np.linalg.norm(x.astype(np.float64), p, axis, keepdims=True)
    return x / np.where(norm == 0, 1, norm)
