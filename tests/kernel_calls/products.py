"""Calls of the products, and of what makes their operands and takes their sums."""

import itertools

import numpy as np

import reference
from fourfold import _core
from kernel_calls.parts import WIDTHS, float32, int8
from reference import pad_columns, round_up

kernels = _core.kernels


def gemm_s8(rng):
    # Row tiles are 1 to 12, 16 and 32 rows; column tiles 8, 16, 32 and 64 columns.
    rows_around_tiles = [*range(1, 18), 29, 31, 32, 33, 49, 65]
    for rows, columns in itertools.product(rows_around_tiles, [8, 16, 24, 48, 64, 136, 144]):
        if columns % kernels.gemm_s8_column_step(rows):
            continue
        step = kernels.gemm_s8_depth_step(rows)
        for depth in (step, 64, 3 * step, 192):
            weight = int8(rng, depth, columns)
            a = int8(rng, rows, depth) ^ np.uint8(kernels.gemm_s8_flip(rows)).view(np.int8)
            sums = weight.sum(axis=0, dtype=np.int32)
            yield kernels.gemm_s8_block, [a, reference.pack_s8(weight), sums], {}


def gemm_f32(rng):
    # Row tiles are 1, 6, 8 and 12 rows, of 16 to 64 columns.
    for rows, columns in itertools.product([1, 2, 5, 6, 7, 8, 9, 12, 13, 25], WIDTHS[::2]):
        for depth in (0, 1, 17):
            packed = reference.pack_f32(float32(rng, depth, columns))
            operands = [float32(rng, rows, depth), packed, pad_columns(float32(rng, columns))]
            yield kernels.gemm_f32, operands, {"columns": columns}
            # Rows of w from anywhere: the first and the last of a line of values among them.
            line = float32(rng, 100 + round_up(columns, 16))
            offsets = np.linspace(0, 100, depth).astype(np.uint64)
            for row_bias in (None, float32(rng, rows)):
                operands = [float32(rng, rows, depth), line, offsets, row_bias]
                yield kernels.gemm_f32_gathered, operands, {"columns": columns}


def quantize(rng):
    for rows, columns in itertools.product([1, 2, 5], WIDTHS):
        x = float32(rng, rows, columns)
        for depth in (columns, columns + 1, round_up(columns, 64), columns + 70):
            yield kernels.quantize_rows, [x], {"depth": depth, "flip": 128}
            yield kernels.quantize_fixed, [x], {"depth": depth, "inverse_scale": 40.0}
            yield rows_of_absmax, [x, np.abs(x).max(axis=1).view(np.int32)], {"depth": depth}
        yield track_absmax, [x], {}
        acc = rng.integers(-999, 999, (rows, columns), dtype=np.int32)
        sums = [acc, float32(rng, rows), float32(rng, columns), float32(rng, columns)]
        yield kernels.affine_columns, [x, *sums[2:]], {}
        residuals = [None, float32(rng, *acc.shape), int8(rng, *acc.shape)]
        posts = [(None, None), (float32(rng, columns), float32(rng, columns))]
        for floor, residual, post in itertools.product([-np.inf, 0.0], residuals, posts):
            yield dequantize, [*sums, residual, *post], {"floor": floor}
            yield requantize, [*sums, residual, *post], {"floor": floor, "inverse_scale": 40.0}


def rows_of_absmax(x, absmax, depth, out=None):
    return kernels.quantize_rows(x, depth, 128, absmax, out)


def track_absmax(x, out=None):
    absmax = np.empty(len(x), np.int32) if out is None else out
    absmax[:] = 0
    kernels.track_absmax(x, absmax)
    return absmax


def dequantize(*operands, **options):
    return converted(kernels.dequantize, *operands, **options)


def requantize(*operands, **options):
    return converted(kernels.requantize, *operands, **options)


def converted(kernel, acc, row_scales, column_scales, bias, residual, scale, shift, **options):
    post = None if scale is None else (scale, shift)
    options = {"residual": residual, "residual_scale": 0.3, "post": post, **options}
    return kernel(acc, row_scales, column_scales, bias, **options)
