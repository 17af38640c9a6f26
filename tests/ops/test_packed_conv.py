"""Convolutions of 8-bit integers with constant, packed filters: exact as those without."""

import numpy as np
import pytest

import ops.reference_convolution as convolution
from ops.one_op import run_op

SHAPES = [
    ((2, 3, 7, 9), (5, 3, 3, 3), {"pads": (1, 1, 1, 1)}),
    ((1, 16, 12, 20), (33, 16, 1, 1), {}),
    ((3, 8, 9, 11), (12, 2, 3, 2), {"group": 4, "strides": (2, 1), "pads": (0, 1, 1, 0)}),
    ((2, 20, 40), (17, 20, 5), {"dilations": (3,), "pads": (7, 2)}),
    ((1, 5, 3, 4, 5), (4, 5, 2, 2, 2), {"auto_pad": "same_lower"}),
    ((2, 65, 3, 3), (16, 65, 3, 3), {"pads": (2, 2, 2, 2), "strides": (2, 2)}),
    ((1, 4, 6, 6), (3, 4, 3, 3), {}),  # too few filters to be packed
]
TYPES = ["int8", "uint8"]


def bytes_of(rng, dtype, shape, low=None):
    info = np.iinfo(dtype)
    return rng.integers(info.min if low is None else low, info.max, shape, dtype, endpoint=True)


def expected_sums(x, w, x_zero, w_zero, **attributes):
    of_filter = w_zero.astype(int).reshape(-1, *(1,) * (w.ndim - 1))
    return convolution.conv(x.astype(int) - int(x_zero), w.astype(int) - of_filter, **attributes)


@pytest.mark.parametrize("x_type", TYPES)
@pytest.mark.parametrize(("x_shape", "w_shape", "attributes"), SHAPES)
def test_any_shape_under_every_isa(isa, rng, x_shape, w_shape, attributes, x_type):
    x, x_zero = bytes_of(rng, x_type, x_shape), bytes_of(rng, x_type, ())
    for w_type, low, w_zero in [("int8", -127, 0), ("uint8", 1, 128)]:
        w, zero = bytes_of(rng, w_type, w_shape, low), np.array(w_zero, w_type)
        y = run_op("conv_integer", x, w, x_zero, zero, constants=(1, 3), **attributes)
        expected = expected_sums(x, w, x_zero, zero, **attributes).astype(np.int32)
        np.testing.assert_array_equal(y, expected, strict=True)


@pytest.mark.parametrize("w_type", TYPES)
def test_any_bytes_and_zeros(rng, threads, w_type):
    x_shape, w_shape, attributes = SHAPES[2]
    ends = np.iinfo(w_type)
    for zeros in [(ends.min,), (3,), range(ends.max - 11, ends.max + 1)]:
        w = rng.choice(np.array([ends.min, ends.max], w_type), w_shape)
        zero, x_zero = np.array(zeros, w_type), np.uint8(200)
        x = bytes_of(rng, "uint8", x_shape)
        y = run_op("conv_integer", x, w, np.array(x_zero), zero, constants=(1, 3), **attributes)
        np.testing.assert_array_equal(y, expected_sums(x, w, x_zero, zero, **attributes))


@pytest.mark.parametrize("y_type", TYPES)
@pytest.mark.parametrize("each", [False, True])
@pytest.mark.parametrize(("x_shape", "w_shape", "attributes"), SHAPES[:3])
def test_quantized_again_as_with_filters_that_change(
    rng, threads, x_shape, w_shape, attributes, each, y_type
):
    filters = w_shape[0] if each else 1
    arrays = [
        bytes_of(rng, "uint8", x_shape),
        np.float32(0.03),
        np.uint8(131),
        bytes_of(rng, "int8", w_shape, -127),
        rng.uniform(0.01, 0.02, filters).astype(np.float32),
        np.zeros(filters, np.int8),
        np.float32(1.5),
        np.asarray(bytes_of(rng, y_type, ())),
        rng.integers(-5000, 5000, w_shape[0], np.int32),
    ]
    arrays = [np.asarray(array) for array in arrays]
    y = run_op("qlinear_conv", *arrays, constants=(3, 4, 5, 8), **attributes)
    plain = run_op("qlinear_conv", *arrays, **attributes)
    np.testing.assert_array_equal(y, plain, strict=True)
