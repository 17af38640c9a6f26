"""Transposed convolution against plain NumPy."""

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
    w_shape = (x_shape[1], filters, *sizes)
    shapes = (x_shape, w_shape, (filters * group,))
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def check(x, w, b=None, **attributes):
    expected = reference.conv_transpose(x, w, b, **attributes)
    tolerance = 1e-5 if x.dtype == F32 else 1e-13
    y = run_op("conv_transpose", x, w, b, constants=(1,), **attributes)
    assert y.shape == expected.shape
    np.testing.assert_allclose(
        y, expected, rtol=tolerance, atol=tolerance * w[:, 0].size ** 0.5 * 4
    )
    assert_same_bits(run_op("conv_transpose", x, w, b, **attributes), y)


# x, filters in a group, window, attributes
CASES = [
    ((1, 3, 5, 6), 4, (2, 2), {"strides": (2, 2)}),
    ((2, 3, 5, 30), 4, (3, 3), {}),
    ((1, 3, 5, 6), 4, (3, 3), {"pads": (1, 1, 1, 1)}),
    ((1, 3, 5, 6), 4, (3, 3), {"strides": (2, 2), "pads": (1, 1, 1, 1)}),
    ((1, 3, 5, 6), 2, (4, 4), {"strides": (2, 3), "pads": (1, 0, 2, 1)}),
    ((1, 3, 5, 6), 2, (3, 3), {"strides": (2, 2), "output_padding": (1, 1)}),
    ((1, 2, 5, 6), 2, (3, 3), {"strides": (4, 5)}),
    ((1, 2, 5, 6), 2, (3, 3), {"strides": (3, 2), "output_shape": (15, 12)}),
    ((1, 2, 5, 6), 2, (3, 3), {"strides": (3, 2), "output_shape": (20, 8)}),
    ((1, 2, 5, 6), 2, (3, 4), {"strides": (2, 2), "auto_pad": "same_upper"}),
    ((1, 2, 5, 6), 2, (3, 4), {"strides": (2, 2), "auto_pad": "same_lower"}),
    ((1, 2, 5, 6), 2, (3, 4), {"strides": (2, 2), "auto_pad": "valid"}),
    ((1, 2, 4, 5), 2, (3, 3), {"dilations": (2, 3), "strides": (2, 2)}),
    ((1, 2, 4, 5), 2, (3, 3), {"dilations": (4, 6), "strides": (6, 4)}),
    ((1, 2, 4, 5), 2, (4, 2), {"dilations": (3, 5), "strides": (1, 3), "pads": (2, 4, 1, 3)}),
    ((2, 6, 4, 5), 2, (3, 3), {"group": 3, "strides": (2, 2)}),
    ((1, 6, 9, 20), 1, (6, 6), {"group": 6, "strides": (2, 2), "pads": (2, 2, 2, 2)}),
    ((1, 6, 9, 20), 1, (3, 3), {"group": 6, "pads": (1, 1, 1, 1)}),
    ((2, 3, 9), 4, (5,), {"strides": (3,), "pads": (2, 1)}),
    ((1, 2, 3, 4, 5), 2, (2, 3, 2), {"strides": (2, 1, 2), "pads": (0, 1, 0, 1, 0, 1)}),
    ((1, 2, 1, 1), 3, (1, 1), {}),
    # Windows that are their strides.
    ((2, 3, 7, 37), 4, (2, 2), {"strides": (2, 2)}),
    ((1, 40, 9, 33), 3, (3, 3), {"strides": (3, 3)}),
    ((2, 6, 4, 17), 5, (1, 2), {"group": 2, "strides": (1, 2)}),
    ((1, 5, 3, 16), 1, (4, 1), {"strides": (4, 1)}),
    ((2, 7, 100), 2, (2,), {"strides": (2,)}),
    ((1, 4, 2, 3, 20), 3, (2, 2, 2), {"strides": (2, 2, 2)}),
    ((1, 3, 40, 130), 2, (2, 2), {"strides": (2, 2)}),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_shapes(isa, rng, case):
    x_shape, filters, sizes, attributes = CASES[case]
    layer = random_layer(rng, x_shape, filters, sizes, attributes.get("group", 1))
    check(*layer, **attributes)
    check(*layer[:2], **attributes)


@pytest.mark.parametrize("case", range(len(CASES)))
def test_float64(rng, case):
    x_shape, filters, sizes, attributes = CASES[case]
    group = attributes.get("group", 1)
    check(*random_layer(rng, x_shape, filters, sizes, group, np.float64), **attributes)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_window(data):
    axes = data.draw(st.integers(1, 3))

    def sizes(low, high):
        return st.tuples(*[st.integers(low, high)] * axes)

    group, channels, filters = (data.draw(st.integers(1, 3)) for _ in range(3))
    window, strides, dilations = (
        data.draw(sizes(1, 4)),
        data.draw(sizes(1, 5)),
        data.draw(sizes(1, 3)),
    )
    spatial = data.draw(sizes(1, 20 if axes == 1 else 4))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x_shape = (data.draw(st.integers(1, 2)), group * channels, *spatial)
    layer = random_layer(rng, x_shape, filters, window, group)
    reach = [
        (n - 1) * s + (k - 1) * d + 1
        for n, s, k, d in zip(spatial, strides, window, dilations, strict=True)
    ]
    front = [data.draw(st.integers(0, min(3, r - 1))) for r in reach]
    back = [data.draw(st.integers(0, min(3, r - f - 1))) for r, f in zip(reach, front, strict=True)]
    attributes = {"strides": strides, "dilations": dilations, "pads": tuple(front + back)}
    attributes["output_padding"] = data.draw(sizes(0, 2))
    check(*layer, group=group, **attributes)


@pytest.mark.parametrize("activation", ["identity", "leaky_relu"])
@pytest.mark.parametrize("size", [2, 3])
def test_same_bits_for_every_isa_and_thread_count(isa, threads, rng, activation, size):
    layer = random_layer(rng, (1, 24, 40, 50), 24, (size, size))
    attributes = {"strides": (2, 2), "activation": activation, "alpha": 0.1}
    y = run_op("conv_transpose", *layer, **attributes)
    ff.use_isa("scalar")
    ff.set_threads(1)
    assert_same_bits(run_op("conv_transpose", *layer, **attributes), y)


@pytest.mark.parametrize("window", [(2, 2), (3, 1)])
def test_a_window_that_is_its_stride_gives_the_bits_of_a_wider_one(isa, rng, window):
    x, w, b = random_layer(rng, (2, 20, 5, 35), 6, window)
    y = run_op("conv_transpose", x, w, b, strides=window)
    wider = np.zeros((*w.shape[:2], window[0] + 1, window[1] + 1), F32)
    wider[:, :, : window[0], : window[1]] = w
    end = {"pads": (0, 0, 1, 1)}
    assert_same_bits(run_op("conv_transpose", x, wider, b, strides=window, **end), y)


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("size", [2, 3])
def test_reads_stay_inside(isa, rng, side, size):
    layer = random_layer(rng, (2, 3, 5, 21), 4, (size, size))
    y = run_op("conv_transpose", *[guarded(array, side) for array in layer], strides=(2, 2))
    assert_same_bits(y, run_op("conv_transpose", *layer, strides=(2, 2)))


def test_one_program_on_images_of_many_sizes(rng):
    """The borders, and with them the phases, depend on the size of x."""
    _, w, b = random_layer(rng, (1, 3, 1, 1), 4, (3, 4))
    attributes = {"strides": (3, 2), "output_shape": (12, 10)}
    for shape in [(1, 3, 4, 5), (1, 3, 3, 4), (2, 3, 5, 6), (1, 3, 1, 1)]:
        check(rng.standard_normal(shape).astype(F32), w, b, **attributes)


X, W, B = np.ones((1, 4, 5, 5), F32), np.ones((4, 3, 2, 2), F32), np.ones(3, F32)


@pytest.mark.parametrize(
    ("arrays", "attributes", "message"),
    [
        ((X[:, :3], W, B), {}, "w: expected 3 channels as x has"),
        ((X, W, B), {"group": 3}, "a multiple of 3 groups"),
        ((X, W, B[:2]), {}, r"b: expected shape \(3,\)"),
        ((X, W, B), {"group": 2}, r"b: expected shape \(6,\)"),
        ((X, W, B), {"pads": (3, 0, 3, 0)}, "no positions on spatial axis 0"),
        ((X, W, B), {"output_padding": (1,)}, "'output_padding': expected 2 values"),
        ((X, W, B), {"output_padding": (-1, 0)}, "'output_padding': expected sizes from 0"),
        ((X, W, B), {"output_shape": (0, 4)}, "'output_shape': expected sizes from 1"),
        ((X, W, B), {"strides": (2**30, 2**30)}, "is too large"),
        ((X[:, :, :0], W, B), {"auto_pad": "same_upper"}, "no positions on spatial axis 0"),
        (
            (X, W, B),
            {"dilations": (2**30, 2**30), "pads": (2**30 - 1, 2**30 - 1, 0, 0)},
            "the window reaches too far",
        ),
        ((X.astype(int), W, B), {}, "x: expected float32"),
        ((X, W.astype(float), B), {}, "w: expected float32"),
    ],
)
def test_refusals(arrays, attributes, message):
    arrays = [np.ascontiguousarray(a) for a in arrays]
    with pytest.raises(ValueError, match=message):
        run_op("conv_transpose", *arrays, **attributes)
