"""Quantizing models that the engine alone cannot run: each of its parts on its own."""

import json
import pickle

import numpy as np
import pytest

import fourfold as ff
from fourfold.errors import ModelFileError, UnsupportedModelError

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

import onnxruntime
from onnx import numpy_helper

from model_files import put_together, take_apart
from onnx_models import model

ANY_SPEED = ff.Gate(min_speedup=0)
PRODUCTS = """(float[N, 64] x) => (float[N, 10] y) {
    h = MatMul (x, w1)  r = Relu (h)  s = ReduceSum <keepdims = 0> (r)
    zero = Constant <value_float = 0.0> ()  c = Greater (s, zero)
    g = If (c) <
        then_branch = yes () => (float[K, 256] t) { t = Identity (r) },
        else_branch = no () => (float[K, 256] e) { e = MatMul (r, w3) }
    >
    y = MatMul (g, w2)
}"""
IMAGES = """(float[N, 16, 12, 12] x, bool c) => (float[N, 10] y) {
    a = Conv <kernel_shape = [3, 3]> (x, k1)  b = Relu (a)
    d = If (c) <
        then_branch = yes () => (float[K, 32, 10, 10] t) { t = Identity (b) },
        else_branch = no () => (float[K, 32, 10, 10] e) { e = Neg (b) }
    >
    f = Conv <kernel_shape = [3, 3]> (d, k2)  r = Relu (f)
    p = GlobalAveragePool (r)  q = Flatten (p)  y = MatMul (q, w)
}"""


GELU = """(float[N, 64] x) => (float[N, 32] y) {
    h = MatMul (x, w1)  g = com.microsoft.BiasGelu (h, b)  y = MatMul (g, w2)
}"""


def with_weights(text, rng, **shapes):
    proto = model(text, imports=', "com.microsoft" : 1')
    for name, shape in shapes.items():
        weight = rng.normal(size=shape).astype(np.float32) * np.prod(shape[1:]) ** -0.5
        proto.graph.initializer.append(numpy_helper.from_array(weight.astype(np.float32), name))
    return proto


def products(rng):
    return with_weights(PRODUCTS, rng, w1=(64, 256), w2=(256, 10), w3=(256, 256))


def images(rng):
    return with_weights(IMAGES, rng, k1=(32, 16, 3, 3), k2=(64, 32, 3, 3), w=(64, 10))


def quantized_gelu(rng):
    x = rng.normal(size=(128, 64)).astype(np.float32)
    proto = with_weights(GELU, rng, w1=(64, 256), b=(256,), w2=(256, 32))
    result = ff.quantize_model(proto, x, gate=ANY_SPEED)
    assert result.accepted, result.reasons
    return x, result


def quantized_products(rng, **arguments):
    x = rng.normal(size=(128, 64)).astype(np.float32)
    proto = products(rng)
    # The branch's weights stay in float32, and weigh more than all others.
    gate = ff.Gate(min_speedup=0, min_compression=1)
    result = ff.quantize_model(proto, x, gate=gate, **arguments)
    assert result.accepted, result.reasons
    return proto, x, result


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


@pytest.mark.parametrize("way", ["file", "pickle"])
@pytest.mark.parametrize("kind", ["branches", "runtime"])
def test_what_is_kept_gives_the_same_bits(rng, tmp_path, way, kind):
    x, result = quantized_gelu(rng) if kind == "runtime" else quantized_products(rng)[1:]
    if way == "file":
        result.save(tmp_path / "model.ff")
        kept = ff.load(tmp_path / "model.ff", verify=True)
        assert ff.InferenceSession(tmp_path / "model.ff").parts == result.model.parts
    else:
        kept = pickle.loads(pickle.dumps(result.model))
    assert kept.parts == result.model.parts
    assert repr(kept.stats) == repr(result.model.stats)
    for feed in ({"x": x}, {"x": -np.abs(x)}, {"x": np.zeros_like(x)}):
        np.testing.assert_array_equal(kept.run(None, feed)[0], result.model.run(None, feed)[0])


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


