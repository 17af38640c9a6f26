"""Weights to int8, and which layers get that far."""

import numpy as np
import pytest

import fourfold as ff
from fourfold import _core
from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.graph.narrow import narrow_floats
from fourfold.graph.passes.stored import SHALLOW_DEPTH, store_s8
from fourfold.quantization.build import quantize_graph
from fourfold.quantization.linear import MAX_DEPTH, packed_bytes
from fourfold.quantization.precision import choose_precision
from fourfold.quantization.weights import (
    BLOCK_ELEMENTS,
    quantize_columns,
    quantize_rows,
    quantize_table,
    relative_error,
)
from networks import random_network

CONFIG = ff.QuantizationConfig()


def linear_graph(depth, columns):
    return Graph(
        inputs=(TensorInfo("x", "float32", (None, depth)),),
        nodes=(Node("linear", ("x", "w", ""), ("y",), {}, "layer"),),
        outputs=("y",),
        constants={"w": np.ones((depth, columns), np.float32)},
    )


def test_every_weight_is_within_half_a_step(rng):
    weight = (rng.normal(size=(300, 40)) * rng.lognormal(sigma=8, size=40)).astype(np.float32)
    quantized = quantize_columns(weight)
    assert quantized.values.dtype == np.int8
    assert quantized.scales.dtype == np.float32
    steps = weight.astype(np.float64) / quantized.scales
    # Half a step, and the rounding of the scale and of the quotient, at 127 steps.
    assert np.abs(quantized.values - steps).max() <= 0.5 + 127 * 2**-23
    assert (np.abs(quantized.values).max(axis=0) == 127).all()


def test_minus_128_never_occurs(rng):
    extreme = np.where(rng.random((64, 200)) < 0.5, -1, 1) * rng.uniform(1e-20, 1e20, 200)
    values = quantize_columns(extreme.astype(np.float32)).values
    assert values.min() == -127
    assert values.max() == 127


def test_halves_round_to_even():
    weight = np.array([[127.0], [0.5], [1.5], [2.5], [-0.5], [-1.5]], np.float32)
    quantized = quantize_columns(weight)
    assert quantized.scales == 1
    assert quantized.values[:, 0].tolist() == [127, 0, 2, 2, 0, -2]


def test_columns_without_a_size_have_scale_one():
    weight = np.zeros((4, 3), np.float32)
    weight[1, 1] = 1e-40  # a denormal
    weight[2, 2] = 3.0
    quantized = quantize_columns(weight)
    np.testing.assert_array_equal(quantized.scales[:2], 1)
    np.testing.assert_array_equal(quantized.values[:, :2], 0)
    assert quantized.values[2, 2] == 127


@pytest.mark.parametrize("depth", [1, SHALLOW_DEPTH - 1, SHALLOW_DEPTH])
@pytest.mark.parametrize("sigma", [1, 8])
def test_rows_of_tables_are_the_columns_of_the_transpose(rng, sigma, depth):
    spread = rng.lognormal(sigma=sigma, size=(300, 1))
    table = (rng.normal(size=(300, depth)) * spread).astype(np.float32)
    table[7] = 0
    rows, columns = quantize_table(table), quantize_columns(table.T)
    assert rows.scales.shape == (300, 1)
    np.testing.assert_array_equal(rows.scales[:, 0], columns.scales)
    np.testing.assert_array_equal(rows.values, columns.values.T)
    assert relative_error(table, rows) == pytest.approx(relative_error(table.T, columns))


