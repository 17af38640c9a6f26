"""Convolution against plain NumPy, and its two layouts against each other, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fourfold as ff
import ops.reference_convolution as reference
from guarded import SIDES, guarded, needs_guard_pages
from ops.one_op import run_op
from reference import assert_same_bits

F32 = np.float32


def random_layer(rng, x_shape, filters, sizes, group=1, dtype=F32):
    w_shape = (filters, x_shape[1] // group, *sizes)
    return [rng.standard_normal(shape).astype(dtype) for shape in (x_shape, w_shape, (filters,))]


def channels_last(x):
    return np.ascontiguousarray(np.moveaxis(x, 1, -1))


def check(x, w, b=None, **attributes):
    y = run_op("conv", x, w, b, constants=(1, 2) if b is not None else (1,), **attributes)
    expected = reference.conv(x, w, b, **attributes)
    tolerance = 1e-5 if x.dtype == F32 else 1e-13
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance * w[0].size ** 0.5 * 4)
    if x.dtype == F32:
        last = run_op("conv", channels_last(x), w, b, layout="nhwc", **attributes)
        assert_same_bits(channels_last(y), last)
    return y


# x, filters, window, attributes
CASES = [
    ((1, 3, 9, 11), 5, (3, 3), {"pads": (1, 1, 1, 1)}),
    ((2, 4, 6, 70), 7, (3, 3), {"pads": (1, 1, 1, 1)}),
    ((1, 2, 5, 64), 3, (1, 1), {}),
    ((2, 16, 5, 7), 33, (1, 1), {}),
    ((3, 40, 1, 1), 20, (1, 1), {}),
    ((1, 5, 4, 4), 40, (1, 1), {"strides": (2, 2)}),
    ((1, 3, 20, 21), 6, (3, 3), {"strides": (2, 2), "pads": (1, 1, 1, 1)}),
    ((1, 3, 20, 21), 6, (3, 3), {"strides": (2, 1), "pads": (0, 2, 1, 0)}),
    ((1, 3, 17, 19), 6, (2, 4), {"strides": (3, 4), "dilations": (4, 2)}),
    ((1, 2, 32, 32), 6, (8, 8), {"strides": (8, 8)}),
    ((1, 2, 13, 13), 6, (3, 5), {"dilations": (2, 3), "pads": (2, 6, 2, 6)}),
    ((1, 3, 9, 10), 4, (4, 4), {"strides": (2, 3), "auto_pad": "same_upper"}),
    ((1, 3, 9, 10), 4, (4, 4), {"strides": (2, 3), "auto_pad": "same_lower"}),
    ((1, 3, 9, 10), 4, (4, 4), {"strides": (2, 3), "auto_pad": "valid"}),
    ((2, 6, 7, 8), 6, (3, 3), {"group": 6, "pads": (1, 1, 1, 1)}),
    ((2, 6, 30, 40), 12, (5, 5), {"group": 6, "pads": (2, 2, 2, 2), "strides": (2, 2)}),
    ((1, 90, 9, 13), 90, (3, 3), {"group": 90, "pads": (1, 1, 1, 1), "strides": (2, 2)}),
    ((1, 40, 2, 13), 40, (5, 5), {"group": 40, "pads": (2, 2, 2, 2), "strides": (1, 2)}),
    ((1, 20, 9, 30), 20, (3, 3), {"group": 20, "strides": (1, 3), "dilations": (1, 2)}),
    ((1, 6, 7, 8), 9, (3, 3), {"group": 3, "pads": (1, 1, 1, 1)}),
    ((2, 1, 576), 34, (256,), {"strides": (128,)}),
    ((2, 12, 40), 34, (3,), {"pads": (1, 1)}),
    ((2, 12, 4), 34, (3,), {"pads": (1, 1), "group": 2}),
    ((1, 2, 5, 6, 7), 3, (3, 2, 3), {"pads": (1, 0, 1, 1, 1, 1), "strides": (2, 1, 2)}),
    ((1, 4, 4, 5, 20), 4, (2, 3, 3), {"group": 4, "dilations": (1, 2, 2)}),
    ((1, 3, 2, 2), 4, (3, 3), {"pads": (3, 3, 3, 3)}),
    ((1, 1, 1, 1), 1, (1, 1), {}),
    ((1, 2, 40, 70), 3, (2, 2), {"strides": (16, 17), "dilations": (16, 17)}),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_shapes(isa, rng, case):
    x_shape, filters, sizes, attributes = CASES[case]
    x, w, b = random_layer(rng, x_shape, filters, sizes, attributes.get("group", 1))
    check(x, w, b, **attributes)
    check(x, w, **attributes)


@pytest.mark.parametrize("case", range(len(CASES)))
def test_float64(rng, case):
    x_shape, filters, sizes, attributes = CASES[case]
    layer = random_layer(rng, x_shape, filters, sizes, attributes.get("group", 1), np.float64)
    check(*layer, **attributes)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_window(data):
    axes = data.draw(st.integers(1, 3))

    def sizes(low, high):
        return st.tuples(*[st.integers(low, high)] * axes)

    group, channels, filters = (data.draw(st.integers(1, 4)) for _ in range(3))
    window, dilations = data.draw(sizes(1, 4)), data.draw(sizes(1, 3))
    pads = data.draw(sizes(0, 3)) + data.draw(sizes(0, 3))
    spatial = tuple(
        max(1, (k - 1) * d + 1 - p - q) + data.draw(st.integers(0, 20 if axes < 3 else 5))
        for k, d, p, q in zip(window, dilations, pads[:axes], pads[axes:], strict=True)
    )
    x_shape = (data.draw(st.integers(1, 2)), group * channels, *spatial)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x, w, b = random_layer(rng, x_shape, group * filters, window, group)
    attributes = {"strides": data.draw(sizes(1, 4)), "dilations": dilations, "pads": pads}
    check(x, w, b, group=group, **attributes)


# Wide enough to be cut into bands, and by threads; deep enough for several calls.
LARGE = [
    ((1, 64, 40, 100), 70, (3, 3), {"pads": (1, 1, 1, 1)}),
    ((2, 32, 30, 130), 32, (5, 5), {"group": 32, "pads": (2, 2, 2, 2)}),
    ((1, 2, 700, 300), 2, (5, 5), {"group": 2, "pads": (2, 1, 1, 2), "strides": (2, 2)}),
    ((1, 300, 3, 20), 100, (3, 3), {"pads": (1, 1, 1, 1)}),
    ((1, 48, 50, 50), 90, (1, 1), {}),
    ((1, 3, 100, 120), 24, (3, 3), {"strides": (2, 2), "pads": (1, 1, 1, 1)}),
    ((1, 30, 6, 40, 40), 16, (3, 3, 3), {"pads": (1,) * 6}),
]


@pytest.mark.parametrize("case", range(len(LARGE)))
def test_same_bits_for_every_isa_and_thread_count(isa, threads, rng, case):
    x_shape, filters, sizes, attributes = LARGE[case]
    layer = random_layer(rng, x_shape, filters, sizes, attributes.get("group", 1))
    ff.use_isa("scalar")
    ff.set_threads(1)
    expected = run_op("conv", *layer, **attributes)
    ff.use_isa(isa)
    ff.set_threads(threads)
    assert_same_bits(run_op("conv", *layer, constants=(1, 2), **attributes), expected)
    layer[0] = channels_last(layer[0])
    last = run_op("conv", *layer, layout="nhwc", **attributes)
    assert_same_bits(last, channels_last(expected))


def test_one_program_on_images_of_many_sizes(rng):
    _, w, b = random_layer(rng, (1, 20, 1, 1), 40, (3, 3))
    for shape in [(1, 20, 3, 3), (1, 20, 40, 40), (3, 20, 3, 4), (2, 20, 8, 100)]:
        x = rng.standard_normal(shape).astype(F32)
        check(x, w, b, pads=(1, 1, 1, 1))


def test_a_window_that_spans_more_than_memory(rng):
    far = 2**30
    x, w, b = random_layer(rng, (1, 2, 1, 1), 3, (2, 2))
    attributes = {"strides": (far, far), "dilations": (far, far), "pads": (far,) * 4}
    y = run_op("conv", x, w, b, **attributes)
    assert y.shape == (1, 3, 2, 2)
    # The four windows meet the one element of x at one point each, the last to the first.
    points = w.transpose(0, 2, 3, 1)[:, ::-1, ::-1].astype(np.float64)
    exact = points @ x.reshape(2) + b.reshape(-1, 1, 1)
    terms = abs(points) @ abs(x.reshape(2)) + abs(b.reshape(-1, 1, 1))
    assert (abs(y[0] - exact) <= 3 * np.finfo(F32).eps * terms).all()  # two products, two sums


def test_no_images(rng):
    x, w, b = random_layer(rng, (0, 3, 5, 5), 4, (3, 3))
    assert run_op("conv", x, w, b).shape == (0, 4, 3, 3)


def test_inf_and_nan_reach_only_the_windows_that_hold_them(isa, rng):
    x, w, b = random_layer(rng, (1, 2, 12, 30), 3, (3, 3))
    clean = run_op("conv", x, w, b, pads=(1, 1, 1, 1))
    x[0, 1, 5, 20] = np.nan
    y = run_op("conv", x, w, b, pads=(1, 1, 1, 1))
    touched = np.zeros(y.shape, bool)
    touched[..., 4:7, 19:22] = True
    assert np.isnan(y[touched]).all()
    assert_same_bits(y[~touched], clean[~touched])


X, W, B = np.ones((1, 4, 6, 6), F32), np.ones((6, 4, 3, 3), F32), np.ones(6, F32)


@pytest.mark.parametrize(
    ("arrays", "attributes", "message"),
    [
        ((X[0, 0], W, B), {}, "x: expected 3 to 5 dimensions, received float32"),
        ((X[None, None], W, B), {}, "x: expected 3 to 5 dimensions"),
        ((X, W[0], B), {}, "w: expected 4 dimensions as x has"),
        ((X, W[:, :3], B), {}, "w: expected 4 channels as x has, in 1 groups"),
        ((X, W[:, :2], B), {"group": 3}, "w: expected 4 channels as x has, in 3 groups"),
        ((X, W[:5, :2], B), {"group": 2}, "w: expected a multiple of 2 filters"),
        ((X, W[:, :0], B), {}, "w: expected 1 to 68719476736 elements"),
        ((X, W, B[:5]), {}, r"b: expected shape \(6,\)"),
        ((X, W.astype(np.float64), B), {}, "w: expected float32, received float64"),
        ((X, W, B.astype(np.float64)), {}, "b: expected float32"),
        ((X.astype(np.int32), W, B), {}, "x: expected float32 or float64"),
        ((X[:, :, :2], W, B), {}, "x: expected at least 3 on spatial axis 0 for the window"),
        ((X, W, B), {"kernel_shape": (3, 5)}, "received 5 on axis 1"),
        ((X, W, B), {"kernel_shape": (3,)}, "'kernel_shape': expected 2 values, received 1"),
        ((X, W, B), {"strides": (1, 1, 1)}, "'strides': expected 2 values, received 3"),
        ((X, W, B), {"strides": (0, 1)}, "'strides': expected sizes from 1"),
        ((X, W, B), {"pads": (0, 1)}, "'pads': expected 4 values, received 2"),
        ((X, W, B), {"pads": (0, 1, -1, 0)}, "'pads': expected sizes from 0"),
        ((X, W, B), {"dilations": (2**40, 1)}, "'dilations': expected sizes from 1"),
        ((X, W, B), {"dilations": (2**29, 1)}, "x: expected at least 1073741825"),
        ((X, W, B), {"pads": (2**30,) * 4, "strides": (1, 1)}, "is too large"),
        ((X, W, B), {"group": 0}, "'group': expected 1 to"),
        ((X, W, B), {"auto_pad": "same"}, "auto_pad: expected one of notset"),
        ((X, W, B), {"layout": "chwn"}, "layout: expected one of nchw, nhwc"),
        ((X, W, B), {"layout": "nhwc"}, "w: expected 6 channels"),
        ((X, W, B), {"activation": "softmax"}, "activation: expected one of identity"),
        ((X.astype(float), W.astype(float), None), {"activation": "relu"}, "x: expected float32"),
        ((X, None, B), {}, "w: expected a value"),
    ],
)
def test_refusals(arrays, attributes, message):
    arrays = [None if a is None else np.ascontiguousarray(a) for a in arrays]
    with pytest.raises(ValueError, match=message):
        run_op("conv", *arrays, **attributes)


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize(
    ("channels", "filters", "size", "group", "stride"),
    [(3, 5, 1, 1, 1), (3, 5, 3, 1, 1), (3, 5, 3, 1, 2), (7, 7, 3, 7, 1), (7, 7, 3, 7, 2)],
)
def test_reads_stay_inside(isa, rng, layout, side, channels, filters, size, group, stride):
    x, w, b = random_layer(rng, (2, channels, 5, 41), filters, (size, size), group)
    x = x if layout == "nchw" else channels_last(x)
    attributes = {"layout": layout, "group": group, "strides": (stride, stride)}
    y = run_op("conv", *[guarded(array, side) for array in (x, w, b)], **attributes)
    assert_same_bits(y, run_op("conv", x, w, b, **attributes))


@needs_guard_pages
@pytest.mark.parametrize(
    ("x_shape", "filters", "group"),
    [
        ((1, 5, 1, 2), 5, 5),
        ((1, 40, 1, 17), 80, 2),
        ((2, 12, 3, 5), 4, 4),
        ((1, 600, 30, 37), 2, 1),
    ],
)
def test_panels_read_from_x_itself_stay_inside(isa, rng, x_shape, filters, group):
    x, w, b = random_layer(rng, x_shape, filters, (1, 1), group)
    y = run_op("conv", guarded(x, "after"), w, b, group=group)
    # With a border, which is not read, x is copied first.
    bordered = run_op("conv", x, w, b, group=group, pads=(1, 1, 1, 1))
    assert_same_bits(y, bordered[:, :, 1:-1, 1:-1])
