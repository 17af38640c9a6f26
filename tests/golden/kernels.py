"""What single kernels and linear layers give."""

import numpy as np

import fourfold as ff
from fourfold import _core
from golden.inputs import bits, floats, int8s, odd_rows, padded, plain

kernels = _core.kernels

# Around the tiles: rows 2 to 96, panels of 16 columns, steps of 64 depths.
SHAPES = [(1, 64, 16), (2, 1, 1), (3, 70, 33), (5, 256, 48), (9, 130, 17), (100, 200, 65)]
WIDTHS = [1, 3, 4, 7, 15, 16, 17, 33, 64, 127, 1000]


def products():
    for rows, depth, columns in SHAPES:
        weight = _core.pack_s8(int8s(2, depth, columns))
        yield kernels.gemm_s8(int8s(1, rows, depth), weight, columns)


def float_products():
    for rows, depth, columns in SHAPES:
        weight, bias = _core.pack_f32(floats(2, depth, columns)), padded(floats(3, columns))
        yield kernels.gemm_f32(floats(1, rows, depth), weight, bias, columns)


def quantized_rows():
    for columns in WIDTHS:
        depth = columns + -columns % 64
        for x in (floats(1, 5, columns), odd_rows(2, 6, columns)):
            yield from kernels.quantize_rows(x, depth)
            yield kernels.quantize_fixed(x, depth, 3.75, 0x80)


def dequantized():
    for columns in WIDTHS:
        sums = (bits(1, 3, columns) >> np.uint32(2)).astype(np.int32) - 2**29
        yield kernels.dequantize(sums, floats(2, 3), floats(3, columns), floats(4, columns))


def activated(kind):
    for columns in WIDTHS:
        for x in (plain(1, 4, columns), odd_rows(2, 6, columns)):
            yield kernels.activation(kind, x, 0.1875)


def reductions():
    for columns in WIDTHS:
        x = floats(1, columns)
        yield np.array([kernels.absmax(x), *kernels.moments(x)], np.float32)


def functions(kind):
    for count in WIDTHS:
        for x in (plain(1, 4 * count), bits(2, 40 * count).view(np.float32), odd_rows(2, 6, count)):
            y = np.empty_like(x)
            kernels.unary(kind, x, y, 1.6875, 0.75)
            yield y


def arithmetic(kind):
    for columns in WIDTHS:
        a, y = floats(1, 3, columns), np.empty((3, columns), np.float32)
        for b in (floats(2, 3, columns), floats(2, 1, columns), floats(2, 3, 1), floats(2, 1, 1)):
            kernels.binary(kind, a, b, y)
            yield y.copy()


def normalizations():
    for columns in WIDTHS:
        gamma, beta = floats(3, columns), floats(4, columns)
        for x in (floats(1, 5, columns), odd_rows(2, 6, columns)):
            y, total = np.empty_like(x), np.empty_like(x)
            kernels.layer_norm(x, gamma, beta, 1e-5, y, plain(5, *x.shape), total)
            yield from (y.copy(), total)
            kernels.rms_norm(x, gamma, 1e-6, y)
            yield y.copy()
            kernels.affine("columns", x, gamma, beta, y)
            yield y.copy()
            for kind in ("l1", "l2", "max"):
                kernels.unit_norm(kind, x, y)
                yield y.copy()


def linear_layers():
    for rows, depth, columns in SHAPES:
        x, bias = floats(1, rows, depth), padded(floats(3, columns))
        packed, scales = _core.pack_s8(int8s(2, depth, columns)), padded(plain(4, columns))
        yield kernels.linear_s8(x, packed, scales, bias, columns, "gelu")
        packed = _core.pack_f32(floats(2, depth, columns))
        yield kernels.linear_f32(x, packed, bias, columns, "silu")


CASES = {
    "gemm_s8": products,
    "gemm_f32": float_products,
    "quantize": quantized_rows,
    "dequantize": dequantized,
    "reduce": reductions,
    "linear": linear_layers,
    **{f"activation {kind}": lambda kind=kind: activated(kind) for kind in ff.ACTIVATIONS},
    **{f"unary {kind}": lambda kind=kind: functions(kind) for kind in kernels.unary_names()},
    **{f"binary {kind}": lambda kind=kind: arithmetic(kind) for kind in kernels.binary_names()},
    "normalize": normalizations,
}
