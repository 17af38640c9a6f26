"""The INT8 convolution of each channel by itself against plain NumPy, bit for bit."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fourfold as ff
from fourfold import _core
from guarded import SIDES, guarded, needs_guard_pages
from ops.conv_s8_layers import int8, with_everything
from ops.depthwise_s8_layers import random_depthwise
from ops.one_op import run_op
from reference import EXACT_ACTIVATIONS, assert_same_bits

F32 = np.float32
# Around registers of 4, 8 and 16 channels, and blocks of 64.
CHANNELS = [1, 3, 15, 16, 17, 31, 32, 63, 64, 65, 100, 130]

# Images and spatial axes of x, window, attributes
CASES = [
    ((1, 9, 11), (3, 3), {"pads": (1, 1, 1, 1)}),
    ((2, 6, 40), (3, 3), {"pads": (1, 1, 1, 1)}),
    ((1, 7, 35), (5, 5), {"pads": (2, 2, 2, 2)}),
    ((1, 2, 9), (5, 5), {"pads": (2, 2, 2, 2)}),
    ((1, 1, 9), (5, 5), {"pads": (2, 2, 2, 2)}),
    ((1, 8, 20), (3, 3), {"strides": (2, 2), "pads": (1, 1, 1, 1)}),
    ((1, 9, 21), (5, 5), {"strides": (2, 2), "pads": (2, 2, 2, 2)}),
    ((1, 9, 21), (5, 5), {"strides": (2, 1), "pads": (0, 2, 1, 0)}),
    ((1, 9, 21), (5, 5), {"strides": (1, 2), "pads": (0, 2, 1, 0)}),
    ((1, 12, 12), (7, 7), {"pads": (3, 3, 3, 3)}),
    ((1, 17, 19), (2, 4), {"strides": (3, 4), "dilations": (4, 2)}),
    ((1, 13, 13), (3, 5), {"dilations": (2, 3), "pads": (2, 6, 2, 6)}),
    ((1, 5, 40), (1, 3), {"dilations": (1, 9)}),
    ((1, 24, 24), (2, 2), {"strides": (8, 8)}),
    ((1, 9, 10), (4, 4), {"strides": (2, 3), "auto_pad": "same_upper"}),
    ((1, 9, 10), (4, 4), {"strides": (2, 3), "auto_pad": "same_lower"}),
    ((1, 9, 10), (4, 4), {"strides": (2, 3), "auto_pad": "valid"}),
    ((1, 5, 6), (1, 1), {}),
    ((1, 5, 6), (1, 1), {"strides": (2, 3), "pads": (1, 2, 0, 1)}),
    ((2, 40), (3,), {"pads": (1, 1)}),
    ((2, 100), (31,), {"pads": (15, 15), "strides": (3,)}),
    ((1, 5, 6, 7), (3, 2, 3), {"pads": (1, 0, 1, 1, 1, 1), "strides": (2, 1, 2)}),
    ((1, 4, 5, 20), (2, 3, 3), {"dilations": (1, 2, 2)}),
    ((1, 4, 5, 9), (3, 3, 3), {"pads": (1, 1, 1, 1, 1, 1)}),
    ((1, 2, 2), (3, 3), {"pads": (3, 3, 3, 3)}),
    ((1, 1, 2), (5, 9), {"pads": (4, 8, 4, 8)}),
    ((1, 1, 1), (1, 1), {}),
    ((0, 4, 4), (3, 3), {}),
    ((1, 4, 0), (3, 3), {"auto_pad": "same_upper"}),
    ((1, 0, 4), (3, 3), {"auto_pad": "same_upper"}),
]
FORMS = list(itertools.product([None, "float32", "int8"], [False, True], [None, 0.04]))


@pytest.mark.parametrize("case", range(len(CASES)))
def test_shapes(isa, rng, case):
    shape, sizes, attributes = CASES[case]
    for i, channels in enumerate(CHANNELS[case % 3 :: 3]):
        residual, post, output_scale = FORMS[(case + 5 * i) % len(FORMS)]
        x = int8(rng, *shape, channels)
        layer = random_depthwise(rng, channels, sizes, **attributes)
        layer = with_everything(rng, layer, x, residual, post)
        if output_scale is not None:
            layer.attributes["output_scale"] = output_scale
        layer.attributes["activation"] = ("identity", "relu", "hard_swish")[(case + i) % 3]
        assert_same_bits(layer.run(x), layer.expected(x))
        floats = (x * F32(0.02) + rng.normal(0, 0.005, x.shape)).astype(F32)
        assert_same_bits(layer.run(floats), layer.expected(floats))


@pytest.mark.parametrize("activation", EXACT_ACTIVATIONS)
@pytest.mark.parametrize("form", FORMS)
def test_what_follows_the_sums(isa, rng, form, activation):
    residual, post, output_scale = form
    x = int8(rng, 1, 5, 7, 99)
    scales = {} if output_scale is None else {"output_scale": output_scale}
    layer = random_depthwise(rng, 99, (3, 3), activation=activation, alpha=0.3, **scales)
    layer = with_everything(rng, layer, x, residual, post)
    assert_same_bits(layer.run(x), layer.expected(x))


@pytest.mark.parametrize("sizes", [(3, 3), (5, 5), (11, 11)])
@pytest.mark.parametrize(("of_x", "of_w"), [*itertools.product([-128, -127, 127], [-127, 127])])
def test_extreme_sums(isa, of_x, of_w, sizes):
    layer = random_depthwise(np.random.default_rng(0), 35, sizes, auto_pad="same_upper")
    layer = replace(layer, weight=np.full(layer.weight.shape, of_w, np.int8))
    layer = replace(layer, column_scales=np.ones(35, F32), input_scale=1.0)
    x = np.full((1, 13, 14, 35), of_x, np.int8)
    assert_same_bits(layer.run(x), layer.expected(x))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_window(data):
    axes = data.draw(st.integers(1, 3))
    window, dilations, strides, front, back, spatial = [], [], [], [], [], []
    for _ in range(axes):
        k, d = data.draw(st.integers(1, 7)), data.draw(st.integers(1, 3))
        front.append(data.draw(st.integers(0, 3)))
        back.append(data.draw(st.integers(0, 3)))
        least = max(1, (k - 1) * d + 1 - front[-1] - back[-1])
        spatial.append(least + data.draw(st.integers(0, 20 if axes < 3 else 4)))
        window.append(k)
        dilations.append(d)
        strides.append(data.draw(st.integers(1, 4)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    channels = data.draw(st.integers(1, 70))
    layer = random_depthwise(
        rng,
        channels,
        window,
        strides=tuple(strides),
        dilations=tuple(dilations),
        pads=tuple(front + back),
        output_scale=0.05,
    )
    x = int8(rng, data.draw(st.integers(1, 2)), *spatial, channels)
    for isa in ff.supported_isas():
        before = ff.active_isa()
        ff.use_isa(isa)
        assert_same_bits(layer.run(x), layer.expected(x))
        ff.use_isa(before)


@pytest.mark.parametrize("sizes", [(3, 3), (5, 5)])
def test_same_bits_for_every_thread_count(isa, threads, rng, sizes):
    x = int8(rng, 2, 25, 60, 70)
    layer = random_depthwise(
        rng, 70, sizes, pads=(2, 2, 2, 2), activation="silu", output_scale=0.03
    )
    y = layer.run(x)
    ff.set_threads(1)
    ff.use_isa("scalar")
    assert_same_bits(layer.run(x), y)


def test_weights_are_packed_anew_for_another_isa(rng):
    """One program, run under one ISA after the other, on shapes that are cut up otherwise."""
    layer = random_depthwise(rng, 20, (5, 5), pads=(2, 2, 2, 2))
    attributes = {**layer.attributes, "kernel_shape": (5, 5), "channels": 20, "filters": 20}
    step = ("depthwise_s8", (0, 1, 2, 3), (4,), {**attributes, "input_scale": 0.02})
    program = _core.Program([("x", "int8", (None,) * 4)], layer.constants(), [step], (4,))
    before = ff.active_isa()
    for height, isa in itertools.product((1, 2, 3, 9), ff.supported_isas()):
        ff.use_isa(isa)
        x = int8(rng, 1, height, 10, 20)
        assert_same_bits(program(x), layer.expected(x))
    ff.use_isa(before)


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("channels", CHANNELS)
def test_reads_stay_inside(isa, rng, channels, side):
    for sizes, stride in [((3, 3), 1), ((5, 5), 2)]:
        x = int8(rng, 1, 6, 9, channels)
        strides = (stride, stride)
        layer = random_depthwise(rng, channels, sizes, strides=strides, pads=(1, 1, 1, 1))
        layer = with_everything(rng, layer, x)
        y = layer.run(x)
        layer = replace(layer, residual=guarded(layer.residual, side))
        assert_same_bits(layer.run(guarded(x, side)), y)


GOOD = {
    "kernel_shape": (3, 3),
    "channels": 4,
    "filters": 4,
    "group": 4,
    "input_scale": 0.02,
}
ARRAYS = {
    "x": np.ones((1, 6, 6, 4), np.int8),
    "weight": np.zeros((9, 4), np.int8),
    "column_scales": np.ones(4, F32),
    "bias": np.ones(4, F32),
}


@pytest.mark.parametrize(
    ("changes", "attributes", "message"),
    [
        ({"x": np.ones((1, 6, 6, 5), np.int8)}, {}, "x: expected .* 4 channels"),
        ({"x": np.ones((6, 6, 4), np.int8)}, {}, "x: expected .* 4 dimensions"),
        ({"x": np.ones((1, 2, 6, 4), np.int8)}, {}, "x: expected at least 3 on spatial axis 0"),
        ({"weight": np.zeros((8, 4), np.int8)}, {}, "weight: expected int8"),
        ({"weight": np.zeros((3, 4, 4), np.int8)}, {}, "weight: expected int8"),
        ({"column_scales": np.ones((1, 4), F32)}, {}, "column_scales: expected float32"),
        ({"bias": np.ones(16, F32)}, {}, "bias: expected float32"),
        ({}, {"group": 2}, "'group': expected 4, the channels, received 2"),
        ({}, {"filters": 8}, "'filters': expected 4, the channels, received 8"),
        ({}, {"channels": 0}, "'channels': expected 1 to"),
        ({}, {"input_scale": -1.0}, "'input_scale': expected a finite number above 0"),
        ({}, {"kernel_shape": (2**20, 2**20)}, "'kernel_shape': expected at most 65536"),
        ({}, {"kernel_shape": (65536, 1)}, "weight: expected int8"),
        ({}, {"strides": (2**31, 1)}, "'strides': expected sizes"),
        ({}, {"pads": (1, 1, 1)}, "'pads': expected 4 values"),
        ({}, {"activation": "softmax"}, "activation"),
    ],
)
def test_refusals(changes, attributes, message):
    arrays = [*{**ARRAYS, **changes}.values()]
    with pytest.raises(ValueError, match=message):
        run_op("depthwise_s8", *arrays, constants=(1, 2, 3), **{**GOOD, **attributes})


def test_strides_beyond_x(isa, rng):
    layer = random_depthwise(rng, 4, (3, 3), strides=(2**30, 2**30))
    x = int8(rng, 1, 6, 6, 4)
    assert_same_bits(layer.run(x), layer.expected(x))


@pytest.mark.parametrize("far", [(2**30, 2**30), (2, 2**30), (2**30, 1)])
def test_dilations_beyond_x(isa, rng, far):
    """Of which only the window's middle row or column ever lies on x."""
    layer = random_depthwise(rng, 4, (3, 3), dilations=far, pads=(*far, *far))
    x = int8(rng, 1, 6, 6, 4)
    rows, columns = (slice(1, 2) if d == 2**30 else slice(None) for d in far)
    near = tuple(1 if d == 2**30 else d for d in far)
    pads = tuple(0 if d == 2**30 else d for d in far)
    seen = layer.weight[:, :, rows, columns]
    same = replace(layer, weight=seen, attributes={"group": 4, "dilations": near, "pads": pads * 2})
    assert_same_bits(layer.run(x), same.expected(x))
