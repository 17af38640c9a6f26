"""Convolutions and pooling in float32, whose outputs golden.json records."""

import numpy as np

from golden.inputs import plain
from ops.one_op import run_op

PAD = {"pads": (1, 1, 1, 1)}

# x, filters, window, attributes: products of few and of many positions, of one point, of depths
# that go on for long, and depthwise ones.
LAYERS = [
    ((1, 20, 7, 70), 18, (3, 3), PAD),
    ((2, 33, 5, 6), 40, (3, 3), {**PAD, "strides": (2, 1)}),
    ((1, 40, 9, 33), 24, (1, 1), {}),
    ((2, 70, 1, 1), 17, (1, 1), {}),
    ((1, 12, 6, 19), 8, (2, 3), {"group": 2, "dilations": (2, 1)}),
    ((2, 7, 11, 21), 7, (3, 3), {"group": 7, **PAD}),
    ((1, 17, 12, 50), 17, (5, 5), {"group": 17, "strides": (2, 2), "pads": (2, 2, 2, 2)}),
    ((1, 5, 12, 13), 5, (3, 5), {"group": 5}),
    ((2, 3, 90), 34, (25,), {"strides": (10,)}),
    ((1, 2, 5, 6, 7), 3, (3, 2, 3), {"pads": (1, 0, 1, 1, 1, 1)}),
]

TRANSPOSED = [
    ((1, 24, 5, 20), 6, (2, 2), {"strides": (2, 2)}),
    ((1, 5, 5, 20), 6, (4, 4), {"strides": (2, 2), **PAD}),
    ((2, 6, 4, 5), 2, (3, 3), {"group": 3, "strides": (3, 3)}),
    ((1, 3, 30), 2, (5,), {"strides": (3,)}),
]

WINDOWS = [
    {"kernel_shape": (2, 2), "strides": (2, 2)},
    {"kernel_shape": (3, 3), "strides": (2, 2), **PAD},
    {"kernel_shape": (5, 5), "pads": (2, 2, 2, 2)},
    {"kernel_shape": (3, 2), "strides": (3, 2), "ceil_mode": 1},
]


def layer_of(x_shape, w_shape, filters):
    return plain(1, *x_shape), plain(2, *w_shape, low=-6, high=0), plain(3, filters)


def convolutions():
    for x_shape, filters, window, attributes in LAYERS:
        w_shape = (filters, x_shape[1] // attributes.get("group", 1), *window)
        x, w, b = layer_of(x_shape, w_shape, filters)
        y = run_op("conv", x, w, b, **attributes)
        yield y
        residual, scale, shift = plain(4, *y.shape), plain(5, filters), plain(6, filters)
        then = {**attributes, "activation": "hard_swish"}
        yield run_op("conv", x, w, b, residual, scale, shift, **then)
        x, residual = (np.ascontiguousarray(np.moveaxis(a, 1, -1)) for a in (x, residual))
        yield run_op("conv", x, w, b, residual, scale, shift, layout="nhwc", **then)


def transposed():
    for x_shape, filters, window, attributes in TRANSPOSED:
        w_shape = (x_shape[1], filters, *window)
        layer = layer_of(x_shape, w_shape, filters * attributes.get("group", 1))
        yield run_op("conv_transpose", *layer, **attributes)


def pools():
    x = plain(1, 2, 5, 13, 37)
    for window in WINDOWS:
        for kind in ("max", "average", "lp"):
            yield run_op("pool", x, kind=kind, **window)
    for kind in ("max", "average", "lp"):
        yield run_op("global_pool", x, kind=kind)


CASES = {
    "convolution float": convolutions,
    "convolution transposed": transposed,
    "pool": pools,
}
