"""What breaks other quantizers of ONNX models: each cause, on a model made for it.

A masked softmax and a spelled-out normalization, the fifth cause, are in ``test_attention``; LSTM
and GRU layers, of the seventh, in ``test_recurrent``.
"""

import numpy as np
import pytest

import fourfold as ff

pytest.importorskip("onnx", reason="needs onnx")
ort = pytest.importorskip("onnxruntime", reason="the baseline of ONNX models")

from onnx import TensorProto, helper  # noqa: E402  may be missing

from onnx_quantize.onnx_networks import FLOAT, INT64, Builder, embedded, mlp  # noqa: E402  needs onnx

BOOL = TensorProto.BOOL
ANY_SPEED = ff.Gate(min_speedup=0)


def quantized(model, feed, **options):
    result = ff.quantize_model(model, feed, gate=ANY_SPEED, **options)
    assert result.accepted, result.reasons
    return result


def precisions(result):
    return {layer.name: layer.precision for layer in result.layers}


@pytest.mark.parametrize("opset", [11, 12, 13, 17, 21])
def test_row_biases_hidden_weights_and_old_opsets(rng, opset):
    model = mlp(rng, (64, 128, 96, 16), opset)
    result = quantized(model, rng.normal(size=(30, 64)).astype(np.float32))
    assert list(precisions(result).values()) == ["int8"] * 3
    assert [step.op for step in result.model.program.spec.steps[:3]] == ["linear_s8"] * 3
    assert result.stats.compression_ratio > 3.5


def test_gemm_with_a_row_bias_and_transposed_weight(rng):
    made = Builder(rng)
    made.weight("w", 48, 64, scale=0.1)
    made.weight("b", 1, 48, scale=1.0)
    made.node("Gemm", "x", "w", "b", out="y", transB=1, beta=0.5)
    model = made.model([("x", FLOAT, ["N", 64])], [("y", FLOAT, ["N", 48])])
    result = quantized(model, rng.normal(size=(30, 64)).astype(np.float32))
    assert precisions(result) == {"y_Gemm": "int8"}


@pytest.mark.parametrize("op", ["LinearClassifier", "LinearRegressor"])
def test_linear_models_of_ai_onnx_ml_run_in_int8(rng, op):
    made = Builder(rng)
    settings = {
        "coefficients": rng.normal(size=32 * 256).tolist(),
        "intercepts": rng.normal(size=32).tolist(),
    }
    if op == "LinearClassifier":
        settings |= {"classlabels_ints": list(range(32)), "post_transform": "LOGISTIC"}
        outputs = [("label", INT64, ["N"]), ("y", FLOAT, ["N", 32])]
    else:
        settings |= {"targets": 32}
        outputs = [("y", FLOAT, ["N", 32])]
    names = [name for name, _, _ in outputs]
    made.node(op, "x", out=names, domain="ai.onnx.ml", **settings)
    model = made.model([("x", FLOAT, ["N", 256])], outputs)
    result = quantized(model, rng.normal(size=(50, 256)).astype(np.float32))
    assert list(precisions(result).values()) == ["int8"]
    assert result.stats.compression_ratio > 3.5


def test_weights_in_branches_are_not_passed_over_in_silence(rng):
    def branch(name):
        made = Builder(rng)
        made.node("MatMul", "x", made.weight(f"{name}_w", 64, 64), out=f"{name}_y")
        result = [helper.make_tensor_value_info(f"{name}_y", FLOAT, ["N", 64])]
        return helper.make_graph(made.nodes, name, [], result, made.initializers)

    made = Builder(rng)
    made.node("If", "chosen", out="y", then_branch=branch("one"), else_branch=branch("other"))
    inputs = [("x", FLOAT, ["N", 64]), ("chosen", BOOL, [])]
    model = made.model(inputs, [("y", FLOAT, ["N", 64])])
    x = rng.normal(size=(30, 64)).astype(np.float32)
    both = [{"x": x, "chosen": np.array(chosen)} for chosen in (True, False)]
    result = ff.quantize_model(model, both[:1], gate=ANY_SPEED)
    assert result.model is model
    assert [layer.precision for layer in result.layers] == ["int8", "float32"]
    assert "never choose" in result.layers[1].reason
    assert result.stats.original_size == 4 * 2 * 64 * 64
    result = ff.quantize_model(model, both, gate=ANY_SPEED)
    assert result.accepted and set(precisions(result).values()) == {"int8"}


