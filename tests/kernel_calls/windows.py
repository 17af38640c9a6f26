"""Calls of the kernels on planes and pixels of float32, and of those with zero points."""

import functools
import itertools

import numpy as np

from fourfold import _core
from kernel_calls.parts import WIDTHS, float32, writing
from reference import round_up

kernels = _core.kernels
COLUMNS = WIDTHS[::2]


def plane(rng, rows, columns, offsets, stride):
    """The values that so many lines read, and not one more: whole ones of 16 positions."""
    return float32(rng, (rows - 1) * stride + max(offsets) + round_up(columns, 16))


def offsets_of(rng, points):
    return np.sort(rng.integers(0, 40, points)).astype(np.uint64)


def depthwise_f32(rng):
    # Tiles are 1, 2, 4 or 8 rows, of 1 to 4 vectors.
    for size, stride_y, columns in itertools.product([3, 5], [1, 2], COLUMNS):
        for rows in (1, 2, 3, 5, 9):
            offsets, stride = offsets_of(rng, size), columns + 5
            x = plane(rng, (rows - 1) * stride_y + size, columns, offsets, stride)
            run = writing(depthwise_plane(stride, stride_y), rows, columns)
            yield run, [x, offsets, float32(rng, size, size)], {}
    # Four pixels at once, of windows that have a kernel of their own and of others.
    windows = [(3, 3, 1), (3, 3, 2), (2, 5, 1), (5, 5, 2), (1, 4, 3), (2, 1, 1)]
    for (window_rows, points, step), channels in itertools.product(windows, COLUMNS):
        for pixels in (1, 3, 4, 9):
            pointers = (window_rows, (pixels - 1) * step + points)
            operands = [
                float32(rng, 6, channels),
                rng.permuted(np.resize(np.arange(6, dtype=np.uint64), pointers)),
                float32(rng, window_rows, points, channels),
                float32(rng, channels) if pixels % 2 else None,
            ]
            yield writing(depthwise_pixels(step), pixels, channels), operands, {}


def depthwise_plane(x_stride, stride_y):
    def run(x, offsets, w, y):
        kernels.depthwise_plane(x, offsets, x_stride, w, 0.7, stride_y, y)

    return run


def depthwise_pixels(step):
    def run(x, pointers, w, bias, y):
        kernels.depthwise_pixels(x, pointers, step, w, bias, y)

    return run


def pool(rng):
    kinds = {"max": False, "sum": False, "mean": True, "product": True}
    for (kind, divides), points in itertools.product(kinds.items(), (1, 2, 9)):
        for rows, columns in itertools.product((1, 3), WIDTHS):
            offsets, stride = offsets_of(rng, points), columns + 3
            divisors = float32(rng, rows, columns) if divides else None
            operands = [plane(rng, rows, columns, offsets, stride), offsets, divisors]
            yield writing(pool_plane(kind, stride), rows, columns), operands, {}


def pool_plane(kind, x_stride):
    def run(x, offsets, divisors, y):
        kernels.pool(kind, x, offsets, x_stride, divisors, y)

    return run


def deinterleave(rng):
    for count, rows, dealt in itertools.product([0, *WIDTHS], (1, 2, 5), (False, True)):
        for before, behind in ((0, 0), (2, 0), (1, 17)):
            part = before, before + count
            columns = before + count + behind + 1
            for step in (1, 2):
                x = float32(rng, rows, max(1, (count - 1) * step + 1))
                options = {"step": step, "ranges": [part], "dealt": dealt}
                yield writing(parted, 1, rows, columns), [x], options
            for odds in {max(0, count - 1), count, count + 1}:
                x = float32(rng, rows, max(1, 2 * count - 1, 2 * odds))
                options = {"step": 2, "ranges": [part, (before, before + odds)], "dealt": dealt}
                yield writing(parted, 2, rows, columns), [x], options
    for parts, count, rows in itertools.product((1, 2, 3), WIDTHS, (1, 3)):
        run = writing(kernels.interleave, rows, count * parts)
        yield run, [float32(rng, rows, parts, count)], {}


def parted(x, y, step, ranges, dealt):
    kernels.deinterleave(x, step, ranges, 0.5, dealt, y)


def zero_point(rng):
    for count in WIDTHS:
        x = float32(rng, count)
        yield kernels.extent, [x], {}
        for flip in (0, 128):
            run = functools.partial(quantize_zero_point, flip)
            for each in {1, count}:
                scales = rng.uniform(0.01, 0.1, each).astype(np.float32)
                zeros = rng.integers(-128, 128, each).astype(np.float32)
                yield writing(run, count, dtype=np.int8), [x, scales, zeros], {}


def quantize_zero_point(flip, x, scales, zeros, q):
    kernels.quantize_zero_point(x, scales, zeros, flip, q)
