"""INT8 convolutions of few filters, whose output columns are computed side by side, bit for bit."""

import numpy as np
import pytest

import fourfold as ff
from fourfold import _core
from guarded import SIDES, guarded, needs_guard_pages
from ops.conv_s8_layers import int8, random_layer, with_everything
from reference import assert_same_bits

# Channels, filters, window, attributes.
LAYERS = [
    (3, 8, (3, 3), {"strides": (2, 2), "pads": (1, 1, 1, 1)}),
    (3, 8, (3, 3), {"strides": (1, 1), "pads": (1, 1, 1, 1)}),
    (1, 1, (5, 5), {"strides": (1, 3), "pads": (2, 2, 2, 2)}),
    (2, 3, (2, 4), {"strides": (1, 2), "pads": (0, 3, 1, 2)}),
    (1, 4, (3, 3), {"dilations": (2, 1)}),
    (1, 4, (3, 3), {"dilations": (1, 2)}),
    (1, 2, (9,), {"strides": (4,), "pads": (4, 4)}),
    (2, 2, (2, 1, 3), {"strides": (1, 2, 2)}),
    (4, 2, (1, 1), {"strides": (2, 2)}),
    (4, 4, (2, 2), {"group": 2}),
]


@pytest.mark.parametrize("width", [9, 10, 16, 32, 33, 66, 96])
@pytest.mark.parametrize("case", range(len(LAYERS)))
def test_windows(isa, rng, case, width):
    channels, filters, sizes, attributes = LAYERS[case]
    layer = random_layer(rng, channels, filters, sizes, activation="relu", **attributes)
    x = int8(rng, 2, *(7, 5)[: len(sizes) - 1], width, channels)
    assert_same_bits(layer.run(x), layer.expected(x))
    layer = with_everything(rng, layer, x, "int8" if width % 2 else "float32")
    layer.attributes["output_scale"] = 0.04
    assert_same_bits(layer.run(x), layer.expected(x))
    floats = rng.normal(0, 1, x.shape).astype(np.float32)
    assert_same_bits(layer.run(floats), layer.expected(floats))


@pytest.mark.parametrize("filters", [1, 2, 3, 4, 7, 8, 9, 16, 24, 32, 48])
@pytest.mark.parametrize("channels", [1, 2, 4, 7, 8, 9, 16, 24, 32])
def test_points(isa, rng, channels, filters):
    for positions in (1, 2, 12, 16, 96, 97):
        x = int8(rng, 2, positions, channels)
        layer = random_layer(rng, channels, filters, (1,), activation="hard_swish")
        layer = with_everything(rng, layer, x)
        assert_same_bits(layer.run(x), layer.expected(x))
        layer.attributes["output_scale"] = 0.04
        assert_same_bits(layer.run(x), layer.expected(x))


@pytest.mark.parametrize(("channels", "sizes"), [(3, (3, 3)), (8, (1, 1)), (1, (1, 5))])
def test_one_layer_for_images_of_any_width(isa, threads, rng, channels, sizes):
    layer = random_layer(rng, channels, 4, sizes, output_scale=0.03)
    settings = {"channels": channels, "filters": 4, "input_scale": layer.input_scale}
    attributes = {"kernel_shape": sizes, **settings, **layer.attributes}
    steps = [("conv_s8", (0, 1, 2, 3), (4,), attributes)]
    program = _core.Program([("x", "int8", (None,) * 4)], layer.constants(), steps, (4,))
    for width in (13, 36, 37, 64, 38, 13):
        x = int8(rng, 3, 5, width, channels)
        assert_same_bits(program(x), layer.expected(x))
        assert_same_bits(program(x[1:2]), layer.expected(x)[1:2])


def test_same_bits_for_every_isa_and_thread_count(isa, threads, rng):
    layer = random_layer(rng, 8, 8, (1, 1), output_scale=0.03)
    x = int8(rng, 6, 48, 192, 8)
    y = layer.run(x)
    ff.use_isa("scalar")
    ff.set_threads(1)
    assert_same_bits(layer.run(x), y)


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
def test_reads_stay_inside(isa, rng, side):
    for channels, filters, sizes, attributes in LAYERS[:4]:
        layer = random_layer(rng, channels, filters, sizes, output_scale=0.04, **attributes)
        x = int8(rng, 1, 6, 32, channels)
        assert_same_bits(layer.run(guarded(x, side)), layer.expected(x))
