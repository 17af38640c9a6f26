"""The INT8 convolution against plain NumPy, bit for bit."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fourfold as ff
from guarded import SIDES, guarded, needs_guard_pages
from ops.conv_s8_layers import int8, random_layer, with_everything
from reference import EXACT_ACTIVATIONS, assert_same_bits

F32 = np.float32

# x, filters, window, attributes
CASES = [
    ((1, 9, 11, 3), 5, (3, 3), {"pads": (1, 1, 1, 1)}),
    ((2, 6, 40, 4), 7, (3, 3), {"pads": (1, 1, 1, 1)}),
    ((1, 5, 64, 2), 3, (1, 1), {}),
    ((2, 5, 7, 16), 33, (1, 1), {}),
    ((3, 1, 1, 40), 20, (1, 1), {}),
    ((1, 3, 5, 64), 64, (1, 1), {}),
    ((1, 2, 5, 128), 130, (1, 1), {}),
    ((1, 4, 4, 5), 40, (1, 1), {"strides": (2, 2)}),
    ((1, 3, 4, 5), 7, (1, 1), {"pads": (1, 2, 0, 1)}),
    ((1, 20, 21, 3), 16, (3, 3), {"strides": (2, 2), "pads": (1, 1, 1, 1)}),
    ((1, 12, 13, 3), 6, (3, 3), {"strides": (2, 1), "pads": (0, 2, 1, 0)}),
    ((1, 17, 19, 3), 6, (2, 4), {"strides": (3, 4), "dilations": (4, 2)}),
    ((1, 32, 32, 2), 6, (8, 8), {"strides": (8, 8)}),
    ((1, 13, 13, 2), 6, (3, 5), {"dilations": (2, 3), "pads": (2, 6, 2, 6)}),
    ((1, 9, 10, 3), 4, (4, 4), {"strides": (2, 3), "auto_pad": "same_upper"}),
    ((1, 9, 10, 3), 4, (4, 4), {"strides": (2, 3), "auto_pad": "same_lower"}),
    ((1, 9, 10, 3), 4, (4, 4), {"strides": (2, 3), "auto_pad": "valid"}),
    ((2, 7, 8, 6), 6, (3, 3), {"group": 6, "pads": (1, 1, 1, 1)}),
    ((1, 7, 8, 6), 9, (3, 3), {"group": 3, "pads": (1, 1, 1, 1)}),
    ((1, 7, 8, 32), 34, (1, 1), {"group": 2}),
    ((2, 576, 1), 34, (256,), {"strides": (128,)}),
    ((2, 40, 12), 34, (3,), {"pads": (1, 1)}),
    ((2, 4, 12), 34, (3,), {"pads": (1, 1), "group": 2}),
    ((1, 5, 6, 7, 2), 3, (3, 2, 3), {"pads": (1, 0, 1, 1, 1, 1), "strides": (2, 1, 2)}),
    ((1, 4, 5, 20, 4), 4, (2, 3, 3), {"group": 4, "dilations": (1, 2, 2)}),
    ((1, 2, 2, 3), 4, (3, 3), {"pads": (3, 3, 3, 3)}),
    ((1, 1, 2, 3), 4, (5, 9), {"pads": (4, 8, 4, 8)}),
    ((1, 1, 1, 1), 1, (1, 1), {}),
    ((0, 4, 4, 3), 4, (3, 3), {}),
    ((1, 6, 9, 24), 24, (3, 3), {"pads": (1, 1, 1, 1)}),
    ((1, 4, 70, 3), 64, (7, 7), {"strides": (2, 2), "pads": (3, 3, 3, 3)}),
]
FORMS = list(itertools.product([None, "float32", "int8"], [False, True], [None, 0.04]))


@pytest.mark.parametrize("case", range(len(CASES)))
def test_shapes(isa, rng, case):
    shape, filters, sizes, attributes = CASES[case]
    residual, post, output_scale = FORMS[case % len(FORMS)]
    layer = random_layer(rng, shape[-1], filters, sizes, **attributes)
    x = int8(rng, *shape)
    layer = with_everything(rng, layer, x, residual, post)
    if output_scale is not None:
        layer.attributes["output_scale"] = output_scale
    layer.attributes["activation"] = ("identity", "relu", "hard_swish")[case % 3]
    assert_same_bits(layer.run(x), layer.expected(x))
    floats = (x * F32(0.02) + rng.normal(0, 0.005, x.shape)).astype(F32)
    assert_same_bits(layer.run(floats), layer.expected(floats))


@pytest.mark.parametrize("activation", EXACT_ACTIVATIONS)
@pytest.mark.parametrize("form", FORMS)
def test_what_follows_the_sums(isa, rng, form, activation):
    residual, post, output_scale = form
    x = int8(rng, 1, 5, 7, 20)
    scales = {} if output_scale is None else {"output_scale": output_scale}
    # 99 is a block of 64, two vectors and a remainder, on every ISA.
    layer = random_layer(rng, 20, 99, (3, 3), activation=activation, alpha=0.3, **scales)
    layer = with_everything(rng, layer, x, residual, post)
    assert_same_bits(layer.run(x), layer.expected(x))


@pytest.mark.parametrize("filters", [1, 2, 3, 4, 8, 12, 16, 24, 32, 48])
@pytest.mark.parametrize("positions", [1, 3, 4, 5, 35, 203])
def test_few_filters(isa, rng, filters, positions):
    """Rows of the output lie side by side, and are stored several at once."""
    x = int8(rng, 1, positions, 20)
    for residual, post in ((None, False), (None, True), ("int8", True), ("float32", False)):
        for activation in ("relu", "hard_swish"):
            layer = random_layer(rng, 20, filters, (1,), activation=activation, output_scale=0.04)
            layer = with_everything(rng, layer, x, residual, post)
            assert_same_bits(layer.run(x), layer.expected(x))


# Around pieces of 1 to 64 bytes and their doubles, where a row is one piece, two, or many.
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 130])
@pytest.mark.parametrize("side", SIDES)
@needs_guard_pages
def test_rows_of_any_width_are_copied_within_x(isa, rng, channels, side):
    for strides in ((1, 1), (2, 3)):
        layer = random_layer(rng, channels, 3, (1, 1), strides=strides)
        x = int8(rng, 2, 3, 7, channels)
        assert_same_bits(layer.run(guarded(x, side)), layer.expected(x))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_window(data):
    axes = data.draw(st.integers(1, 3))

    def sizes(low, high):
        return st.tuples(*[st.integers(low, high)] * axes)

    group, filters = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 20))
    channels = data.draw(st.sampled_from([1, 2, 3, 5, 8, 11, 16, 17, 24, 33]))
    window, dilations = data.draw(sizes(1, 4)), data.draw(sizes(1, 3))
    pads = data.draw(sizes(0, 5)) + data.draw(sizes(0, 5))
    spatial = tuple(
        max(1, (k - 1) * d + 1 - p - q) + data.draw(st.integers(0, 20 if axes < 3 else 5))
        for k, d, p, q in zip(window, dilations, pads[:axes], pads[axes:], strict=True)
    )
    attributes = {"strides": data.draw(sizes(1, 4)), "dilations": dilations, "pads": pads}
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = int8(rng, data.draw(st.integers(1, 2)), *spatial, group * channels)
    layer = random_layer(
        rng, group * channels, group * filters, window, group=group, output_scale=0.03, **attributes
    )
    assert_same_bits(layer.run(x), layer.expected(x))


# Wide enough for several panels and parts; deep enough for several calls.
LARGE = [
    ((1, 40, 50, 64), 70, (3, 3), {"pads": (1, 1, 1, 1)}),
    ((2, 30, 70, 16), 32, (1, 1), {}),
    ((1, 60, 80, 3), 24, (3, 3), {"strides": (2, 2), "pads": (1, 1, 1, 1)}),
    ((1, 3, 20, 300), 100, (3, 3), {"pads": (1, 1, 1, 1)}),
]


@pytest.mark.parametrize("case", range(len(LARGE)))
def test_same_bits_for_every_isa_and_thread_count(isa, threads, rng, case):
    shape, filters, sizes, attributes = LARGE[case]
    layer = random_layer(rng, shape[-1], filters, sizes, activation="hard_swish", **attributes)
    x = int8(rng, *shape)
    layer = with_everything(rng, layer, x)
    ff.use_isa("scalar")
    ff.set_threads(1)
    expected = layer.run(x)
    ff.use_isa(isa)
    ff.set_threads(threads)
    assert_same_bits(layer.run(x), expected)
    layer.attributes["output_scale"] = 0.04
    assert_same_bits(layer.run(x), layer.expected(x))


def test_the_deepest_window(isa, rng):
    """65,536 products of the largest magnitudes: the sum is the largest that int32 has to hold."""
    layer = random_layer(rng, 65536, 2, (1,))
    layer = replace(layer, weight=np.full_like(layer.weight, 127))
    x = np.full((1, 3, 65536), 127, np.int8)
    x[0, 1] = -128
    assert_same_bits(layer.run(x), layer.expected(x))


def test_nan_and_infinities(isa, rng):
    x = int8(rng, 1, 6, 7, 8)
    layer = with_everything(rng, random_layer(rng, 8, 20, (3, 3)), x, "float32")
    layer.residual[0, 1, 2, :3] = np.nan, np.inf, -np.inf
    layer.bias[5:8] = np.inf, -np.inf, np.nan
    for activation, scales in itertools.product(EXACT_ACTIVATIONS, ({}, {"output_scale": 0.04})):
        layer.attributes = {"activation": activation, "alpha": 0.3, **scales}
        assert_same_bits(layer.run(x), layer.expected(x))
