"""The ops on int8 tensors, [N, spatial..., C], by NumPy; int8 stands for its scale times it."""

import numpy as np

import ops.reference_convolution as windows_of
import reference

F32 = np.float32


def real(x, scale):
    """Return float32 as it is, int8 times its scale."""
    return x if x.dtype == F32 else x.astype(F32) * F32(scale)


@np.errstate(all="ignore")
def quantized(x, scale):
    """Return x in int8, or x itself where there is no scale."""
    if scale is None:
        return x
    rows = x.reshape(1, -1)
    return reference.quantize_fixed(rows, x.size, F32(1) / F32(scale)).reshape(x.shape)


def channels_first(x):
    return np.moveaxis(x, -1, 1)


@np.errstate(all="ignore")
def binary(a, b, kind, *, a_scale=None, b_scale=None, output_scale=None, activate=lambda v: v):
    a, b = real(a, a_scale), real(b, b_scale)
    return quantized(activate(a + b if kind == "add" else a * b), output_scale)


def scaled(sums, counts, input_scale, output_scale):
    with np.errstate(all="ignore"):
        y = sums.astype(F32) * (F32(input_scale) / counts.astype(F32))
    return quantized(y, output_scale)


def max_pool(x, kernel_shape, **attributes):
    planes = channels_first(x).astype(int)
    shape = windows_of.output_sizes(planes, kernel_shape, **attributes)
    y = np.zeros((len(x), *shape, x.shape[-1]), np.int8)
    for position, under in windows_of.windows(planes, kernel_shape, -128, **attributes):
        y[(slice(None), *position)] = under.reshape(*planes.shape[:2], -1).max(axis=-1)
    return y


def average_pool(
    x, kernel_shape, input_scale, output_scale=None, count_include_pad=0, **attributes
):
    planes = channels_first(x).astype(int)
    counts = windows_of.points_counted(planes, kernel_shape, count_include_pad, **attributes)
    sums = np.zeros((len(x), *counts.shape, x.shape[-1]), int)
    for position, under in windows_of.windows(planes, kernel_shape, 0, **attributes):
        sums[(slice(None), *position)] = under.reshape(*planes.shape[:2], -1).sum(axis=-1)
    return scaled(sums, counts[..., None], input_scale, output_scale)


def global_pool(x, kind, input_scale, output_scale=None):
    axes = tuple(range(1, x.ndim - 1))
    count = np.array(1 if kind == "max" else int(np.prod(x.shape[1:-1])))
    joined = x.astype(int).max(axis=axes) if kind == "max" else x.astype(int).sum(axis=axes)
    joined = joined.reshape(len(x), *(1,) * len(axes), x.shape[-1])
    return scaled(joined, count, input_scale, output_scale)
