"""What tests/golden.json records: fixed inputs, and the SHA-256 of what comes of them.

Inputs are made by integer arithmetic alone, so that they are the same whatever the CPU, the C
library and the version of NumPy. Where a result changes on purpose, this writes the file anew, with
the scalar kernels on one thread:

    python tests/golden_cases.py
"""

import hashlib
import json
from pathlib import Path

import numpy as np

import fourfold as ff
from fourfold import _core
from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.quantization.build import quantize_graph
from golden_convolutions import cases as convolution_cases

FILE = Path(__file__).parent / "golden.json"
kernels = _core.kernels

# Around the tiles: rows 2 to 96, panels of 16 columns, steps of 64 depths.
SHAPES = [(1, 64, 16), (2, 1, 1), (3, 70, 33), (5, 256, 48), (9, 130, 17), (100, 200, 65)]
WIDTHS = [1, 3, 4, 7, 15, 16, 17, 33, 64, 127, 1000]
NETWORKS = {
    "odd": ((70, 130, 51, 3), "gelu", "softmax"),
    "wide": ((64, 512, 256, 10), "relu", "log_softmax"),
    "smooth": ((100, 60, 200, 17), "tanh", "identity"),
}


def bits(seed, *shape):
    """Return uint32 that look random: the finalizer of MurmurHash3 over a counter."""
    h = np.arange(np.prod(shape), dtype=np.uint32) + np.uint32(seed * 0x9E3779B9 % 2**32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = (h ^ (h >> np.uint32(shift))) * np.uint32(factor)
    return (h ^ (h >> np.uint32(16))).reshape(shape)


def int8s(seed, *shape):
    return ((bits(seed, *shape) % np.uint32(255)).astype(np.int32) - 127).astype(np.int8)


def plain(seed, *shape, low=-8, high=3):
    """Return float32 of either sign with magnitudes from 2^low up to 2^high."""
    h = bits(seed, *shape)
    exponents = np.uint32(127 + low) + (h >> np.uint32(23)) % np.uint32(high - low)
    signs_and_fractions = bits(seed + 1000, *shape) & np.uint32(0x807FFFFF)
    return (signs_and_fractions | exponents << np.uint32(23)).view(np.float32)


def floats(seed, *shape):
    """Return float32 with zeros of both signs and denormals among them."""
    values = plain(seed, *shape)
    for start, step, pattern in ((0, 11, 0), (5, 13, 0x80000000), (7, 17, 7136)):
        values.view(np.uint32).flat[start::step] = pattern
    return values


def odd_rows(seed, *shape):
    """Return rows of floats with NaN, both infinities and extremes in some."""
    values = floats(seed, *shape)
    patterns = [0x7FC00000, 0x7F800000, 0xFF800000, 0x7F7FFFFF, 0x00000001, 0x0D7FFFFF]
    for row, pattern in enumerate(patterns[: len(values)]):
        values[row, row % values.shape[1]] = np.array(pattern, np.uint32).view(np.float32)
    return values


def padded(values):
    return np.pad(values, (0, -len(values) % 16))


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


def convolutions():
    """Of int8 images, with a residual in int8 and an affine map behind a hard_swish."""
    for window, stride, pad, channels, filters in (
        (1, 1, 0, 16, 32),
        (3, 2, 1, 3, 17),
        (3, 1, 2, 40, 70),
    ):
        depth, out = window**2 * channels, (11 + 2 * pad - window) // stride + 1
        packed = _core.pack_s8(int8s(2, depth, filters))[:, : -(-depth // 4)]
        constants = [
            np.ascontiguousarray(packed[None]),
            padded(plain(4, filters, low=-14, high=-10))[None],
            padded(floats(3, filters))[None],
            plain(5, filters, low=-2),
            plain(6, filters),
        ]
        residual = int8s(7, 2, out, out, filters)
        attributes = {
            "kernel_shape": (window,) * 2,
            "strides": (stride,) * 2,
            "pads": (pad,) * 4,
            "channels": channels,
            "filters": filters,
            "activation": "hard_swish",
            "input_scale": 0.0625,
        }
        inputs = [("x", "int8", (None, 11, 11, channels)), ("r", "int8", (None, out, out, filters))]
        for added, more in ((None, {}), (1, {"residual_scale": 0.03, "output_scale": 0.05})):
            step = ("conv_s8", (0, 2, 3, 4, added, 5, 6), (7,), {**attributes, **more})
            yield _core.Program(inputs, constants, [step], [7])(
                int8s(1, 2, 11, 11, channels), residual
            )


def network(name):
    """One that ``quantize_graph`` made of float32 weights, behind a scaler and a norm."""
    widths, kind, last = NETWORKS[name]
    constants = {
        part: plain(10 + i, widths[0], low=-2)
        for i, part in enumerate(("shift", "scale", "offset"))
    }
    nodes = [
        Node("affine", ("x", "shift", "scale", "offset"), ("scaled",)),
        Node("normalize", ("scaled",), ("h0",), {"norm": "l2"}),
    ]
    for i in range(len(widths) - 1):
        constants[f"w{i}"] = plain(20 + i, widths[i], widths[i + 1], low=-5, high=0)
        constants[f"b{i}"] = plain(30 + i, widths[i + 1], low=-5, high=0)
        nodes.append(Node("linear", (f"h{i}", f"w{i}", f"b{i}"), (f"z{i}",), {}, f"layer{i}"))
        activation = {"kind": last if i == len(widths) - 2 else kind}
        nodes.append(Node("activation", (f"z{i}",), (f"h{i + 1}",), activation))
    inputs = (TensorInfo("x", "float32", (None, widths[0])),)
    graph = Graph(inputs, tuple(nodes), (nodes[-1].outputs[0],), constants)
    program = quantize_graph(graph, ff.QuantizationConfig(keep_float=("layer1",))).program
    for rows in (1, 7, 150):
        yield program(floats(1, rows, widths[0]))
    yield program(odd_rows(2, 20, widths[0]))


CASES = {
    "gemm_s8": products,
    "gemm_f32": float_products,
    "quantize": quantized_rows,
    "dequantize": dequantized,
    "reduce": reductions,
    "linear": linear_layers,
    "convolution": convolutions,
    **convolution_cases(plain),
    **{f"activation {kind}": lambda kind=kind: activated(kind) for kind in ff.ACTIVATIONS},
    **{f"unary {kind}": lambda kind=kind: functions(kind) for kind in kernels.unary_names()},
    **{f"binary {kind}": lambda kind=kind: arithmetic(kind) for kind in kernels.binary_names()},
    "normalize": normalizations,
    **{f"network {name}": lambda name=name: network(name) for name in NETWORKS},
}


def digest(arrays):
    """SHA-256 over the arrays' types, shapes and values; every NaN counts as the same."""
    sha = hashlib.sha256()
    for array in arrays:
        values = array
        if array.dtype == np.float32:
            values = np.where(np.isnan(array), np.float32(np.nan), array)
        little_endian = values.astype(array.dtype.newbyteorder("<"))
        sha.update(f"{little_endian.dtype.str}{little_endian.shape}".encode())
        sha.update(little_endian.tobytes())
    return sha.hexdigest()


def write():
    ff.use_isa("scalar")
    ff.set_threads(1)
    found = {name: digest(case()) for name, case in CASES.items()}
    FILE.write_text(json.dumps(found, indent=2) + "\n", encoding="ascii")


if __name__ == "__main__":
    write()