@pytest.mark.parametrize("quantize", [quantize_rows, quantize_columns])
def test_large_weights_are_quantized_in_blocks_as_in_one(rng, quantize):
    weight = rng.normal(size=(2 * BLOCK_ELEMENTS // 1000 + 7, 1000)).astype(np.float32)
    quantized = quantize(weight)
    expected = np.rint(weight / quantized.scales)
    np.testing.assert_array_equal(quantized.values, expected)
    exact = weight - quantized.values * quantized.scales.astype(np.float64)
    error = np.linalg.norm(exact) / np.linalg.norm(weight.astype(np.float64))
    assert relative_error(weight, quantized) == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize("depth", [2, SHALLOW_DEPTH])
def test_the_largest_float_has_a_scale(depth):
    quantized = quantize_columns(np.full((depth, 1), np.finfo(np.float32).max))
    assert np.isfinite(quantized.scales).all()
    assert (quantized.values == 127).all()


@pytest.mark.parametrize(
    ("exponents", "error"),
    [((-6, 14), 2**-11), ((-60, 60), 2**-8)],
)
@pytest.mark.parametrize("depth", [1, 5, SHALLOW_DEPTH - 1])
def test_scales_of_shallow_columns_fit_in_16_bits(rng, depth, exponents, error):
    weight = rng.uniform(0.5, 1, (depth, 50)) * 2.0 ** rng.integers(*exponents, 50)
    weight[:, 0] = 0
    weight = (weight * rng.choice((-1, 1), weight.shape)).astype(np.float32)
    quantized = quantize_columns(weight)
    assert narrow_floats(quantized.scales).itemsize == 2
    exact = np.abs(weight).max(axis=0) / np.float32(127)
    assert np.abs(quantized.scales[1:] / exact[1:] - 1).max() <= error
    assert quantized.scales[0] == 1
    steps = weight.astype(np.float64) / quantized.scales
    assert np.abs(quantized.values - steps).max() <= 0.5 + 127 * 2**-23
    assert (np.abs(quantized.values[:, 1:]).max(axis=0) == 127).all()


def test_the_error_is_that_of_the_reconstruction(rng):
    weight = rng.normal(size=(64, 16)).astype(np.float32)
    quantized = quantize_columns(weight)
    difference = weight - quantized.values * quantized.scales
    expected = np.linalg.norm(difference) / np.linalg.norm(weight)
    assert relative_error(weight, quantized) == pytest.approx(expected)
    zeros = np.zeros((4, 4), np.float32)
    assert relative_error(zeros, quantize_columns(zeros)) == 0


def test_the_error_of_large_weights_is_finite(rng):
    weight = rng.normal(size=(128, 16)).astype(np.float32)
    errors = [
        relative_error(scaled, quantize_columns(scaled))
        for scaled in (weight, weight * np.float32(2.0**100))
    ]
    assert errors[1] == pytest.approx(errors[0])
    largest = np.full((SHALLOW_DEPTH, 1), np.finfo(np.float32).max)
    assert relative_error(largest, quantize_columns(largest)) < 1e-6


@pytest.mark.parametrize(
    ("depth", "columns", "precision"),
    [(64, 16, "int8"), (4, 1, "int8"), (3, 1, "float32"), (3, 64, "float32"), (5, 17, "int8")],
)
def test_int8_is_for_layers_that_it_halves(depth, columns, precision):
    (reason,) = choose_precision(linear_graph(depth, columns), CONFIG).values()
    assert reason == "" if precision == "int8" else "less than half is saved" in reason


def test_a_layer_that_is_too_deep_stays_in_float():
    (reason,) = choose_precision(linear_graph(MAX_DEPTH + 1, 16), CONFIG).values()
    assert "65537 is above the INT8 limit of 65536" in reason
    (reason,) = choose_precision(linear_graph(MAX_DEPTH, 16), CONFIG).values()
    assert reason == ""


def test_packed_bytes_are_those_of_the_packed_arrays():
    for depth, columns in [(1, 1), (63, 15), (64, 16), (65, 17), (200, 100)]:
        int8 = store_s8(np.ones((depth, columns), np.int8))
        scales = 4 * (columns if int8.ndim == 2 else columns + -columns % 16)
        assert packed_bytes(depth, columns, int8=True) == int8.nbytes + scales
        float32 = _core.pack_f32(np.ones((depth, columns), np.float32))
        assert packed_bytes(depth, columns, int8=False) == float32.nbytes


def test_the_user_may_keep_layers_in_float():
    graph = linear_graph(256, 64)
    config = ff.QuantizationConfig(keep_float=("layer",))
    (reason,) = choose_precision(graph, config).values()
    assert "keeps it in float32" in reason
    with pytest.raises(ValueError, match=r"names \['leyar'\], but the layers are \['layer'\]"):
        choose_precision(graph, ff.QuantizationConfig(keep_float=("leyar",)))


@pytest.mark.parametrize("keep_float", ["dense_0", 3, [1]])
def test_a_configuration_takes_names(keep_float):
    with pytest.raises(TypeError, match="keep_float"):
        ff.QuantizationConfig(keep_float=keep_float)


def test_the_records_say_what_became_of_each_layer(rng):
    from fourfold.importers import import_model

    network = random_network(rng, (64, 256, 100, 10))
    config = ff.QuantizationConfig(keep_float=["dense_1"])
    candidate = quantize_graph(import_model(network).graph, config)
    assert [layer.name for layer in candidate.layers] == ["dense_0", "dense_1", "dense_2"]
    assert [layer.precision for layer in candidate.layers] == ["int8", "float32", "int8"]
    assert [bool(layer.reason) for layer in candidate.layers] == [False, True, False]
    assert sum(layer.multiply_add_share for layer in candidate.layers) == pytest.approx(1)
    stored = sum(layer.quantized_bytes for layer in candidate.layers)
    assert stored == candidate.program.weight_bytes
    first, kept, last = candidate.layers
    assert first.original_bytes == 4 * (64 * 256 + 256)
    assert kept.weight_error == 0
    assert 0 < first.weight_error < 0.02
    assert 0 < last.weight_error < 0.02
    every = 64 * 256 + 256 * 100 + 100 * 10
    assert candidate.counts.int8_weight_share == pytest.approx(1 - 256 * 100 / every)
