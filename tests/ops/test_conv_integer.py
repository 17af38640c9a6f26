"""Convolutions of 8-bit integers against plain NumPy, exactly."""

import numpy as np
import pytest

import ops.reference_convolution as convolution
from ops.one_op import run_op

F32 = np.float32


def bytes_of(rng, dtype, shape):
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, shape, dtype, endpoint=True)


CONVS = [
    ((2, 3, 7, 9), (5, 3, 3, 3), {"pads": (1, 1, 1, 1)}),
    ((1, 4, 7, 9), (6, 2, 3, 2), {"group": 2, "strides": (2, 1), "pads": (0, 1, 1, 0)}),
    ((2, 4, 11), (4, 1, 3), {"group": 4, "dilations": (2,)}),
    ((1, 2, 3, 4, 5), (3, 2, 2, 2, 2), {"auto_pad": "same_lower"}),
]


@pytest.mark.parametrize("zeros", ["none", "one", "each"])
@pytest.mark.parametrize("w_type", ["int8", "uint8"])
@pytest.mark.parametrize("x_type", ["int8", "uint8"])
@pytest.mark.parametrize(("x_shape", "w_shape", "attributes"), CONVS)
def test_conv_integer(rng, threads, x_shape, w_shape, attributes, x_type, w_type, zeros):
    x, w = bytes_of(rng, x_type, x_shape), bytes_of(rng, w_type, w_shape)
    x_zero = None if zeros == "none" else bytes_of(rng, x_type, ())
    w_zero = (
        None if zeros == "none" else bytes_of(rng, w_type, w_shape[0] if zeros == "each" else 1)
    )
    y = run_op("conv_integer", x, w, x_zero, w_zero, **attributes)
    wide_x = x.astype(int) - (0 if x_zero is None else int(x_zero))
    of_filter = 0 if w_zero is None else w_zero.astype(int).reshape(-1, *(1,) * (w.ndim - 1))
    expected = convolution.conv(wide_x, w.astype(int) - of_filter, **attributes)
    np.testing.assert_array_equal(y, expected)
    assert y.dtype == np.int32


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("y_type", ["int8", "uint8"])
@pytest.mark.parametrize("each", [False, True])
@pytest.mark.parametrize(("x_shape", "w_shape", "attributes"), CONVS)
def test_qlinear_conv(rng, threads, x_shape, w_shape, attributes, each, y_type, biased):
    filters = w_shape[0]
    x, w = bytes_of(rng, "uint8", x_shape), bytes_of(rng, "int8", w_shape)
    x_zero, w_zero = np.array(120, np.uint8), bytes_of(rng, "int8", filters if each else ())
    x_scale, y_scale = np.array(0.02, F32), np.array([0.9], F32)
    w_scale = rng.uniform(0.001, 0.05, filters if each else ()).astype(F32)
    y_zero = np.array(3, y_type)
    b = rng.integers(-5000, 5000, filters).astype(np.int32) if biased else None
    inputs = (x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, b)
    y = run_op("qlinear_conv", *inputs, **attributes)
    ones = (1,) * (w.ndim - 1)
    wide = w.astype(int) - w_zero.astype(int).reshape(-1, *ones)
    sums = convolution.conv(x.astype(int) - 120, wide, b, **attributes)
    scale = (x_scale * w_scale / y_scale).astype(F32).astype(np.float64).reshape(-1, *ones[1:])
    info = np.iinfo(y_type)
    expected = np.clip(np.rint(sums * scale) + 3, info.min, info.max)
    np.testing.assert_array_equal(y, expected)
    assert y.dtype == y_type


X, W = np.ones((1, 4, 5, 5), F32), np.ones((2, 4, 2, 2), F32)
BYTES, WEIGHTS = np.ones((1, 2, 4, 4), np.uint8), np.ones((3, 2, 2, 2), np.int8)
SCALE, ZERO = np.ones((), F32), np.zeros((), np.int8)


@pytest.mark.parametrize(
    ("op", "arrays", "attributes", "message"),
    [
        ("conv_integer", (X, WEIGHTS, None, None), {}, "x: expected int8 or uint8"),
        ("conv_integer", (BYTES, W, None, None), {}, "w: expected int8 or uint8"),
        ("conv_integer", (BYTES, WEIGHTS, ZERO, None), {}, "x_zero: expected uint8"),
        ("conv_integer", (BYTES, WEIGHTS, None, np.zeros(2, np.int8)), {}, "w_zero: expected int8"),
        (
            "qlinear_conv",
            (BYTES, SCALE, ZERO.astype("uint8"), WEIGHTS, SCALE, ZERO, SCALE, SCALE, None),
            {},
            "y_zero: expected int8 or uint8",
        ),
        (
            "qlinear_conv",
            (BYTES, SCALE, ZERO.astype("uint8"), WEIGHTS, np.ones(2, F32), ZERO, SCALE, ZERO, None),
            {},
            "w_scale: expected float32 of 1 or 3 values",
        ),
        (
            "qlinear_conv",
            (
                BYTES,
                SCALE,
                ZERO.astype("uint8"),
                WEIGHTS,
                SCALE,
                ZERO,
                SCALE,
                ZERO,
                np.ones(3, F32),
            ),
            {},
            "b: expected int32",
        ),
    ],
)
def test_refusals(op, arrays, attributes, message):
    with pytest.raises(ValueError, match=message):
        run_op(op, *arrays, **attributes)
