"""Quantized convolutions written out: their activations in int8 as well, for others and for us."""

import numpy as np
import pytest

import fourfold as ff

onnx = pytest.importorskip("onnx", reason="needs onnx")
ort = pytest.importorskip("onnxruntime", reason="runs what is written")
pytest.importorskip("onnxruntime.quantization", reason="makes the models")

from onnx import numpy_helper  # noqa: E402  needs onnx

from fourfold.importers.onnx import import_onnx  # noqa: E402
from fourfold.quantization.given import compile_given  # noqa: E402
from onnx_quantize import qdq_models  # noqa: E402

ANY = ff.Gate(min_speedup=0, min_compression=0, max_accuracy_loss=100)

# Two networks of as many steps, of which theirs lacks what makes ours exacter: by the draw.
APART = 0.1


def relative(actual, expected):
    return np.linalg.norm(actual - expected) / np.linalg.norm(expected)


@pytest.fixture
def exported(rng, tmp_path):
    """The result, the written model's path, and data like that of the calibration."""
    x = rng.normal(size=(40, 3, 24, 30)).astype(np.float32)
    result = ff.quantize_model(qdq_models.cnn(rng), x, calibration_data=x, gate=ANY)
    assert result.accepted, result.reasons
    path = tmp_path / "int8.onnx"
    assert result.to_onnx(path) == ()
    return result, path, x[:8]


def test_activations_are_uint8(exported):
    _, path, _ = exported
    onnx.checker.check_model(path, full_check=True)
    graph = onnx.load(path).graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    quantized = [node for node in graph.node if node.op_type == "QuantizeLinear"]
    for node in quantized:
        assert arrays[node.input[1]].shape == ()
        assert arrays[node.input[2]].dtype == np.uint8
        assert arrays[node.input[2]].shape == ()
    rounded = {node.output[0] for node in graph.node if node.op_type == "DequantizeLinear"}
    for node in graph.node:
        if node.op_type == "Conv":
            assert set(node.input) <= rounded  # the image, the weight and the bias


def test_others_compute_nearly_the_same(exported):
    result, path, x = exported
    (ours,) = result.model.run(None, {"x": x})
    (theirs,) = ort.InferenceSession(path).run(None, {"x": x})
    assert relative(theirs, ours) < APART


def test_read_again_it_is_as_much_in_int8(exported):
    result, path, x = exported
    steps = [step.op for step in compile_given(import_onnx(path).graph).spec.steps]
    convolutions = steps.count("conv_s8") + steps.count("depthwise_s8")
    assert convolutions == sum(layer.precision == "int8" for layer in result.layers) - 1
    assert "conv" not in steps
    (again,) = ff.InferenceSession(path).run(None, {"x": x})
    (theirs,) = ort.InferenceSession(path).run(None, {"x": x})
    assert relative(again, theirs) < 0.02
    (ours,) = result.model.run(None, {"x": x})
    assert relative(again, ours) < APART
