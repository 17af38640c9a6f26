"""Layers that lose too much accuracy with 8 bits get more, and only those."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fourfold as ff
from fourfold.importers import import_model
from fourfold.quantization.build import start
from fourfold.quantization.config import DEFAULT_CONFIG
from fourfold.quantization.effects import MOST_GROUPS, Effect, measure_effects
from fourfold.quantization.promotion import COSTS, choose_widths
from networks import quantize, random_network, random_rows

ONLY_INT8 = ff.QuantizationConfig(precision="int8")


def network_with(rng, kind):
    """Three layers; the second's input, or its weight, does not fit into 8 bits."""
    layers = list(random_network(rng, (64, 96, 96, 32), activation="identity").layers)
    first, second = (np.array(layer.weight) for layer in layers[:2])
    # One column is a thousand times the others: as an activation, or undone as a weight.
    if kind == "activations":
        first[:, 7] *= 1000
        second[7] = 0
    else:
        first[:, 7] /= 1000
        second[7] *= 1000
    layers[0] = ff.Dense(first, layers[0].bias)
    layers[1] = ff.Dense(second, layers[1].bias)
    return ff.Sequential(layers)


def bits(result):
    return [layer.activation_bits for layer in result.layers]


@pytest.mark.parametrize(
    ("kind", "expected", "precision"), [("activations", 16, "int8"), ("weights", 32, "float32")]
)
def test_a_layer_that_loses_too_much_is_raised(rng, kind, expected, precision):
    network, x = network_with(rng, kind), random_rows(rng, 200)
    plain = quantize(network, x, config=ONLY_INT8)
    assert bits(plain) == [8, 8, 8]
    assert not plain.accepted
    assert "accuracy" in plain.reasons[0]
    gate = ff.Gate(min_speedup=0, min_compression=1.5)
    result = quantize(network, x, gate=gate)
    assert result.accepted, result.reasons
    assert bits(result) == [8, expected, 8]
    raised = result.layers[1]
    assert raised.precision == precision
    assert raised.reason == ("" if expected == 16 else "INT8 would lose too much accuracy")
    assert result.stats.accuracy_loss < 5
    widths = [step.attributes.get("activation_bits") for step in result.model.program.spec.steps]
    assert widths == [None, 16 if expected == 16 else None, None]


def test_raised_layers_are_stored_like_others(rng, tmp_path):
    network, x = network_with(rng, "activations"), random_rows(rng, 200)
    result = quantize(network, x)
    assert (
        result.stats.quantized_size == quantize(network, x, config=ONLY_INT8).stats.quantized_size
    )
    assert result.stats.int8_weight_share == result.stats.int8_multiply_add_share == 1
    result.save(tmp_path / "model.ff")
    np.testing.assert_array_equal(ff.load(tmp_path / "model.ff")(x), result.model(x))


def test_what_is_near_enough_stays_at_8_bits(rng):
    result = quantize(random_network(rng, (64, 256, 48)), random_rows(rng, 100))
    assert result.accepted
    assert bits(result) == [8, 8]


def test_a_model_that_would_not_be_small_any_more_keeps_its_8_bits(rng):
    network, x = network_with(rng, "weights"), random_rows(rng, 200)
    plain = quantize(network, x, config=ONLY_INT8)
    result = quantize(network, x, gate=ff.Gate(min_speedup=0, min_compression=3))
    assert result.reasons == plain.reasons
    assert result.layers == plain.layers
    assert result.stats.quantized_size == plain.stats.quantized_size
    assert result.stats.accuracy_loss == plain.stats.accuracy_loss


def test_the_choice_is_the_same_on_every_isa(rng, isa, threads):
    network = network_with(np.random.default_rng(3), "activations")
    x = random_rows(np.random.default_rng(4), 100)
    result = quantize(network, x, threads=threads)
    assert bits(result) == [8, 16, 8]
    expected = result.model(x)
    ff.use_isa("scalar")
    np.testing.assert_array_equal(result.model(x), expected)


