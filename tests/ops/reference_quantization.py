"""Quantization in NumPy, in float64 where that is exact."""

import numpy as np


def spread(parameter, shape, axis, block_size=0):
    """The parameter, broadcast to the shape: one value, one for each index, or for each block."""
    if block_size:
        return np.repeat(parameter, block_size, axis).take(range(shape[axis]), axis)
    if parameter.size == 1 and parameter.ndim <= 1:
        return parameter.reshape([1] * len(shape))
    return parameter.reshape([-1 if i == axis % len(shape) else 1 for i in range(len(shape))])


def saturate(values, dtype):
    info = np.iinfo(dtype)
    return np.clip(np.nan_to_num(values, nan=0), info.min, info.max).astype(dtype)


def quantize_linear(x, scale, zero, axis=1, block_size=0):
    """x / scale rounds to float32, as it does in C."""
    with np.errstate(all="ignore"):
        ratio = x / spread(scale, x.shape, axis, block_size)
    rounded = np.rint(np.nan_to_num(ratio.astype(np.float64), nan=0))
    return saturate(rounded + spread(zero, x.shape, axis, block_size), zero.dtype)


def dequantize_linear(x, scale, zero, axis=1, block_size=0):
    zero = spread(zero, x.shape, axis, block_size).astype(np.float32)
    return (x.astype(np.float32) - zero) * spread(scale, x.shape, axis, block_size)


def dynamic_quantize_linear(x):
    low, high = np.float32(min(0, x.min(initial=0))), np.float32(max(0, x.max(initial=0)))
    scale = np.float32(1) if low == high else (high - low) / np.float32(255)
    zero = saturate(np.rint(-low / scale), np.uint8)
    return saturate(np.rint(x / scale).astype(np.float64) + zero, np.uint8), scale, zero


def qlinear_matmul(a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero):
    def rows(parameter):
        return parameter.reshape(-1, 1) if parameter.size > 1 else parameter.reshape(())

    left = a.astype(np.int64) - rows(a_zero)
    right = b.astype(np.int64) - b_zero.reshape(-1)
    if b.ndim == 1:
        right = right.reshape(-1)
    product = (left @ right).astype(np.int32).astype(np.float64)
    scale = (
        rows(a_scale) * b_scale.reshape(b_scale.size if b_scale.size > 1 else ()) / rows(y_scale)
    )
    return saturate(np.rint(product * scale.astype(np.float64)) + rows(y_zero), y_zero.dtype)
