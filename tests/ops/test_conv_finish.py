"""What a convolution does with its sums: residual, activation, scale and shift, bit for bit."""

import numpy as np
import pytest

import fourfold as ff
from guarded import SIDES, guarded, needs_guard_pages
from ops.one_op import run_op
from reference import assert_same_bits, fma

F32 = np.float32
PADS = {"pads": (1, 1, 1, 1)}

# x, filters, window, attributes: by columns in one run, row by row, with gaps, by plane; by rows
# of many positions and of one; of groups; by pixels.
CASES = [
    ((2, 20, 6, 64), 18, (1, 1), {}),
    ((1, 5, 9, 100), 20, (3, 3), PADS),
    ((2, 5, 7, 21), 20, (3, 3), {**PADS, "strides": (2, 2)}),
    ((2, 6, 9, 35), 6, (5, 5), {"group": 6, "pads": (2, 2, 2, 2)}),
    ((2, 17, 9, 35), 17, (3, 3), {"group": 17, **PADS, "strides": (2, 1)}),
    ((2, 30, 3, 5), 70, (3, 3), PADS),
    ((3, 40, 1, 1), 20, (1, 1), {}),
    ((2, 12, 4, 5), 34, (3, 3), {"group": 2}),
    ((2, 12, 9), 7, (3,), {}),
    ((1, 3, 5, 6, 20), 4, (2, 3, 3), {}),
]


