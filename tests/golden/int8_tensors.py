"""What the ops on int8 tensors give, and those of ONNX's 8-bit tensors."""

import itertools

import numpy as np

from fourfold import _core
from golden.inputs import bits, floats, int8s, padded, plain
from ops.depthwise_s8_layers import DepthwiseLayer
from ops.one_op import run_op

# Spatial axes of x, window, attributes
DEPTHWISE = [
    ((6, 40), (3, 3), {"pads": (1, 1, 1, 1)}),
    ((9, 21), (5, 5), {"strides": (2, 2), "pads": (2, 2, 2, 2)}),
    ((13, 13), (3, 5), {"dilations": (2, 3), "pads": (2, 6, 2, 6)}),
    ((40,), (3,), {"pads": (1, 1)}),
    ((100,), (31,), {"pads": (15, 15), "strides": (3,)}),
]
WINDOWS = [
    {"kernel_shape": (3, 3), "strides": (2, 2), "pads": (1, 1, 1, 1)},
    {"kernel_shape": (3, 2), "strides": (3, 3), "ceil_mode": 1},
]
# x, w, attributes
INTEGER = [
    ((2, 3, 7, 9), (5, 3, 3, 3), {"pads": (1, 1, 1, 1)}),
    ((1, 4, 7, 9), (6, 2, 3, 2), {"group": 2, "strides": (2, 1), "pads": (0, 1, 1, 0)}),
    ((2, 4, 11), (4, 1, 3), {"group": 4, "dilations": (2,)}),
]


def convolutions():
    """Of int8 images, with a residual in int8 and an affine map behind a hard_swish."""
    for window, stride, pad, channels, filters in (
        (1, 1, 0, 16, 32),
        (3, 2, 1, 3, 17),
        (3, 1, 2, 40, 70),
    ):
        depth, out = window**2 * channels, (11 + 2 * pad - window) // stride + 1
        constants = [
            _core.pack_s8(int8s(2, depth, filters))[None],
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


def depthwise():
    """Of few channels and of many; with a residual in int8 and an affine map behind."""
    for (sizes, window, attributes), channels in itertools.product(DEPTHWISE, (3, 16, 70)):
        layer = DepthwiseLayer(
            int8s(2, channels, 1, *window),
            plain(4, channels, low=-14, high=-10),
            floats(3, channels),
            0.0625,
            attributes={**attributes, "group": channels},
        )
        x = int8s(1, 2, *sizes, channels)
        y = layer.run(x)
        yield y
        layer.residual, layer.post = int8s(7, *y.shape), (plain(5, channels), plain(6, channels))
        then = {"activation": "hard_swish", "residual_scale": 0.03, "output_scale": 0.05}
        layer.attributes.update(then)
        yield layer.run(x)


def pools():
    for channels, window in itertools.product((3, 16, 70), WINDOWS):
        x = int8s(1, 2, 9, 21, channels)
        yield run_op("pool", x, kind="max", layout="nhwc", **window)
        for to in ({}, {"output_scale": 0.02}):
            average = {"kind": "average", "layout": "nhwc", "input_scale": 0.013, **to}
            yield run_op("pool", x, **average, **window)
            yield run_op("global_pool", x, **average)


def joined():
    """binary_s8, of int8 and of float32, whole and broadcast."""
    a = int8s(1, 2, 5, 67)
    options = {"a_scale": 0.031, "activation": "hard_swish"}
    for kind, to, shape in itertools.product(
        ("add", "mul"), ({}, {"output_scale": 0.05}), ((2, 5, 67), (1, 67), (2, 1, 1))
    ):
        yield run_op("binary_s8", a, floats(2, *shape), kind=kind, **options, **to)
        scaled = {**options, "b_scale": 0.017, **to}
        yield run_op("binary_s8", a, int8s(2, *shape), kind=kind, **scaled)


def looked_up():
    x = int8s(1, 3, 700)
    for dtype in (np.int8, np.float32):
        table = plain(2, 256) if dtype == np.float32 else int8s(2, 256)
        yield run_op("lookup", x, table, constants=[1])
    indices = (bits(3, 5, 9) % np.uint32(41)).astype(np.int64)
    yield run_op("gather_s8", int8s(1, 41, 67), indices, plain(2, 41))


def converted():
    """float32 to int8 and back, with zero points and without."""
    x = plain(1, 3, 517)
    q = run_op("quantize_s8", x, scale=0.03)
    yield q
    yield run_op("dequantize_s8", q, scale=0.07)
    yield from run_op("dynamic_quantize_linear", x, outputs=3)
    for dtype, zero in ((np.int8, -7), (np.uint8, 131)):
        for shape in ((), (517,)):
            scale, zeros = np.abs(plain(2, *shape, low=-5, high=0)), np.full(shape, zero, dtype)
            arrays = [np.asarray(scale, np.float32).reshape(shape), zeros]
            y = run_op("quantize_linear", x, *arrays, to=np.dtype(dtype).name)
            yield y
            yield run_op("dequantize_linear", y, *arrays)


def integer_convolutions():
    """conv_integer and qlinear_conv, with zero points."""
    for x_shape, w_shape, attributes in INTEGER:
        x, w = bits(1, *x_shape).astype(np.uint8), int8s(2, *w_shape)
        x_zero, filters = np.array(120, np.uint8), w_shape[0]
        w_zero = int8s(3, filters)
        yield run_op("conv_integer", x, w, x_zero, w_zero, **attributes)
        w_scale = np.abs(plain(4, filters, low=-9, high=-4))
        x_side = [x, np.array(0.02, np.float32), x_zero]
        y_side = [np.array([0.9], np.float32), np.array(3, np.int8)]
        bias = int8s(5, filters).astype(np.int32) * np.int32(40)
        yield run_op("qlinear_conv", *x_side, w, w_scale, w_zero, *y_side, bias, **attributes)


CASES = {
    "convolution": convolutions,
    "depthwise s8": depthwise,
    "pool s8": pools,
    "binary s8": joined,
    "lookup": looked_up,
    "convert s8": converted,
    "convolution integer": integer_convolutions,
}
