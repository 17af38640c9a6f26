"""Steps that read and write int8 whose zero is not 0, bit for bit as NumPy has them."""

import numpy as np
import pytest

import reference
from fourfold import _core
from ops.one_op import run_op
from reference import assert_same_bits

F32 = np.float32
SCALE, OTHER, OUTPUT = 0.031, 0.012, 0.05
ZEROS = [-128, -3, 0, 127]


def int8(rng, *shape):
    return rng.integers(-128, 128, shape).astype(np.int8)


def real(q, scale, zero):
    return (q.astype(F32) - F32(zero)) * F32(scale)


def quantized(x, scale, zero):
    steps = reference.fma(x, F32(1) / F32(scale), F32(zero))
    return np.rint(np.clip(steps, F32(-128), F32(127))).astype(np.int8)


@pytest.mark.parametrize("zero", ZEROS)
def test_dequantize(isa, rng, zero):
    x = int8(rng, 3, 77)
    assert_same_bits(run_op("dequantize_s8", x, scale=SCALE, zero=zero), real(x, SCALE, zero))


@pytest.mark.parametrize("activation", ["identity", "relu", "sigmoid"])
@pytest.mark.parametrize("kind", ["add", "mul"])
@pytest.mark.parametrize("zero", ZEROS)
def test_sums_and_products(isa, rng, kind, zero, activation):
    forms = {"a_scale": SCALE, "a_zero": zero, "b_scale": OTHER, "b_zero": -7}
    for a, b in [(int8(rng, 4, 131), int8(rng, 4, 131)), (int8(rng, 4, 64), int8(rng, 4, 1))]:
        x, y = real(a, SCALE, zero), real(b, OTHER, -7)
        joined = np.ascontiguousarray(x + y if kind == "add" else x * y)
        joined = _core.kernels.activation(activation, joined)
        floats = run_op("binary_s8", a, b, kind=kind, activation=activation, **forms)
        assert_same_bits(floats, joined)
        forms_of_y = {"output_scale": OUTPUT, "output_zero": zero}
        bytes_ = run_op("binary_s8", a, b, kind=kind, activation=activation, **forms, **forms_of_y)
        np.testing.assert_array_equal(bytes_, quantized(joined, OUTPUT, zero))


def layer(rng, depth, columns):
    """A weight and its column scales and bias, filled up to whole panels."""
    weight = rng.integers(-127, 128, (depth, columns)).astype(np.int8)
    padding = -columns % 16
    scales, bias = rng.uniform(0.001, 0.01, columns), rng.normal(size=columns)
    scales = np.pad(scales.astype(F32), (0, padding), constant_values=1)
    return weight, scales, np.pad(bias.astype(F32), (0, padding))


@pytest.mark.parametrize("activation", ["identity", "relu", "hard_swish", "tanh"])
@pytest.mark.parametrize("zero", ZEROS)
def test_products_with_a_matrix(isa, threads, rng, zero, activation):
    for rows, depth, columns in [(1, 64, 16), (7, 100, 33), (40, 65, 130)]:
        weight, scales, bias = layer(rng, depth, columns)
        x = int8(rng, rows, depth)
        sums = x.astype(np.int32) @ weight.astype(np.int32)
        factors = np.full(rows, SCALE, F32)
        values = reference.dequantize(sums, factors, scales[:columns], bias[:columns])
        values = _core.kernels.activation(activation, np.ascontiguousarray(values))
        constants = (_core.pack_s8(weight), scales, bias)
        y = run_op(
            "linear_s8",
            *(x, *constants),
            constants=[1, 2, 3],
            depth=depth,
            columns=columns,
            activation=activation,
            input_scale=SCALE,
            output_scale=OUTPUT,
            output_zero=zero,
        )
        np.testing.assert_array_equal(y, quantized(values, OUTPUT, zero))


@pytest.mark.parametrize("zero", ZEROS)
def test_means_and_the_largest(isa, rng, zero):
    x = int8(rng, 2, 5, 6, 70)
    shift = F32(-(F32(zero) * F32(SCALE)))
    for kind, sums, count in [
        ("average", x.astype(np.int32).sum(axis=(1, 2)), 30),
        ("max", x.max(axis=(1, 2)).astype(np.int32), 1),
    ]:
        values = reference.fma(sums.astype(F32), F32(SCALE) / F32(count), shift)
        forms = {"input_scale": SCALE, "input_zero": zero, "layout": "nhwc"}
        y = run_op("global_pool", x, kind=kind, **forms)
        assert_same_bits(y.reshape(values.shape), values)
        y = run_op("global_pool", x, kind=kind, output_scale=OUTPUT, output_zero=zero, **forms)
        np.testing.assert_array_equal(y.reshape(values.shape), quantized(values, OUTPUT, zero))


@pytest.mark.parametrize(
    ("attributes", "error"),
    [
        ({"a_scale": 1.0, "b_scale": 1.0, "output_zero": 3}, "'output_zero': expected none"),
        ({"a_scale": 1.0, "b_scale": 1.0, "a_zero": 128}, "a_zero"),
        ({"a_scale": 1.0, "b_zero": 3}, "'b_zero': expected none without 'b_scale'"),
    ],
)
def test_refusals(rng, attributes, error):
    with pytest.raises(ValueError, match=error):
        run_op("binary_s8", int8(rng, 4), int8(rng, 4), kind="add", **attributes)


def test_a_border_that_counts_has_no_zero_point(rng):
    forms = {"input_scale": SCALE, "input_zero": 3, "layout": "nhwc", "count_include_pad": 1}
    with pytest.raises(ValueError, match="'input_zero': expected 0 with 'count_include_pad'"):
        run_op("pool", int8(rng, 1, 4, 4, 8), kind="average", kernel_shape=(2, 2), **forms)


def test_zero_of_one_value_in_any_shape(rng):
    x, scale, zero = int8(rng, 3, 5), np.array([0.1], F32), np.array(7, np.int8)
    y = run_op("dequantize_linear", x, scale, zero)
    assert_same_bits(y, real(x, 0.1, 7))
    np.testing.assert_array_equal(run_op("quantize_linear", y, scale, zero, to="int8"), x)
