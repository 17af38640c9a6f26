"""Models that come with INT8 weights and scales that each call finds: quantize_dynamic's."""

import numpy as np
import pytest

import fourfold as ff

onnx = pytest.importorskip("onnx", reason="needs onnx")
ort = pytest.importorskip("onnxruntime", reason="quantizes the models, and runs them")
quantization = pytest.importorskip("onnxruntime.quantization", reason="quantizes the models")

from onnx import numpy_helper, parser  # noqa: E402  needs onnx

from fourfold.importers.onnx import import_onnx  # noqa: E402
from fourfold.quantization.given import compile_given  # noqa: E402
from onnx_quantize import qdq_models  # noqa: E402

NETWORKS = {
    "mlp": (qdq_models.mlp, (37, 64)),
    "cnn": (qdq_models.cnn, (3, 3, 24, 30)),
    "block": (qdq_models.block, (2, 20, 64)),
}


def steps_of(model):
    return [step.op for step in compile_given(import_onnx(model).graph).spec.steps]


def distance(y, reference):
    return np.linalg.norm(y - reference) / np.linalg.norm(reference)


def dynamic(model, folder, weights="QInt8", **options):
    """The paths of a model in float32 and quantized."""
    paths = folder / "float.onnx", folder / "dynamic.onnx"
    onnx.save(model, paths[0])
    weight_type = quantization.QuantType[weights]
    quantization.quantize_dynamic(*paths, weight_type=weight_type, **options)
    return paths


def lstm(rng, depth=12, hidden=16):
    made = qdq_models.Layers(rng)
    # Small enough that no cell state runs away, as errors would grow with it.
    w = made.weight("w", 1, 4 * hidden, depth, scale=0.2)
    r = made.weight("r", 1, 4 * hidden, hidden, scale=0.2)
    b = made.weight("b", 1, 8 * hidden)
    y = made.node("LSTM", "x", w, r, b, out="y", hidden_size=hidden)
    floats = qdq_models.FLOAT
    return made.model([("x", floats, [7, "N", depth])], [(y, floats, [7, 1, "N", hidden])])


def product(weight):
    """A MatMulInteger with a uint8 weight whose zero point is 0."""
    model = parser.parse_model(f"""
        <ir_version: 8, opset_import: ["" : 17]>
        agraph (float[N, {weight.shape[0]}] x) => (float[N, {weight.shape[1]}] y)
        <float s = {{0.01}}> {{
          q, t, z = DynamicQuantizeLinear(x)
          p = MatMulInteger(q, w, z)
          f = Cast<to = 1>(p)
          u = Mul(t, s)
          y = Mul(f, u)
        }}""")
    model.graph.initializer.append(numpy_helper.from_array(weight, "w"))
    return model


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("weights", ["QInt8", "QUInt8"])
@pytest.mark.parametrize("network", NETWORKS)
def test_no_further_from_the_float_model_than_onnxruntime(
    network, weights, per_channel, rng, tmp_path
):
    make, shape = NETWORKS[network]
    paths = dynamic(make(rng), tmp_path, weights, per_channel=per_channel)
    feed = {"x": rng.normal(size=shape).astype(np.float32)}
    (ours,) = ff.InferenceSession(paths[1]).run(None, feed)
    reference, theirs = (ort.InferenceSession(path).run(None, feed)[0] for path in paths)
    assert distance(ours, reference) < 1.5 * distance(theirs, reference)


def test_products_are_linear_layers_in_int8(rng, tmp_path):
    paths = dynamic(qdq_models.mlp(rng), tmp_path)
    assert steps_of(paths[1]) == ["linear_s8"] * 3  # with bias and relu


def test_a_row_does_not_depend_on_those_beside_it(rng, tmp_path):
    session = ff.InferenceSession(dynamic(qdq_models.mlp(rng), tmp_path)[1])
    x = rng.normal(size=(9, 64)).astype(np.float32)
    x[4] *= 1000
    (y,) = session.run(None, {"x": x})
    (alone,) = session.run(None, {"x": x[:1]})
    np.testing.assert_array_equal(y[:1], alone)


def test_the_weights_are_those_of_the_model(rng):
    weight = rng.integers(0, 128, (64, 32)).astype(np.uint8)
    assert steps_of(product(weight)) == ["linear_s8"]
    x = np.zeros((64, 64), np.float32)
    np.fill_diagonal(x, 127)  # each row is exact in 8 bits, of scale 1
    (y,) = ff.InferenceSession(product(weight)).run(None, {"x": x})
    np.testing.assert_array_equal(y, 127 * weight.astype(np.float32) * np.float32(0.01))


def test_small_weights_of_9_bits_are_float(rng):
    weight = rng.integers(0, 256, (64, 32)).astype(np.uint8)
    weight[0, 0] = 255
    assert steps_of(product(weight)) == ["linear_f32"]


def test_large_weights_of_9_bits_keep_their_op(rng):
    weight = rng.integers(0, 256, (300, 300)).astype(np.uint8)
    weight[0, 0] = 255
    model = product(weight)
    assert "matmul_integer" in steps_of(model)
    feed = {"x": rng.normal(size=(5, 300)).astype(np.float32)}
    (ours,) = ff.InferenceSession(model).run(None, feed)
    theirs = ort.InferenceSession(model.SerializeToString()).run(None, feed)[0]
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("weights", ["QInt8", "QUInt8"])
def test_lstm_with_the_weights_of_the_model(weights, per_channel, rng, tmp_path):
    paths = dynamic(lstm(rng), tmp_path, weights, per_channel=per_channel)
    (node,) = onnx.load(paths[1]).graph.node
    assert node.op_type == "DynamicQuantizeLSTM"
    assert "lstm" in steps_of(paths[1])
    feed = {"x": rng.normal(size=(7, 32, 12)).astype(np.float32)}
    (ours,) = ff.InferenceSession(paths[1]).run(None, feed)
    reference, theirs = (ort.InferenceSession(path).run(None, feed)[0] for path in paths)
    assert distance(ours, reference) < 1.5 * distance(theirs, reference)