def test_what_is_smaller_but_no_faster_is_handed_back(rng):
    model = mlp(rng)
    x = rng.normal(size=(30, 64)).astype(np.float32)
    result = ff.quantize_model(model, x, gate=ff.Gate(min_speedup=1e4))
    assert result.model is model
    assert result.stats.compression_ratio > 2
    assert result.stats.speedup > 0
    (reason,) = result.reasons
    assert reason.startswith("The speedup of ")


def test_an_outlier_costs_its_own_column_alone(rng):
    made = Builder(rng)
    weight = rng.normal(size=(128, 64)).astype(np.float32)
    weight[3, 7] = 5000
    made.constant("w", weight)
    made.node("MatMul", "x", "w", out="y")
    model = made.model([("x", FLOAT, ["N", 128])], [("y", FLOAT, ["N", 64])])
    x = rng.normal(size=(50, 128)).astype(np.float32)
    y = quantized(model, x).model.run(None, {"x": x})[0]
    expected = x.astype(np.float64) @ weight
    others = np.arange(64) != 7
    error = np.linalg.norm((y - expected)[:, others]) / np.linalg.norm(expected[:, others])
    assert error < 0.02


def test_an_outlier_costs_its_own_filter_alone(rng):
    made = Builder(rng)
    weight = (rng.normal(size=(64, 32, 3, 3)) / 17).astype(np.float32)
    weight[7, 3, 1, 1] = 1000
    made.node("Conv", "x", made.constant("w", weight), out="y", pads=[1, 1, 1, 1])
    size = ["N", 32, 12, 12]
    model = made.model([("x", FLOAT, size)], [("y", FLOAT, ["N", 64, 12, 12])])
    batches = [rng.normal(size=(2, 32, 12, 12)).astype(np.float32) for _ in range(10)]
    result = quantized(model, batches)
    assert precisions(result) == {"y_Conv": "int8"}
    y = result.model.run(None, {"x": batches[-1]})[0]
    expected = ff.InferenceSession(model).run(None, {"x": batches[-1]})[0]
    others = np.arange(64) != 7
    error = np.linalg.norm((y - expected)[:, others]) / np.linalg.norm(expected[:, others])
    assert error < 0.03


def test_a_range_that_8_bits_do_not_hold_keeps_its_layer_in_float(rng):
    """A power spectrum, channel 1 five thousand times as loud as the last; all count the same."""
    loudness = np.geomspace(5000, 1, 64).astype(np.float32)[:, None]
    made = Builder(rng)
    weight = (rng.normal(size=(96, 64, 3)) / loudness / 14).astype(np.float32)
    made.node("Conv", "x", made.constant("w", weight), out="h", pads=[1, 1])
    made.node("Relu", "h", out="r")
    second = (rng.normal(size=(32, 96, 1)) / 10).astype(np.float32)
    made.node("Conv", "r", made.constant("w2", second), out="y")
    model = made.model([("x", FLOAT, ["N", 64, "T"])], [("y", FLOAT, ["N", 32, "T"])])
    batches = [
        (np.abs(rng.normal(size=(2, 64, 50))) * loudness).astype(np.float32) for _ in range(12)
    ]
    result = ff.quantize_model(model, batches, gate=ff.Gate(min_speedup=0, min_compression=1))
    assert result.accepted, result.reasons
    assert result.stats.accuracy_loss < 3
    found = {layer.name: layer for layer in result.layers}
    assert found["h_Conv"].precision == "float32"
    assert "INT8 would change its output by" in found["h_Conv"].reason
    assert found["y_Conv"].precision == "int8"


