"""Biases of shallow layers in INT8, as float16 holds them."""

from itertools import pairwise

import numpy as np
import pytest

import fourfold as ff
from fourfold.graph.passes.stored import SHALLOW_DEPTH
from fourfold.importers import import_model
from fourfold.quantization.biases import LARGEST_ERROR
from fourfold.quantization.build import prepare, quantize_graph, start

CONFIG = ff.QuantizationConfig()


def network(rng, bias, *depths):
    """Layers of these depths and of as many columns as there are biases."""
    sizes = [*depths, len(bias)]
    layers = [
        ff.Dense(rng.normal(size=(depth, columns)), np.resize(bias, columns))
        for depth, columns in pairwise(sizes)
    ]
    return ff.Sequential(layers)


def biases(model, config=CONFIG):
    """The biases of what is lowered."""
    graph = prepare(start(import_model(model).graph, config), config).graph
    return [graph.constants[node.inputs[2]] for node in graph.nodes if node.op == "linear"]


@pytest.mark.parametrize("largest", [2.0**-14, 1.0, 65504.0])
def test_they_are_rounded_to_nearest(rng, largest):
    bias = (largest * rng.uniform(-1, 1, 33)).astype(np.float32)
    bias[0] = largest
    (found,) = biases(network(rng, bias, SHALLOW_DEPTH - 1))
    np.testing.assert_array_equal(found, bias.astype(np.float16))
    assert np.abs(found - bias).max() <= LARGEST_ERROR * largest
    assert not np.array_equal(found, bias)


@pytest.mark.parametrize("largest", [1e-6, 65520.0, 3e38])
def test_they_stay_where_float16_has_no_such_values(rng, largest):
    bias = (largest * rng.uniform(0.5, 1, 33)).astype(np.float32)
    bias[0] = largest
    (found,) = biases(network(rng, bias, 8))
    np.testing.assert_array_equal(found, bias)


def test_deep_layers_and_those_in_float_keep_theirs(rng):
    model = network(rng, rng.normal(size=20).astype(np.float32), SHALLOW_DEPTH, 20)
    deep, kept = biases(model, ff.QuantizationConfig(keep_float=("dense_1",)))
    np.testing.assert_array_equal(deep, model.layers[0].bias)
    np.testing.assert_array_equal(kept, model.layers[1].bias)


@pytest.mark.parametrize("largest", [0.0, 1e-6, 1.0])
def test_records_count_what_is_stored(rng, largest):
    bias = (largest * rng.normal(size=40)).astype(np.float32)
    candidate = quantize_graph(import_model(network(rng, bias, 30)).graph, CONFIG)
    (record,) = candidate.layers
    each = 4 if largest == 1e-6 else 2
    assert record.quantized_bytes == candidate.program.weight_bytes == 40 * (30 + 2 + each)