def layer(rng, x_shape, filters, sizes, attributes):
    """Return x, w, b, and of y's plain sums, residual, post_scale and post_shift."""
    group = attributes.get("group", 1)
    shapes = (x_shape, (filters, x_shape[1] // group, *sizes), (filters,))
    arrays = [rng.standard_normal(shape).astype(F32) for shape in shapes]
    sums = run_op("conv", *arrays, **attributes)
    residual = rng.standard_normal(sums.shape).astype(F32)
    scale, shift = (rng.standard_normal(filters).astype(F32) for _ in range(2))
    return arrays, sums, residual, scale, shift


def activated(x, kind):
    return run_op("activation", x, kind=kind, alpha=0.1)


def by_channel(values, like):
    return values.reshape(-1, *(1,) * (like.ndim - 2))


def channels_last(x):
    return np.ascontiguousarray(np.moveaxis(x, 1, -1))


def run_both_layouts(arrays, residual, scale, shift, **attributes):
    y = run_op("conv", *arrays, residual, scale, shift, **attributes)
    x, *weights = arrays
    moved = None if residual is None else channels_last(residual)
    last = run_op(
        "conv", channels_last(x), *weights, moved, scale, shift, layout="nhwc", **attributes
    )
    assert_same_bits(channels_last(y), last)
    return y


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("width", [4, 21, 100])
def test_activation(isa, rng, layout, width):
    (x, w, b), *_ = layer(rng, (2, 5, 7, width), 20, (3, 3), {})
    x = x if layout == "nchw" else channels_last(x)
    plain = run_op("conv", x, w, b, layout=layout, pads=(1, 1, 1, 1))
    fused = run_op(
        "conv", x, w, b, layout=layout, pads=(1, 1, 1, 1), activation="leaky_relu", alpha=0.1
    )
    assert_same_bits(fused, run_op("activation", plain, kind="leaky_relu", alpha=0.1))


@pytest.mark.parametrize("case", range(len(CASES)))
def test_every_part_and_all_of_them(isa, threads, rng, case):
    arrays, sums, residual, scale, shift = layer(rng, *CASES[case])
    attributes = {**CASES[case][-1], "activation": "hard_swish", "alpha": 0.1}
    ff.set_threads(threads)
    with_residual = activated(sums + residual, "hard_swish")
    scales = by_channel(scale, sums), by_channel(shift, sums)
    assert_same_bits(run_both_layouts(arrays, residual, None, None, **attributes), with_residual)
    assert_same_bits(
        run_both_layouts(arrays, None, scale, shift, **attributes),
        fma(activated(sums, "hard_swish"), *scales),
    )
    assert_same_bits(
        run_both_layouts(arrays, residual, scale, shift, **attributes), fma(with_residual, *scales)
    )


@pytest.mark.parametrize("case", range(len(CASES)))
def test_without_an_activation(isa, rng, case):
    arrays, sums, residual, scale, shift = layer(rng, *CASES[case])
    attributes = CASES[case][-1]
    assert_same_bits(run_both_layouts(arrays, residual, None, None, **attributes), sums + residual)
    assert_same_bits(
        run_both_layouts(arrays, residual, scale, shift, **attributes),
        fma(sums + residual, by_channel(scale, sums), by_channel(shift, sums)),
    )


@pytest.mark.parametrize("given", range(3, 7))
def test_inputs_that_are_absent_or_left_out(rng, given):
    arrays, sums, *_ = layer(rng, *CASES[1])
    inputs = [*arrays, None, None, None][:given]
    assert_same_bits(run_op("conv", *inputs, **PADS), sums)


@pytest.mark.parametrize("case", range(len(CASES)))
def test_constants(rng, case):
    arrays, _, residual, scale, shift = layer(rng, *CASES[case])
    inputs, attributes = (*arrays, residual, scale, shift), CASES[case][-1]
    expected = run_op("conv", *inputs, **attributes)
    assert_same_bits(run_op("conv", *inputs, constants=(1, 2, 4, 5), **attributes), expected)
    assert_same_bits(run_op("conv", *inputs, constants=(1, 2, 3, 4, 5), **attributes), expected)


X, W, B = np.ones((1, 4, 6, 6), F32), np.ones((6, 4, 3, 3), F32), np.ones(6, F32)
R = np.ones((1, 6, 4, 4), F32)
BOTH = "post_scale, post_shift: expected both or neither, received only "


@pytest.mark.parametrize(
    ("inputs", "attributes", "message"),
    [
        ((X, W, B, R[:, :5]), {}, r"residual: expected float32 \(1, 6, 4, 4\), received float32"),
        ((X, W, B, R), {"layout": "nhwc"}, "w: expected 6 channels"),
        ((X, W, B, R[0]), {}, "residual: expected float32"),
        ((X, W, B, R.astype(np.float64)), {}, "residual: expected float32"),
        ((X, W, B, None, B), {}, BOTH + "post_scale"),
        ((X, W, B, None, None, B), {}, BOTH + "post_shift"),
        ((X, W, B, None, B[:5], B), {}, r"post_scale: expected float32 \(6,\)"),
        ((X, W, B, None, B, B[:1]), {}, r"post_shift: expected float32 \(6,\)"),
        ((X, W, B, None, B, B.astype(np.int8)), {}, "post_shift: expected float32"),
        ((X, W), {}, r"expected 3 to 6 inputs \(x, w, b, residual"),
        ((X, W, B, R, B, B, B), {}, "expected 3 to 6 inputs"),
    ],
)
def test_refusals(inputs, attributes, message):
    inputs = [None if a is None else np.ascontiguousarray(a) for a in inputs]
    with pytest.raises(ValueError, match=message):
        run_op("conv", *inputs, **attributes)


@pytest.mark.parametrize("parts", [(R, None, None), (None, B, B)])
def test_float64_is_plain(parts):
    inputs = [None if a is None else a.astype(np.float64) for a in (X, W, B, *parts)]
    with pytest.raises(ValueError, match="x: expected float32 for another layout, or for what"):
        run_op("conv", *inputs)


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("case", range(len(CASES)))
def test_reads_stay_inside(isa, rng, side, case):
    arrays, _, residual, scale, shift = layer(rng, *CASES[case])
    inputs, attributes = (*arrays, residual, scale, shift), CASES[case][-1]
    y = run_op("conv", *[guarded(array, side) for array in inputs], **attributes)
    assert_same_bits(y, run_op("conv", *inputs, **attributes))