def test_a_mask_of_infinities_is_no_parameter_that_is_infinite(rng):
    made = Builder(rng)
    made.constant("mask", np.where(np.tri(32, dtype=bool), 0, -np.inf).astype(np.float32))
    made.node("MatMul", "x", made.weight("w", 512, 32), out="scores")
    made.node("Add", "scores", "mask", out="masked")
    made.node("Softmax", "masked", out="y", axis=-1)
    model = made.model([("x", FLOAT, [32, 512])], [("y", FLOAT, [32, 32])])
    quantized(model, rng.normal(size=(32, 512)).astype(np.float32))


def test_an_embedding_is_stored_in_int8_and_shared_tables_once(rng):
    made = Builder(rng)
    made.weight("table", 3000, 64, scale=1.0)
    made.node("Gather", "table", "left", out="l")
    made.node("Gather", "table", "right", out="r")
    made.node("Mul", "l", "r", out="both")
    made.node("MatMul", "both", made.weight("w", 64, 32), out="y")
    model = made.model([("left", INT64, ["N"]), ("right", INT64, ["N"])], [("y", FLOAT, ["N", 32])])
    pair = rng.integers(0, 3000, 100), rng.integers(-3000, 0, 100)
    result = quantized(model, pair)
    assert precisions(result) == {"l_Gather": "int8", "r_Gather": "int8", "y_MatMul": "int8"}
    assert result.stats.original_size == 4 * (3000 * 64 + 64 * 32)
    assert result.stats.quantized_size == 3000 * (64 + 2) + 64 * 32 + 2 * 2 * 32
    assert result.stats.int8_weight_share == 1
    assert [layer.multiply_add_share for layer in result.layers] == [0, 0, 1]


def test_small_tables_and_chosen_layers_stay_in_float(rng):
    model = embedded(rng, rows=200)
    feed = {"ids": rng.integers(0, 200, (4, 6))}
    config = ff.QuantizationConfig(keep_float=("tokens_MatMul",))
    result = ff.quantize_model(
        model, feed, config=config, gate=ff.Gate(min_speedup=0, min_compression=1)
    )
    found = {layer.name: layer for layer in result.layers}
    assert found["words_Gather"].precision == found["tokens_MatMul"].precision == "float32"
    assert "saves too little" in found["words_Gather"].reason
    assert found["h_MatMul"].precision == "int8"


def test_a_weight_that_two_layers_share_is_stored_once(rng):
    made = Builder(rng)
    made.weight("w", 64, 64)
    made.node("MatMul", "x", "w", out="h")
    made.node("Tanh", "h", out="t")
    made.node("MatMul", "t", "w", out="y")
    model = made.model([("x", FLOAT, ["A", "B", 64])], [("y", FLOAT, ["A", "B", 64])])
    result = quantized(model, rng.normal(size=(3, 5, 64)).astype(np.float32))
    assert result.stats.original_size == 4 * 64 * 64
    assert result.stats.quantized_size == 64 * 64 + 2 * 2 * 64


def test_results_have_the_same_bits_everywhere(rng, isa, threads):
    model = embedded(np.random.default_rng(5))
    ids = np.random.default_rng(6).integers(0, 2000, (5, 11))
    session = quantized(model, ids).model
    tokens, pooled = session.run(None, {"ids": ids})
    alone = session.run(None, {"ids": ids[2:3]})
    np.testing.assert_array_equal(alone[0], tokens[2:3])
    before = ff.active_isa()
    ff.use_isa("scalar")
    try:
        for one, other in zip(session.run(None, {"ids": ids}), (tokens, pooled), strict=True):
            np.testing.assert_array_equal(one, other)
    finally:
        ff.use_isa(before)