def test_the_calibration_data_are_measured_where_there_are_any(rng):
    without_biases = [ff.Dense(layer.weight) for layer in network_with(rng, "activations").layers]
    network, x = ff.Sequential(without_biases), random_rows(rng, 100)
    assert bits(quantize(network, x, calibration_data=x[50:])) == [8, 16, 8]
    zeros = np.zeros((9, 64), np.float32)  # of which nothing is lost with 8 bits
    assert bits(quantize(network, x, calibration_data=zeros)) == [8, 8, 8]


def test_with_labels_the_metric_decides(rng):
    network, x = network_with(rng, "activations"), random_rows(rng, 300)
    labels = network(x).argmax(axis=1)
    assert not quantize(network, x, labels, config=ONLY_INT8).accepted
    assert quantize(network, x, labels).accepted


def effect(name, multiply_adds, **errors):
    return Effect((name,), multiply_adds, {int(key[1:]): value for key, value in errors.items()})


EFFECTS = st.lists(
    st.tuples(st.integers(1, 1000), st.integers(0, 1000), st.floats(0, 1), st.booleans()),
    min_size=1,
    max_size=8,
)


@given(drawn=EFFECTS, shrink=st.floats(0.01, 0.99))
def test_the_sum_comes_below_the_limit_and_no_step_is_idle(drawn, shrink):
    effects = []
    for number, (size, error, share, wide) in enumerate(drawn):
        widths = {8: error, 16: share * error} if wide else {8: error}
        effects.append(Effect((str(number),), size, widths))
    raised = choose_widths(effects, shrink)
    total = sum(item.errors[8] for item in effects)
    left = sum(
        {**item.errors, 32: 0.0}[raised.get(str(number), 8)] for number, item in enumerate(effects)
    )
    assert left <= shrink**2 * total or total == 0
    if total == 0:
        assert raised == {}
    assert all(effects[int(name)].errors[8] > 0 for name in raised)


def test_the_cheaper_of_two_equal_layers_comes_first():
    effects = [effect("large", 900, b8=4.0, b16=0.0), effect("small", 100, b8=4.0, b16=0.0)]
    assert choose_widths(effects, 0.9) == {"small": 16}
    assert choose_widths(effects, 0.01) == {"small": 16, "large": 16}


def test_float_where_16_bits_do_not_help():
    assert choose_widths([effect("a", 10, b8=4.0, b16=3.9)], 0.5) == {"a": 32}
    assert choose_widths([effect("a", 10, b8=4.0)], 0.5) == {"a": 32}
    assert choose_widths([effect("a", 10, b8=0.0)], 0.5) == {}
    assert choose_widths([effect("a", 10, b8=4.0)], 0.0) == {}
    assert choose_widths([], 0.5) == {}
    assert sorted(COSTS) == [8, 16, 32]


def test_a_deep_model_is_measured_in_groups_of_neighbours(rng):
    network = random_network(rng, (64,) * (MOST_GROUPS + 6), activation="tanh")
    x, runs = random_rows(rng, 2), itertools.count()

    def run(program):
        next(runs)
        return [program(x)]

    basis = start(import_model(network).graph, DEFAULT_CONFIG)
    effects = measure_effects(basis, DEFAULT_CONFIG, run)
    assert len(effects) == MOST_GROUPS
    assert sum(len(item.layers) for item in effects) == MOST_GROUPS + 5
    assert next(runs) == 1 + 2 * MOST_GROUPS
    narrow, wide = (sum(item.errors[bits] for item in effects) for bits in (8, 16))
    # Which is larger depends on the draw: of so many layers, later ones forget earlier errors.
    assert min(narrow, wide) > 0


@pytest.mark.parametrize(
    ("given_value", "error", "message"),
    [
        ("fp16", ValueError, r"precision must be one of \('auto', 'int8'\), got 'fp16'"),
        (8, TypeError, "precision must be a string"),
    ],
)
def test_what_the_configuration_refuses(given_value, error, message):
    with pytest.raises(error, match=message):
        ff.QuantizationConfig(precision=given_value)