def tampered(file, change):
    """The file with its program's record changed, and a checksum that fits."""
    table, document, data = take_apart(file)
    change(document["header"]["content"]["program"])
    return put_together(table, document, data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda program: program["parts"][0].update(outputs=["k"]), "reads"),
        (lambda program: program["parts"].pop() and program.update(outputs=["g"]), "to no part"),
        (lambda program: program["parts"][1].update(program={}), "program"),
        (lambda program: program["parts"][0].update(program=None), "its only tensor"),
        (lambda program: program["parts"][0].update(outputs=["h", "k"]), "as many"),
        (lambda program: program["parts"][0].update(inputs=[]), "those of its program"),
        (lambda program: program["parts"][1].update(inputs=["x"]), "other inputs"),
        (lambda program: program.update(outputs=["z"]), "no part makes"),
        (lambda program: program.update(parts=[None]), "parts"),
    ],
)
def test_files_whose_parts_do_not_fit_are_refused(rng, tmp_path, change, message):
    quantized_gelu(rng)[1].save(tmp_path / "model.ff")
    with pytest.raises(ModelFileError, match=message):
        ff.load(tampered((tmp_path / "model.ff").read_bytes(), change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda choice: choice["branches"].pop(), "must be two"),
        (lambda choice: choice["branches"][0].update(reads=[0, 0, 0]), "as many"),
        (lambda choice: choice["branches"][0].update(reads=[9]), "its input 9"),
        (lambda choice: choice.update(condition=7), "its input 7"),
        (lambda choice: choice.update(condition="c"), "condition"),
        (lambda choice: choice["branches"][1].update(program=None), "program"),
    ],
)
def test_files_whose_branches_do_not_fit_are_refused(rng, tmp_path, change, message):
    quantized_products(rng)[2].save(tmp_path / "model.ff")
    file = (tmp_path / "model.ff").read_bytes()
    with pytest.raises(ModelFileError, match=message):
        ff.load(tampered(file, lambda program: change(program["parts"][1]["program"])))


def test_damaged_models_of_parts_are_refused(rng, tmp_path):
    quantized_gelu(rng)[1].save(tmp_path / "model.ff")
    file = bytearray((tmp_path / "model.ff").read_bytes())
    header = json.loads(file[8 : 8 + int.from_bytes(file[:8], "little")])
    start, end = header["part.1.model"]["data_offsets"]
    begin = 8 + int.from_bytes(file[:8], "little") + start
    file[begin : begin + end - start] = bytes(end - start)
    with pytest.raises(ModelFileError, match="parts"):
        ff.load(bytes(file))


def test_parts_that_read_any_rank_are_not_saved(tmp_path):
    proto = model(
        "(float[N, 3] x, bool c) => (float y) {"
        "b = If (c) < then_branch = yes () => (float t) { t = Identity (x) },"
        "else_branch = no () => (float e) { e = ReduceSum <keepdims = 0> (x) } >"
        "y = Neg (b) }"
    )
    session = ff.InferenceSession(proto)
    with pytest.raises(UnsupportedModelError, match="any rank"):
        session.save(tmp_path / "model")
    assert not list(tmp_path.iterdir())
    with pytest.raises(UnsupportedModelError, match="any rank"):
        pickle.dumps(session)


def test_float_sessions_in_parts_are_saved(tmp_path):
    proto = model(
        "(float[N, 3] x) => (float[N, 3] y, float[3] w) <float[3] w = {1, 2, 3}> {"
        "a = Mul (x, w)  y = com.microsoft.BiasGelu (a, w) }",
        imports=', "com.microsoft" : 1',
    )
    session = ff.InferenceSession(proto)
    session.save(tmp_path / "model.ff")
    kept = ff.load(tmp_path / "model.ff")
    feed = {"x": np.array([[-2, -1, 0], [1, 2, 3]], np.float32)}
    for ours, expected in zip(kept.run(None, feed), session.run(None, feed), strict=True):
        np.testing.assert_array_equal(ours, expected)
