"""What the INT8 convolution refuses, and what it must not touch."""

import numpy as np
import pytest

from guarded import SIDES, guarded, needs_guard_pages
from ops.conv_s8_layers import Layer, int8, random_layer
from ops.one_op import run_op
from reference import assert_same_bits, fma

F32 = np.float32
FAR = 2**30
GOOD = {"kernel_shape": (3, 3), "channels": 4, "filters": 6, "input_scale": 0.02}


def arrays(**changes):
    """The inputs of a good step, in order, some of them others."""
    good = {
        "x": np.ones((1, 6, 6, 4), np.int8),
        "weight": np.zeros((1, 1, 16, 16, 4), np.int8),
        "column_scales": np.ones((1, 16), F32),
        "bias": np.ones((1, 16), F32),
        "residual": None,
        "post_scale": None,
        "post_shift": None,
    }
    return [*{**good, **changes}.values()]


def run(given, **attributes):
    constants = tuple(i for i in (1, 2, 3, 5, 6) if i < len(given) and given[i] is not None)
    return run_op("conv_s8", *given, constants=constants, **{**GOOD, **attributes})


ONES = np.ones(6, F32)


@pytest.mark.parametrize(
    ("changes", "attributes", "message"),
    [
        ({"x": np.ones((6, 6, 4), np.int8)}, {}, "x: expected .* 4 dimensions"),
        ({"x": np.ones((1, 6, 6, 5), np.int8)}, {}, "x: expected .* 4 channels"),
        ({"x": np.ones((1, 6, 6, 4), np.uint8)}, {}, "x: expected float32 or int8"),
        ({"x": np.ones((1, 6, 2, 4), np.int8)}, {}, "x: expected at least 3 on spatial axis 1"),
        ({"weight": np.zeros((1, 1, 16, 16, 5), np.int8)}, {}, "weight: expected int8"),
        ({"weight": np.zeros((1, 9, 16, 4), np.int8)}, {}, "weight: expected int8"),
        ({"weight": np.zeros((1, 1, 16, 16, 4), np.uint8)}, {}, "weight: expected int8"),
        ({"weight": None}, {}, "weight: expected a value"),
        ({"column_scales": np.ones(16, F32)}, {}, "column_scales: expected float32"),
        ({"bias": np.ones((1, 6), F32)}, {}, "bias: expected float32"),
        ({"residual": np.ones((1, 4, 4, 6), np.int8)}, {}, "residual: expected float32"),
        ({"residual": np.ones((1, 4, 4, 5), F32)}, {}, "residual: expected float32"),
        ({"residual": np.ones((1, 4, 4, 6), F32)}, {"residual_scale": 1.0}, "expected int8"),
        ({}, {"residual_scale": 1.0}, "'residual_scale': expected none"),
        ({"post_shift": ONES}, {}, "post_shift: expected none without post_scale"),
        ({"post_scale": ONES, "post_shift": ONES[:5]}, {}, "post_shift: expected float32"),
        ({}, {"input_scale": 0.0}, "'input_scale': expected a finite number above 0"),
        ({}, {"output_scale": float("nan")}, "'output_scale': expected a finite"),
        ({}, {"output_scale": 1e-39}, "'output_scale': expected"),
        ({}, {"group": 3}, "'channels': expected a multiple of 3"),
        ({}, {"group": 4}, "'filters': expected a multiple of 4"),
        ({}, {"channels": FAR + 1}, "'channels': expected 1 to"),
        ({}, {"filters": FAR}, "weight: expected int8"),
        ({}, {"kernel_shape": ()}, "'kernel_shape': expected 1 to 3 sizes, received 0"),
        ({}, {"kernel_shape": (3,) * 4}, "'kernel_shape': expected 1 to 3 sizes, received 4"),
        ({}, {"kernel_shape": (FAR, FAR, FAR)}, "'kernel_shape': expected at most 65536 points"),
        ({}, {"kernel_shape": (16385, 1)}, "'kernel_shape': expected at most 65536 points"),
        ({}, {"kernel_shape": (0, 3)}, "'kernel_shape': expected sizes from 1"),
        ({}, {"strides": (0, 1)}, "'strides': expected sizes from 1"),
        ({}, {"pads": (0, 1)}, "'pads': expected 4 values"),
        ({}, {"dilations": (2**40, 1)}, "'dilations': expected sizes from 1"),
        ({}, {"pads": (FAR,) * 4}, "too large"),
        ({}, {"activation": "softmax"}, "activation: expected one of identity"),
        ({}, {"layout": "nhwc"}, "unknown attribute 'layout'"),
    ],
)
def test_refusals(changes, attributes, message):
    with pytest.raises(ValueError, match=message):
        run(arrays(**changes), **attributes)


