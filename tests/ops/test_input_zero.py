"""INT8 convolutions of images, and borders, whose zero is not the byte 0, bit for bit."""

import numpy as np
import pytest

from guarded import SIDES, guarded, needs_guard_pages
from ops.conv_s8_layers import F32, random_layer
from ops.depthwise_s8_layers import random_depthwise
from reference import assert_same_bits

ZEROS = [-128, -3, 0, 127]

# x, window, attributes
CASES = [
    ((1, 9, 11), (3, 3), {"pads": (1, 1, 1, 1)}),
    ((2, 7, 35), (5, 5), {"pads": (2, 2, 2, 2)}),
    ((1, 9, 21), (5, 5), {"strides": (2, 2), "pads": (2, 2, 2, 2)}),
    ((1, 9, 21), (3, 5), {"strides": (2, 1), "pads": (0, 2, 1, 0)}),
    ((1, 13, 13), (3, 5), {"dilations": (2, 3), "pads": (2, 6, 2, 6)}),
    ((1, 9, 10), (4, 4), {"strides": (2, 3), "auto_pad": "same_upper"}),
    ((1, 5, 6), (1, 1), {"strides": (2, 3), "pads": (1, 2, 0, 1)}),
    ((2, 3, 70), (1, 3), {"pads": (0, 1, 0, 1)}),
    ((2, 40), (3,), {"pads": (1, 1)}),
    ((1, 5, 6, 7), (3, 2, 3), {"pads": (1, 0, 1, 1, 1, 1), "strides": (2, 1, 2)}),
    ((1, 2, 2), (3, 3), {"pads": (3, 3, 3, 3)}),
    ((1, 5, 6), (1, 1), {}),
    ((0, 4, 4), (3, 3), {"pads": (1, 1, 1, 1)}),
]


def any_int8(rng, *shape):
    return rng.integers(-128, 128, shape).astype(np.int8)


def as_float(rng, x, zero):
    return ((x - F32(zero)) * F32(0.02) + rng.normal(0, 0.005, x.shape)).astype(F32)


@pytest.mark.parametrize("zero", ZEROS)
@pytest.mark.parametrize("case", range(len(CASES)))
def test_windows(isa, rng, case, zero):
    shape, sizes, attributes = CASES[case]
    for channels, filters, group in [(3, 5, 1), (16, 33, 1), (24, 40, 2)]:
        x = any_int8(rng, *shape, channels)
        layer = random_layer(
            rng, channels, filters, sizes, group=group, input_zero=zero, **attributes
        )
        assert_same_bits(layer.run(x), layer.expected(x))
        floats = as_float(rng, x, zero)
        assert_same_bits(layer.run(floats), layer.expected(floats))


@pytest.mark.parametrize("zero", ZEROS)
@pytest.mark.parametrize("case", range(len(CASES)))
def test_windows_of_each_channel(isa, rng, case, zero):
    shape, sizes, attributes = CASES[case]
    for channels in (2, 16, 17, 64, 130):
        x = any_int8(rng, *shape, channels)
        layer = random_depthwise(rng, channels, sizes, input_zero=zero, **attributes)
        assert_same_bits(layer.run(x), layer.expected(x))
        floats = as_float(rng, x, zero)
        assert_same_bits(layer.run(floats), layer.expected(floats))


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("channels", [3, 16, 100])
def test_reads_stay_inside(isa, rng, channels, side):
    for shape, sizes, attributes in CASES[:-1]:
        x = any_int8(rng, *shape, channels)
        for layer in (
            random_layer(rng, channels, 20, sizes, input_zero=-128, **attributes),
            random_depthwise(rng, channels, sizes, input_zero=-128, **attributes),
        ):
            assert_same_bits(layer.run(guarded(x, side)), layer.expected(x))


@pytest.mark.parametrize("zero", [-129, 128])
def test_a_zero_that_is_no_int8_is_refused(rng, zero):
    layer = random_layer(rng, 3, 5, (1, 1), input_zero=zero)
    with pytest.raises(ValueError, match="'input_zero': expected"):
        layer.run(any_int8(rng, 1, 2, 2, 3))
