"""Models that come quantized, of QLinear ops: on INT8 kernels, as those in QDQ form are."""

import numpy as np
import pytest

import fourfold as ff

onnx = pytest.importorskip("onnx", reason="needs onnx")
ort = pytest.importorskip("onnxruntime", reason="quantizes the models, and runs them")
pytest.importorskip("onnxruntime.quantization", reason="quantizes the models")

from onnx import parser  # noqa: E402  needs onnx

from fourfold.importers.onnx import find_unsupported, import_onnx  # noqa: E402
from fourfold.quantization.given import compile_given  # noqa: E402
from onnx_quantize import qdq_models  # noqa: E402

NETWORKS = {
    "mlp": (qdq_models.mlp, (37, 64), {"linear_s8"}),
    "cnn": (qdq_models.cnn, (3, 3, 24, 30), {"conv_s8", "depthwise_s8", "linear_s8"}),
    "block": (qdq_models.block, (2, 20, 64), {"linear_s8"}),
}

X, Y = "uint8 xz = {120}, float xs = {0.0517}", "uint8 yz = {110}, float ys = {0.04}"

# Ops of onnxruntime's own: their calls, the attributes among them.
CONTRIBUTED = {
    "add": "QLinearAdd(p, xs, xz, q, ys, yz, ys, yz)",
    "mul": "QLinearMul(p, xs, xz, q, ys, yz, ys, yz)",
    "sigmoid": "QLinearSigmoid(p, xs, xz, ys, yz)",
    "leaky relu": "QLinearLeakyRelu<alpha = 0.2>(p, xs, xz, ys, yz)",
    "global mean": "QLinearGlobalAveragePool<channels_last = 0>(p, xs, xz, ys, yz)",
    "mean": "QLinearAveragePool<kernel_shape = [2, 2], pads = [1, 0, 0, 1]>(p, xs, xz, ys, yz)",
    "softmax": "QLinearSoftmax<axis = 1, opset = 13>(p, xs, xz, ys, yz)",
    "softmax of the rest": "QLinearSoftmax<axis = 1, opset = 11>(p, xs, xz, ys, yz)",
    "concat": "QLinearConcat<axis = 2>(ys, yz, p, xs, xz, q, ys, yz)",
}


def as_written(model, feed):
    """What onnxruntime gives node by node."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(model, options).run(None, feed)[0]


def contributed(call):
    return parser.parse_model(f"""
        <ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
        agraph (float[2, 6, 7, 7] x, float[2, 6, 7, 7] z) => (float[A, B, C, D] y)
        <{X}, {Y}> {{
          p = QuantizeLinear(x, xs, xz)
          q = QuantizeLinear(z, ys, yz)
          r = com.microsoft.{call}
          y = DequantizeLinear(r, ys, yz)
        }}""")


@pytest.mark.parametrize("activations", ["QUInt8", "QInt8"])
@pytest.mark.parametrize("network", NETWORKS)
def test_within_a_step_of_onnxruntime(network, activations, tmp_path):
    rng = np.random.default_rng(1)  # always the same draw: as in test_qdq
    make, shape, kernels = NETWORKS[network]
    form = {"activations": activations, "form": "QOperator"}
    path = qdq_models.static_qdq(make(rng), rng, shape, tmp_path, **form)
    program = compile_given(import_onnx(path).graph)
    ops = {step.op for step in program.spec.steps}
    assert kernels <= ops
    assert not {"qlinear_conv", "qlinear_matmul", "conv", "linear_f32"} & ops
    x = rng.normal(size=shape).astype(np.float32) * 1.2
    (ours,) = ff.InferenceSession(path).run(None, {"x": x})
    theirs = as_written(path, {"x": x})
    step = min(np.diff(np.unique(theirs)))
    steps = np.abs(ours - theirs) / step
    assert steps.max() < 1.01
    assert (steps > 0.01).mean() < 0.03


@pytest.mark.parametrize("call", CONTRIBUTED.values(), ids=CONTRIBUTED)
def test_each_of_onnxruntimes_own(call, rng):
    model = contributed(call)
    assert find_unsupported(model) == []
    feed = {name: rng.normal(size=(2, 6, 7, 7)).astype(np.float32) * 3 for name in "xz"}
    (ours,) = ff.InferenceSession(model).run(None, feed)
    theirs = as_written(model.SerializeToString(), feed)
    steps = np.abs(ours - theirs) / 0.04
    assert ours.shape == theirs.shape
    assert steps.max() < 1.01
    assert (steps > 0.01).mean() < 0.03


def test_channels_last_is_left_to_onnxruntime():
    call = "QLinearGlobalAveragePool<channels_last = 1>(p, xs, xz, ys, yz)"
    (refusal,) = find_unsupported(contributed(call))
    assert refusal.op == "com.microsoft.QLinearGlobalAveragePool"


def test_factors_that_are_no_constants_keep_their_op(rng):
    model = parser.parse_model("""
        <ir_version: 8, opset_import: ["" : 17]>
        agraph (uint8[N, 1, 9, 9] x, uint8[4, 1, 3, 3] w) => (uint8[N, 4, 7, 7] y)
        <float s = {0.05}, uint8 z = {7}, float t = {1.0}> {
          y = QLinearConv(x, s, z, w, s, z, t, z)
        }""")
    steps = [step.op for step in compile_given(import_onnx(model).graph).spec.steps]
    assert steps == ["qlinear_conv"]
    feed = {
        "x": rng.integers(0, 256, (2, 1, 9, 9)).astype(np.uint8),
        "w": rng.integers(0, 256, (4, 1, 3, 3)).astype(np.uint8),
    }
    (ours,) = ff.InferenceSession(model).run(None, feed)
    np.testing.assert_array_equal(ours, as_written(model.SerializeToString(), feed))
