"""What bad models get: they come back, with the reason. Odd ones that are fine are quantized."""

import numpy as np
import pytest

import fourfold as ff
from fourfold import _core
from fourfold.errors import describe_type
from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import TensorInfo
from fourfold.graph.program import ProgramSpec, Step
from networks import ANY_SPEED, ANYTHING, quantize, random_network, random_rows, reason_to_reject


@pytest.fixture
def x(rng):
    return random_rows(rng, 24)


@pytest.fixture
def network(rng):
    return random_network(rng, (64, 128, 10))


def break_after(network, answers, error):
    """Let a network answer so many times, then raise."""
    run, remaining = network._run, iter(range(answers))

    def answer(x):
        if next(remaining, None) is None:
            raise error
        return run(x)

    network._run = answer


def test_a_model_that_raises(network, x):
    break_after(network, 0, RuntimeError("out of order"))
    reason = reason_to_reject(network, x)
    assert reason == "The model failed on the test data: RuntimeError: out of order."


def test_a_model_that_raises_while_it_is_timed(network, x):
    break_after(network, 3, RuntimeError("out of order"))
    reason = reason_to_reject(network, x)
    assert reason == "A model failed while it was timed: RuntimeError: out of order."


def test_a_model_that_stops_the_program_may_do_so(network, x):
    break_after(network, 0, KeyboardInterrupt())
    before = ff.get_threads()
    with pytest.raises(KeyboardInterrupt):
        quantize(network, x, threads=3)
    assert ff.get_threads() == before


def test_a_model_that_is_faster_than_int8(rng):
    network = random_network(rng, (64, 512, 512))
    x = random_rows(rng, 64)
    answer = network(x)
    network._run = lambda _x: answer  # from memory: faster than any multiplication
    reason = reason_to_reject(network, x, gate=ff.Gate())
    assert "its lower end is below the minimum of 1x" in reason


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("part", ["weight", "bias"])
def test_parameters_that_are_not_finite(network, x, value, part):
    getattr(network.layers[1], part).flat[7] = value
    reason = reason_to_reject(network, x)
    assert reason.startswith("The model cannot be quantized")
    assert f"layer 'dense_1' has a parameter that is NaN or infinite: 'dense_1.{part}'" in reason


class Doubling(ff.Sequential):
    def __call__(self, x):
        return 2 * super().__call__(x)


class Clipped(ff.Dense):
    def __call__(self, x):
        return super().__call__(x).clip(-1, 1)


def test_a_subclass_whose_code_would_be_dropped(network, x):
    reason = reason_to_reject(Doubling(network.layers), x)
    assert reason.endswith(
        f"may answer differently: got a {describe_type(Doubling(network.layers))}."
    )
    layers = [network.layers[0], Clipped(network.layers[1].weight)]
    reason = reason_to_reject(ff.Sequential(layers), x)
    assert "layer 'dense_1' must be a fourfold.Dense, and no subclass" in reason
    assert reason.endswith(f"got a {describe_type(layers[1])}.")


@pytest.mark.parametrize("model", [None, 3, lambda x: x, np.eye(3)])
def test_what_is_no_model(model, x):
    assert "cannot quantize a" in reason_to_reject(model, x)


def test_what_is_quantized_already(network, x):
    drop_in = quantize(network, x).model
    assert "float32 Sequential" in reason_to_reject(drop_in, x)
    network = ff.Sequential(network.layers, test_data=x, gate=ANY_SPEED)
    assert "answers in INT8 already" in reason_to_reject(network, x)


def test_columns_of_zeros(rng, x, isa):
    weight = rng.normal(size=(64, 128)).astype(np.float32)
    weight[:, ::2] = 0
    result = quantize(ff.Sequential([ff.Dense(weight)]), x)
    assert result.accepted
    answer = result.model(x)
    np.testing.assert_array_equal(answer[:, ::2], 0)
    assert (answer[:, 1::2] != 0).any(axis=0).all()


def test_a_network_of_zeros(x):
    network = ff.Sequential([ff.Dense(np.zeros((64, 64)), np.ones(64))])
    result = quantize(network, x)
    assert result.accepted
    assert result.stats.accuracy_loss == 0
    np.testing.assert_array_equal(result.model(x), 1)


