"""Calls of every kernel, around its tiles.

A family is a function that yields calls: a function that takes `out` for what it writes, unless it
gives numbers; its operands; its options.
"""

import functools
import itertools

import numpy as np

import reference
from fourfold import _core
from reference import pad_columns, round_up

kernels = _core.kernels

# Around vectors of 4, 8 and 16 lanes, 32 virtual lanes, 64 depths, and four vectors of 16.
WIDTHS = [1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 49, 63, 64, 65, 97, 130]


def int8(rng, *shape):
    return rng.integers(-127, 128, shape, dtype=np.int8)


def float32(rng, *shape):
    return rng.standard_normal(shape, np.float32)


def gemm_s8(rng):
    # Row tiles are 1 to 12, 16 and 32 rows; column tiles 8, 16, 32 and 64 columns.
    rows_around_tiles = [*range(1, 18), 29, 31, 32, 33, 49, 65]
    for rows, columns in itertools.product(rows_around_tiles, [16, 48, 64, 144]):
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


def activation(rng):
    for kind, columns in itertools.product(_core.activation_names(), WIDTHS):
        run = functools.partial(kernels.activation, kind)
        yield run, [float32(rng, 3, columns)], {"alpha": 0.3}


def reduce(rng):
    for columns in WIDTHS:
        yield kernels.absmax, [float32(rng, columns)], {}
        yield kernels.moments, [float32(rng, columns)], {}


def writing(kernel, *shape, results=1, dtype=np.float32):
    """A function that has `out`, of a kernel that is given the arrays that it writes, in order."""

    def run(*operands, out=None, **options):
        outs = out if isinstance(out, tuple) else (out,)
        if out is None:
            outs = tuple(np.empty(shape, dtype) for _ in range(results))
        kernel(*operands, *outs, **options)
        return outs if results > 1 else outs[0]

    return run


def unary(rng):
    for kind, count in itertools.product(kernels.unary_names(), WIDTHS):
        run = writing(lambda x, y, kind=kind: kernels.unary(kind, x, y, 0.7, 0.3), count)
        yield run, [rng.uniform(0.1, 0.9, count).astype(np.float32)], {}


def binary(rng):
    rows = 3
    for kind, columns in itertools.product(kernels.binary_names(), WIDTHS[::2]):
        run = writing(functools.partial(kernels.binary, kind), rows, columns)
        full = float32(rng, rows, columns)
        for shape in ((rows, columns), (1, columns), (rows, 1), (1, 1)):
            yield run, [full, float32(rng, *shape)], {}
            yield run, [float32(rng, *shape), full], {}


def normalize(rng):
    for rows, columns in itertools.product([1, 2, 5], WIDTHS):
        x, residual = float32(rng, rows, columns), float32(rng, rows, columns)
        gamma, beta = float32(rng, columns), float32(rng, columns)
        for kind in ("l1", "l2", "max"):
            unit_norm = functools.partial(kernels.unit_norm, kind)
            yield writing(unit_norm, rows, columns), [x], {}
        for along, one_each in (("columns", [gamma, beta]), ("rows", [x[:, 0], residual[:, 0]])):
            affine = functools.partial(kernels.affine, along)
            yield writing(affine, rows, columns), [x, *map(np.ascontiguousarray, one_each)], {}
        yield writing(layer_norm, rows, columns), [gamma, beta, x], {}
        yield writing(layer_norm, rows, columns), [gamma, None, x], {}
        yield writing(rms_norm, rows, columns), [gamma, x], {}
        of_sum = writing(layer_norm_of_sum, rows, columns, results=2)
        yield of_sum, [gamma, beta, x, residual], {}
        yield writing(rms_norm_of_sum, rows, columns, results=2), [gamma, x, residual], {}


def copy_s8(rng):
    for rows, columns in itertools.product([1, 2, 5], WIDTHS):
        run = writing(kernels.copy_s8, rows, columns, dtype=np.int8)
        yield run, [int8(rng, rows, columns)], {"flip": 128}


def elementwise_s8(rng):
    for columns in WIDTHS:
        run = writing(lambda x, y: kernels.dequantize_values(x, 0.03, y), columns)
        yield run, [int8(rng, columns)], {}
    for kind, columns, to in itertools.product(("add", "mul"), WIDTHS, (np.float32, np.int8)):
        run = writing(functools.partial(kernels.join_s8, kind), 3, columns, dtype=to)
        options = {"a_scale": 0.02, "b_scale": 0.7, "inverse_scale": 20.0}
        for a, b in itertools.product((int8, float32), repeat=2):
            for shape in ((3, columns), (1, columns)):
                yield run, [a(rng, 3, columns), b(rng, *shape)], options
            yield run, [a(rng, 1, columns), b(rng, 3, columns)], options
            yield run, [a(rng, 3, columns), float32(rng, 3, 1)], options


def depthwise_s8(rng):
    group, _ = kernels.depthwise_s8_form()
    for columns, channels in itertools.product([1, 2, 5], WIDTHS):
        for stride in (channels, channels + 5):
            width = (columns - 1) * stride + channels
            rows = [int8(rng, width) if j != 1 else None for j in range(group)]
            yield interleave_s8(columns, stride, channels), rows, {}
    steps_of = {1: (3, 0, 0), 2: (3, 2, 1), 4: (3, 0, 0)}
    for (rows, steps), columns in itertools.product(steps_of.items(), [1, 3, 4, 7, 8, 9, 13]):
        for channels in (1, 16, 33, 64):
            padded = round_up(channels, 16)
            count = steps[0] * rows + steps[1] + steps[2]
            operands = [
                int8(rng, 2 * columns + 4, padded, 4),
                int8(rng, count * padded * group),
                rng.integers(-999, 999, padded, dtype=np.int32),
            ]
            offsets = [*rng.integers(0, 6, sum(steps))]
            run = convolve_s8(offsets, channels, steps)
            yield writing(run, rows, columns, padded, dtype=np.int32), operands, {}


def interleave_s8(columns, stride, channels):
    """Channels that are none stay as they are: 0."""

    def run(*rows, out=None):
        slots = np.empty((columns, round_up(channels, 16), 4), np.int8) if out is None else out
        slots[...] = 0
        kernels.interleave_s8([*rows], stride, channels, slots)
        slots[:, channels:] = 0
        return slots

    return run


def convolve_s8(offsets, channels, steps):
    def run(slots, weights, start, sums):
        kernels.depthwise_s8(slots, offsets, 2, weights, start, channels, [*steps], sums)
        sums[:, :, channels:] = 0

    return run


def layer_norm(gamma, beta, x, y):
    kernels.layer_norm(x, gamma, beta, 1e-5, y)


def layer_norm_of_sum(gamma, beta, x, residual, y, total):
    kernels.layer_norm(x, gamma, beta, 1e-5, y, residual, total)


def rms_norm(gamma, x, y):
    kernels.rms_norm(x, gamma, 1e-5, y)


def rms_norm_of_sum(gamma, x, residual, y, total):
    kernels.rms_norm(x, gamma, 1e-5, y, residual, total)


FAMILIES = {
    family.__name__: family
    for family in (
        *(gemm_s8, gemm_f32, quantize, activation, reduce, unary, binary, normalize),
        *(copy_s8, elementwise_s8, depthwise_s8),
    )
}
