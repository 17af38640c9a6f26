"""LSTM and GRU of ONNX models in INT8."""

import numpy as np
import pytest

import fourfold as ff

pytest.importorskip("onnx", reason="needs onnx")
ort = pytest.importorskip("onnxruntime", reason="the baseline of ONNX models")

from onnx_quantize.onnx_networks import FLOAT, Builder  # noqa: E402  needs onnx
from onnx_quantize.recurrent_models import (  # noqa: E402  needs onnx
    DEPTH,
    GATES,
    HIDDEN,
    recurrent_model,
)

ANY_SPEED = ff.Gate(min_speedup=0)
ANY = ff.Gate(min_speedup=0, min_compression=0.5, max_accuracy_loss=100)
OPS = {"LSTM": ("h", "c"), "GRU": ("h",)}


def quantized(model, gate=ANY_SPEED, **options):
    result = ff.quantize_model(model.proto, [model.feed], gate=gate, **options)
    assert result.accepted, result.reasons
    return result


def results(session, feed):
    return session.run(None, feed)


def check_bits(result, feed):
    """Check that every ISA and thread count gives the bits of the scalar kernels on one thread."""
    before = ff.active_isa(), ff.get_threads()
    ff.use_isa("scalar")
    ff.set_threads(1)
    expected = results(result.model, feed)
    try:
        for isa in ff.supported_isas():
            ff.use_isa(isa)
            for threads in (1, 2, 3):
                ff.set_threads(threads)
                for one, other in zip(results(result.model, feed), expected, strict=True):
                    np.testing.assert_array_equal(one, other)
    finally:
        ff.use_isa(before[0])
        ff.set_threads(before[1])


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("states", [False, True])
@pytest.mark.parametrize("lengths", [False, True])
def test_every_direction_state_and_length(rng, op, direction, states, lengths, tmp_path):
    given = (*(OPS[op] if states else ()), *(("lengths",) if lengths else ()))
    model = recurrent_model(rng, op, direction, given=given)
    result = quantized(model)
    assert [layer.precision for layer in result.layers] == ["int8"]
    check_bits(result, model.feed)
    result.save(tmp_path / "model.ff")
    expected = results(result.model, model.feed)
    for one, other in zip(
        results(ff.load(tmp_path / "model.ff"), model.feed), expected, strict=True
    ):
        np.testing.assert_array_equal(one, other)
    baseline = ort.InferenceSession(model.proto.SerializeToString())
    for one, other in zip(results(baseline, model.feed), expected, strict=True):
        assert np.linalg.norm(one - other) < 0.05 * np.linalg.norm(one)


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("flag", [0, 1])
@pytest.mark.parametrize("bias", [False, True])
def test_coupled_gates_reset_products_and_clip(rng, op, flag, bias):
    flags = {"LSTM": "input_forget", "GRU": "linear_before_reset"}
    model = recurrent_model(rng, op, bias=bias, clip=0.9, **{flags[op]: flag})
    quantized(model)  # within 5 % of onnxruntime


def test_sizes_and_records(rng):
    for op, gates in GATES.items():
        result = quantized(recurrent_model(rng, op, "bidirectional"))
        (layer,) = result.layers
        columns = 2 * gates * HIDDEN
        assert layer.original_bytes == 4 * columns * (DEPTH + HIDDEN + 2)
        # A scale per column for each matrix, of the shallower one in 16 bits, and a bias.
        assert layer.quantized_bytes == columns * (DEPTH + HIDDEN + 2 + 2 * 4)
        assert result.stats.quantized_size == layer.quantized_bytes
        assert result.stats.original_size == layer.original_bytes
        assert result.stats.int8_weight_share == result.stats.int8_multiply_add_share == 1
        assert layer.multiply_add_share == 1
        assert 0 < layer.weight_error < 0.02


def test_a_bias_of_its_own_for_the_product_that_is_reset(rng):
    (layer,) = quantized(recurrent_model(rng, "GRU", linear_before_reset=1)).layers
    assert layer.quantized_bytes == 3 * HIDDEN * (DEPTH + HIDDEN + 2 + 2 * 4) + 4 * HIDDEN


def test_a_column_has_its_own_scale(rng):
    model = recurrent_model(rng, "LSTM")
    (w,) = (item for item in model.proto.graph.initializer if item.name == "W")
    values = np.frombuffer(w.raw_data, np.float32).reshape(4 * HIDDEN, DEPTH).copy()
    values[7, 3] = 500
    w.raw_data = values.tobytes()
    quantized(model)


def test_weights_that_two_layers_share_are_stored_once(rng):
    made = Builder(rng)
    names = [made.weight(name, 1, 4 * 64, 64, scale=0.1) for name in ("W", "R")]
    names.append(made.weight("B", 1, 8 * 64, scale=0.1))
    made.node("LSTM", "x", *names, out=("first", "h"), hidden_size=64)
    made.node("Squeeze", "first", made.constant("axis", np.array([1])), out="again")
    made.node("LSTM", "again", *names, out=("y", "y_h"), hidden_size=64)
    model = made.model([("x", FLOAT, [4, 3, 64])], [("y", FLOAT, [4, 1, 3, 64])])
    x = rng.normal(size=(4, 3, 64)).astype(np.float32)
    result = ff.quantize_model(model, [{"x": x}], gate=ff.Gate(min_speedup=0, max_accuracy_loss=20))
    assert result.accepted, result.reasons
    assert [layer.precision for layer in result.layers] == ["int8", "int8"]
    weights = 2 * 4 * 64 * 64 + (2 * 2 + 4) * 4 * 64
    assert result.stats.quantized_size == weights + 1  # and the axis
    assert result.stats.int8_weight_share == 1


@pytest.mark.parametrize("name", ["W", "R", "B"])
def test_what_is_computed_on_the_way_stays_in_float(rng, name):
    constant = {"W", "R", "B"} - {name}
    model = recurrent_model(rng, "GRU", constant=constant)
    result = ff.quantize_model(model.proto, [model.feed], gate=ANY)
    assert result.layers == ()
    assert "No weights run in INT8" in result.reasons[0]


@pytest.mark.parametrize(("op", "bias"), [("LSTM", True), ("GRU", False)])
def test_a_small_layer_stays_in_float(rng, op, bias):
    model = recurrent_model(rng, op, size=(1, 5), bias=bias)
    result = ff.quantize_model(model.proto, [model.feed], gate=ANY)
    (layer,) = result.layers
    assert layer.precision == "float32"
    assert "less than half is saved" in layer.reason
    assert layer.quantized_bytes == layer.original_bytes
    assert not result.accepted


def test_what_the_configuration_keeps(rng):
    model = recurrent_model(rng, "LSTM")
    config = ff.QuantizationConfig(keep_float=("y_LSTM",))
    result = ff.quantize_model(model.proto, [model.feed], gate=ANY, config=config)
    assert [layer.reason for layer in result.layers] == ["the configuration keeps it in float32"]


def test_weights_that_are_not_finite(rng):
    model = recurrent_model(rng, "GRU")
    (r,) = (item for item in model.proto.graph.initializer if item.name == "R")
    r.raw_data = np.float32(np.inf).tobytes() + r.raw_data[4:]
    result = ff.quantize_model(model.proto, [model.feed], gate=ANY)
    assert [layer.reason for layer in result.layers] == ["its weights hold NaN or infinity"]
