"""Quantizing models that the engine alone cannot run: each of its parts on its own."""

import numpy as np
import pytest

import fourfold as ff

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

import onnxruntime
from onnx import numpy_helper

from onnx_models import model
from partition.part_models import ANY_SPEED, images, products, quantized_products


def test_products_before_and_behind_a_branch(rng):
    proto, x, result = quantized_products(rng)
    assert [(layer.name, layer.precision) for layer in result.layers] == [
        ("h", "int8"),
        ("e", "float32"),
        ("y", "int8"),
    ]
    assert "never choose its branch" in result.layers[1].reason
    assert [part.runs_in for part in result.model.parts] == ["fourfold"] * 3
    theirs = onnxruntime.InferenceSession(proto.SerializeToString()).run(None, {"x": x})[0]
    ours = result.model.run(None, {"x": x})[0]
    assert 0 < np.linalg.norm(ours - theirs) < 0.05 * np.linalg.norm(theirs)


def test_weights_of_branches_count(rng):
    stats = quantized_products(rng)[2].stats
    assert stats.original_size == 4 * (64 * 256 + 256 * 10 + 256 * 256)
    assert stats.quantized_size > 4 * 256 * 256 + 64 * 256 + 256 * 10
    assert stats.int8_weight_share == pytest.approx(18944 / 84480, rel=1e-3)
    assert sum(layer.multiply_add_share for layer in quantized_products(rng)[2].layers) == 1


def test_convolutions_are_calibrated_on_what_they_read(rng):
    proto = images(rng)
    batches = [
        {"x": rng.normal(size=(2, 16, 12, 12)).astype(np.float32), "c": np.array(number % 2 == 0)}
        for number in range(10)
    ]
    result = ff.quantize_model(proto, batches, gate=ANY_SPEED)
    assert result.accepted, result.reasons
    assert [layer.precision for layer in result.layers] == ["int8"] * 3
    assert all(layer.output_error < 0.05 for layer in result.layers[:2])
    # What the second one reads is positive in half of the batches, negative in the others.
    session = onnxruntime.InferenceSession(proto.SerializeToString())
    for batch in batches[:2]:
        theirs, ours = (side.run(None, batch)[0] for side in (session, result.model))
        assert np.linalg.norm(ours - theirs) < 0.05 * np.linalg.norm(theirs)


def test_layers_of_every_part_can_be_kept(rng):
    config = ff.QuantizationConfig(keep_float=("y",))
    layers = quantized_products(rng, config=config)[2].layers
    assert [layer.precision for layer in layers] == ["int8", "float32", "float32"]
    config = ff.QuantizationConfig(keep_float=("nobody",))
    result = ff.quantize_model(products(rng), np.ones((8, 64), np.float32), config=config)
    assert not result.accepted and "nobody" in result.reasons[0] and "'h'" in result.reasons[0]


def test_layers_of_every_part_can_be_raised(rng):
    proto, x = products(rng), rng.normal(size=(128, 64)).astype(np.float32)
    plain = ff.quantize_model(proto, x, gate=ff.Gate(100, 1, 0))
    limit = 0.6 * plain.stats.accuracy_loss
    raised = ff.quantize_model(proto, x, gate=ff.Gate(limit, 1, 0))
    assert raised.accepted and raised.stats.accuracy_loss <= limit, raised.reasons
    assert max(layer.activation_bits for layer in raised.layers) > 8


def test_branches_that_the_data_take_run_in_int8(rng):
    proto = products(rng)
    x = rng.normal(size=(128, 64)).astype(np.float32)
    # The sum of what is left by Relu is 0 for rows of zeros: the other branch.
    batches = [x, np.zeros_like(x)]
    result = ff.quantize_model(proto, batches, gate=ANY_SPEED)
    assert result.accepted, result.reasons
    assert [layer.precision for layer in result.layers] == ["int8"] * 3
    assert result.stats.compression_ratio > 3.5


def test_a_qdq_model_of_what_has_parts(rng, tmp_path):
    _, x, result = quantized_products(rng)
    assert result.to_onnx(tmp_path / "model.onnx") == ()
    theirs = onnxruntime.InferenceSession(tmp_path / "model.onnx").run(None, {"x": x})[0]
    ours = result.model.run(None, {"x": x})[0]
    assert np.linalg.norm(ours - theirs) < 0.05 * np.linalg.norm(theirs)


def test_inputs_that_are_no_numbers_are_not_quantized(rng):
    proto = model(
        "(string[N] words, float[N, 64] x) => (string[N] same, float[N, 9] y) {"
        "same = StringConcat (words, words)  y = MatMul (x, w) }",
        opset=20,
    )
    weight = rng.normal(size=(64, 9)).astype(np.float32)
    proto.graph.initializer.append(numpy_helper.from_array(weight, "w"))
    feed = {"words": np.array(["a"]), "x": np.ones((1, 64), np.float32)}
    result = ff.quantize_model(proto, feed)
    assert result.model is proto and "'words'" in result.reasons[0]