@pytest.mark.parametrize(("depth", "error"), [(71, 2**-11), (72, 2**-23)])
def test_constant_layers_are_exact_to_the_scale(rng, isa, depth, error):
    network = ff.Sequential([ff.Dense(np.full((depth, 32), 0.25), np.full(32, 2))])
    x = rng.standard_normal((24, depth), np.float32)
    result = quantize(network, x, gate=ANYTHING)
    assert result.layers[0].weight_error <= error
    assert (np.ptp(result.model(x), axis=1) == 0).all()


def test_denormal_weights_count_as_zero(rng, x, isa):
    weight = rng.normal(size=(64, 128)).astype(np.float32)
    weight[:, 5] = 1e-40
    result = quantize(ff.Sequential([ff.Dense(weight)]), x)
    assert result.accepted
    np.testing.assert_array_equal(result.model(x)[:, 5], 0)


def test_a_layer_deeper_than_int8_can_sum(rng):
    weight = rng.normal(size=(65600, 16)).astype(np.float32)
    result = quantize(ff.Sequential([ff.Dense(weight)]), random_rows(rng, 2, 65600))
    assert not result.accepted
    assert result.reasons[0].startswith("No weights run in INT8")
    assert "65600 is above the INT8 limit of 65536" in result.layers[0].reason
    assert result.reasons[-1] == f"Layer 'dense_0' stays in float32: {result.layers[0].reason}."


def test_the_engine_refuses_a_depth_above_the_limit():
    depth = 65536 + 64
    spec = ProgramSpec(
        inputs=(TensorInfo("x", "float32", (None, depth)),),
        constants=(
            _core.pack_s8(np.zeros((depth, 16), np.int8)),
            np.ones(16, np.float32),
            np.zeros(16, np.float32),
        ),
        steps=(Step("linear_s8", (0, 1, 2, 3), (4,), {"depth": depth, "columns": 16}),),
        outputs=(4,),
        output_names=("y",),
    )
    with pytest.raises(ValueError, match="65536"):
        CompiledProgram(spec)


@pytest.mark.parametrize(("dtype", "ratio"), [(np.float16, 2), (np.int8, 1)])
def test_the_ratio_is_taken_against_the_stored_type(rng, dtype, ratio):
    weight = (rng.normal(size=(1024, 256)) * 30).astype(dtype)
    network = ff.Sequential([ff.Dense(weight)])
    x = random_rows(rng, 8, 1024)
    result = quantize(network, x, gate=ff.Gate(min_compression=2, min_speedup=0))
    assert not result.accepted
    assert result.stats.original_size == weight.nbytes
    assert ratio * 0.98 < result.stats.compression_ratio < ratio
    assert "below the minimum of 2x" in result.reasons[0]
    assert quantize(network, x, gate=ff.Gate(5, 0, 0)).accepted


def test_nothing_to_quantize(x, network):
    config = ff.QuantizationConfig(keep_float=("dense_0", "dense_1"))
    result = quantize(network, x, gate=ANYTHING, config=config)
    assert not result.accepted
    assert result.stats.int8_weight_share == result.stats.int8_multiply_add_share == 0
    assert result.reasons == (
        "No weights run in INT8: there was nothing to quantize.",
        "Layer 'dense_0' stays in float32: the configuration keeps it in float32.",
        "Layer 'dense_1' stays in float32: the configuration keeps it in float32.",
    )


def test_of_many_layers_in_float_the_first_are_named(rng, x):
    network = random_network(rng, (64, *[3] * 7))
    result = quantize(network, x, config=ff.QuantizationConfig(keep_float=["dense_0"]))
    assert sum("stays in float32" in reason for reason in result.reasons) == 4
    assert "less than half is saved" in result.reasons[-2]
    assert result.reasons[-1] == "So do 3 more layers: see the result's layers."


def test_a_layer_of_one_neuron(rng, x):
    network = ff.Sequential([ff.Dense(rng.normal(size=(64, 1)))])
    result = quantize(network, x)
    assert result.accepted
    assert result.stats.compression_ratio == 4 * 64 / (64 + 2 + 2)
    within = random_network(rng, (64, 256, 1))
    result = quantize(within, x)
    assert result.accepted
    assert result.model(x).shape == (24, 1)
