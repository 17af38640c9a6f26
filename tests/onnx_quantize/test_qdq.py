"""Models that come quantized, in QDQ form: on INT8 kernels, with their own scales."""

import numpy as np
import pytest

import fourfold as ff

onnx = pytest.importorskip("onnx", reason="needs onnx")
ort = pytest.importorskip("onnxruntime", reason="quantizes the models, and runs them")
pytest.importorskip("onnxruntime.quantization", reason="quantizes the models")

from onnx import numpy_helper, parser  # noqa: E402  needs onnx

from fourfold.importers.onnx import import_onnx  # noqa: E402
from fourfold.quantization.given import compile_given  # noqa: E402
from onnx_quantize import qdq_models  # noqa: E402

NETWORKS = {
    "mlp": (qdq_models.mlp, (37, 64)),
    "cnn": (qdq_models.cnn, (3, 3, 24, 30)),
    "block": (qdq_models.block, (2, 20, 64)),
}

FORMS = [(kind, each) for kind in ("QUInt8", "QInt8") for each in (True, False)]


def as_written(path, feed):
    """What onnxruntime gives node by node: its optimizer drops some of the roundings."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(path, options).run(None, feed)[0]


def output_step(path):
    """The scale by which the model's output is dequantized."""
    graph = onnx.load(path).graph
    (last,) = (node for node in graph.node if node.output[0] == graph.output[0].name)
    (scale,) = (tensor for tensor in graph.initializer if tensor.name == last.input[1])
    return numpy_helper.to_array(scale).item()


def steps_of(path):
    return [step.op for step in compile_given(import_onnx(path).graph).spec.steps]


@pytest.mark.parametrize(("activations", "per_channel"), FORMS)
@pytest.mark.parametrize("network", NETWORKS)
def test_within_a_step_of_onnxruntime(network, activations, per_channel, tmp_path):
    # Always the same draw: in one of fifty, a mean is just in the middle of two steps, and where
    # the two then round it to different sides, some of what follows is a step apart.
    rng = np.random.default_rng(1)
    make, shape = NETWORKS[network]
    form = {"activations": activations, "per_channel": per_channel}
    path = qdq_models.static_qdq(make(rng), rng, shape, tmp_path, **form)
    x = rng.normal(size=shape).astype(np.float32) * 1.2  # beyond what it was calibrated on, too
    (ours,) = ff.InferenceSession(path).run(None, {"x": x})
    steps = np.abs(ours - as_written(path, {"x": x})) / output_step(path)
    assert steps.max() < 1.01
    assert (steps > 0.01).mean() < 0.03


def test_every_layer_runs_in_int8(rng, tmp_path):
    for network, layers in (("mlp", 3), ("cnn", 7 + 1), ("block", 6)):
        make, shape = NETWORKS[network]
        steps = steps_of(qdq_models.static_qdq(make(rng), rng, shape, tmp_path))
        in_int8 = [op for op in steps if op in ("conv_s8", "depthwise_s8", "linear_s8")]
        assert len(in_int8) == layers
        assert not {"conv", "linear_f32", "dequantize_linear"}.intersection(steps)
    assert "quantize_linear" in steps  # of what a softmax gives, in float32


def test_images_stay_bytes(rng, tmp_path):
    steps = steps_of(qdq_models.static_qdq(qdq_models.cnn(rng), rng, (1, 3, 24, 30), tmp_path))
    assert steps.count("quantize_linear") == 1  # of x
    assert steps.count("dequantize_s8") == 1  # of y
    assert steps.count("transpose") == 1


@pytest.mark.parametrize("pads", ["pads = [2, 1, 0, 1]", 'auto_pad = "SAME_LOWER"'])
def test_borders_are_the_zero_point(pads, rng):
    model = parser.parse_model(f"""
        <ir_version: 8, opset_import: ["" : 17]>
        agraph (float[N, 32, H, W] x) => (float[N, 40, A, B] y)
        <float s = {{0.05}}, uint8 z = {{7}}, float t = {{0.2}}, uint8 u = {{130}},
         float ws = {{0.01}}> {{
          q = QuantizeLinear(x, s, z)
          d = DequantizeLinear(q, s, z)
          f = DequantizeLinear(w, ws)
          c = Conv<{pads}>(d, f)
          p = QuantizeLinear(c, t, u)
          y = DequantizeLinear(p, t, u)
        }}""")
    weight = rng.integers(-127, 128, (40, 32, 3, 3)).astype(np.int8)
    model.graph.initializer.append(numpy_helper.from_array(weight, "w"))
    assert "conv_s8" in steps_of(model)
    x = rng.normal(size=(2, 32, 7, 9)).astype(np.float32)
    (ours,) = ff.InferenceSession(model).run(None, {"x": x})
    expected = as_written(model.SerializeToString(), {"x": x})
    np.testing.assert_allclose(ours, expected, atol=0.201)
    assert (ours != expected).mean() < 0.01


def test_quantized_values_that_others_read_stay_as_they_are(rng):
    model = parser.parse_model("""
        <ir_version: 8, opset_import: ["" : 17]>
        agraph (float[N, 4] x) => (uint8[N, 4] q, float[N, 4] y)
        <float s = {0.05}, uint8 z = {7}> {
          q = QuantizeLinear(x, s, z)
          d = DequantizeLinear(q, s, z)
          y = Relu(d)
        }""")
    x = rng.normal(size=(5, 4)).astype(np.float32)
    ours = ff.InferenceSession(model).run(None, {"x": x})
    theirs = ort.InferenceSession(model.SerializeToString()).run(None, {"x": x})
    for own, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(own, other)


def test_steps_by_constants_go_into_int8_weights(rng):
    model = parser.parse_model("""
        <ir_version: 8, opset_import: ["" : 17]>
        agraph (float[N, 64] x) => (float[N, 96] y)
        <float s = {0.04}, int8 z = {0}, float t = {0.2}, float ws = {0.01}> {
          q = QuantizeLinear(x, s, z)
          d = DequantizeLinear(q, s, z)
          f = DequantizeLinear(w, ws)
          m = MatMul(d, f)
          n = Mul(m, factors)
          o = Add(n, shifts)
          p = QuantizeLinear(o, t, z)
          y = DequantizeLinear(p, t, z)
        }""")
    arrays = {
        "w": rng.integers(-127, 128, (64, 96)).astype(np.int8),
        "factors": rng.normal(size=96).astype(np.float32),
        "shifts": rng.normal(size=96).astype(np.float32),
    }
    model.graph.initializer.extend(numpy_helper.from_array(*pair[::-1]) for pair in arrays.items())
    assert steps_of(model) == ["quantize_linear", "linear_s8", "dequantize_s8"]
    x = rng.normal(size=(9, 64)).astype(np.float32)
    (ours,) = ff.InferenceSession(model).run(None, {"x": x})
    expected = as_written(model.SerializeToString(), {"x": x})
    np.testing.assert_allclose(ours, expected, atol=0.201)
    assert (ours != expected).mean() < 0.01