def test_a_scale_that_is_missing_and_inputs_too_few_or_too_many():
    window = {"kernel_shape": (3, 3), "channels": 4, "filters": 6}
    with pytest.raises(ValueError, match="'input_scale' is missing"):
        run_op("conv_s8", *arrays()[:4], constants=(1, 2, 3), **window)
    with pytest.raises(ValueError, match="expected 4 to 7 inputs .* received 3"):
        run(arrays()[:3])
    with pytest.raises(ValueError, match="expected 4 to 7 inputs .* received 8"):
        run([*arrays(), None])


def test_weights_that_are_no_constants():
    given = arrays()[:4]
    with pytest.raises(ValueError, match="weight: expected a constant"):
        run_op("conv_s8", *given, constants=(2, 3), **GOOD)


def test_inputs_that_are_left_out():
    expected = run(arrays())
    for count in (4, 5, 6):
        assert_same_bits(run(arrays()[:count]), expected)


def test_a_window_that_spans_more_than_memory(rng):
    attributes = {"strides": (FAR,) * 2, "dilations": (FAR,) * 2, "pads": (FAR,) * 4}
    layer = random_layer(rng, 2, 3, (2, 2), **attributes)
    x = int8(rng, 1, 1, 1, 2)
    y = layer.run(x)
    # The four windows meet the one element of x at one point each, the last to the first.
    points = layer.weight.transpose(2, 3, 0, 1)[::-1, ::-1].astype(int)
    sums = (points @ x.reshape(2).astype(int)).astype(F32)
    assert_same_bits(y[0], fma(sums, F32(0.02) * layer.column_scales, layer.bias))


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("dtype", ["int8", "float32"])
@pytest.mark.parametrize(
    ("channels", "filters", "size", "group", "stride", "pad"),
    [
        (3, 5, 1, 1, 1, 0),
        (64, 70, 1, 1, 1, 0),
        (40, 70, 1, 2, 1, 0),
        (19, 5, 1, 1, 2, 0),
        (1, 5, 3, 1, 1, 1),
        (3, 5, 3, 1, 1, 0),
        (7, 5, 3, 1, 2, 1),
        (11, 17, 3, 1, 1, 1),
        (22, 17, 3, 1, 1, 0),
        (7, 7, 3, 7, 1, 1),
    ],
)
def test_reads_and_writes_stay_inside(
    isa, rng, side, dtype, channels, filters, size, group, stride, pad
):
    attributes = {"group": group, "strides": (stride,) * 2, "pads": (pad,) * 4}
    layer = random_layer(rng, channels, filters, (size, size), output_scale=0.05, **attributes)
    x = int8(rng, 2, 5, 41, channels)
    x = x if dtype == "int8" else x * F32(0.02)
    shape = layer.run(x).shape
    for residual, scale in (
        (int8(rng, *shape), {"residual_scale": 0.03}),
        (np.ones(shape, F32), {}),
    ):
        full = Layer(**{**vars(layer), "residual": residual})
        full.attributes = {**layer.attributes, **scale}
        full.post = (np.ones(filters, F32), np.ones(filters, F32))
        expected = full.expected(x)
        full.residual = guarded(residual, side)
        full.post = tuple(guarded(value, side) for value in full.post)
        assert_same_bits(full.run(guarded(x, side)), expected)
