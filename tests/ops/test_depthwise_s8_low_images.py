"""INT8 depthwise convolutions of images no higher than a slot, most of whose windows is border."""

import numpy as np
import pytest

from fourfold import _core
from ops.conv_s8_layers import int8, with_everything
from ops.depthwise_s8_layers import random_depthwise
from reference import assert_same_bits

HEIGHTS = [1, 2, 3, 4, 5, 7]


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("pads", [(2, 2), (0, 4), (4, 0), (1, 2), (4, 4), (6, 6)])
def test_heights(isa, rng, pads, stride):
    above, below = pads
    for height in HEIGHTS:
        for window in (1, 3, 5, 7):
            if above + height + below < window:
                continue
            attributes = {"strides": (stride, 1), "pads": (above, 2, below, 2)}
            layer = random_depthwise(rng, 20, (window, 5), **attributes)
            x = int8(rng, 2, height, 11, 20)
            layer = with_everything(rng, layer, x)
            assert_same_bits(layer.run(x), layer.expected(x))
            layer.attributes["input_zero"] = -100
            assert_same_bits(layer.run(x), layer.expected(x))


@pytest.mark.parametrize(
    "window",
    [
        {"pads": (2, 2, 2, 2)},
        {"strides": (2, 1), "pads": (2, 2, 2, 2)},
        {"strides": (2, 1), "auto_pad": "same_upper"},
        {"strides": (3, 1), "auto_pad": "same_lower"},
    ],
)
def test_one_layer_for_images_of_any_height(isa, threads, rng, window):
    layer = random_depthwise(rng, 40, (5, 5), output_scale=0.03, **window)
    settings = {"channels": 40, "filters": 40, "input_scale": layer.input_scale}
    attributes = {"kernel_shape": (5, 5), **settings, **layer.attributes}
    steps = [("depthwise_s8", (0, 1, 2, 3), (4,), attributes)]
    program = _core.Program([("x", "int8", (None,) * 4)], layer.constants(), steps, (4,))
    for height in (*HEIGHTS, *reversed(HEIGHTS)):
        x = int8(rng, 3, height, 13, 40)
        y = layer.expected(x)
        assert_same_bits(program(x), y)
        assert_same_bits(program(x[1:2]), y[1:2])


def test_planes_of_a_volume(isa, rng):
    layer = random_depthwise(rng, 17, (3, 5, 3), pads=(1, 2, 1, 1, 2, 1))
    x = int8(rng, 2, 4, 3, 9, 17)
    assert_same_bits(layer.run(x), layer.expected(x))


def test_the_largest_sums(isa):
    rng = np.random.default_rng(0)
    layer = random_depthwise(rng, 16, (5, 5), pads=(2, 2, 2, 2))
    layer.weight[:] = 127
    for value in (127, -127):
        x = np.full((1, 3, 8, 16), value, np.int8)
        assert_same_bits(layer.run(x), layer.expected(x))
