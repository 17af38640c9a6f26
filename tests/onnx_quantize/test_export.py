"""Quantizations written out as ONNX models in QDQ form, and run by others."""

import numpy as np
import pytest

import fourfold as ff

onnx = pytest.importorskip("onnx", reason="needs onnx")
ort = pytest.importorskip("onnxruntime", reason="runs what is written")

from onnx_quantize.onnx_networks import FLOAT, INT64, Builder, embedded, mlp  # noqa: E402  needs onnx

ANY = ff.Gate(min_speedup=0, min_compression=0, max_accuracy_loss=100)

# Ours rounds the rows that come in to int8 as well: half a step of 127, in each product. Of three
# products that is 0.6 % of Gaussian rows, and 1.2 % behind each relu: 1.8 % together, by the draw.
OURS = 0.03


def relative(actual, expected):
    return np.linalg.norm(actual - expected) / np.linalg.norm(expected)


def in_onnxruntime(path, feed):
    return ort.InferenceSession(path).run(None, feed)


def exported(model, feed, folder):
    """What became of a model: the result, and the file's model and path."""
    result = ff.quantize_model(model, feed, gate=ANY)
    assert result.accepted, result.reasons
    path = folder / "int8.onnx"
    assert result.to_onnx(path) == ()
    onnx.checker.check_model(path, full_check=True)
    return result, onnx.load(path), path


def bytes_of(model):
    return len(model.SerializeToString())


def initializers(model):
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def ops(model):
    return [node.op_type for node in model.graph.node]


@pytest.mark.parametrize("opset", [11, 12, 13, 17, 21])
def test_hidden_weights_of_any_opset(rng, tmp_path, opset):
    model = mlp(rng, (64, 512, 256, 32), opset)
    x = rng.normal(size=(40, 64)).astype(np.float32)
    result, written, path = exported(model, {"x": x}, tmp_path)
    assert bytes_of(model) / bytes_of(written) > 3.5
    assert ops(written).count("DequantizeLinear") == 3
    assert "Transpose" not in ops(written)  # its weight is behind the DequantizeLinear now
    (theirs,) = in_onnxruntime(path, {"x": x})
    assert relative(theirs, result.model.run(None, {"x": x})[0]) < OURS
    (again,) = ff.InferenceSession(path).run(None, {"x": x})
    assert relative(again, theirs) < 1e-5


@pytest.mark.parametrize("depth", [64, 128])
def test_weights_are_those_that_ours_runs_with(rng, tmp_path, depth):
    made = Builder(rng)
    made.node("MatMul", "x", made.weight("w", depth, 256), out="y")
    model = made.model([("x", FLOAT, ["N", depth])], [("y", FLOAT, ["N", 256])])
    weight = initializers(model)["w"]
    x = rng.normal(size=(10, depth)).astype(np.float32)
    result, written, _ = exported(model, {"x": x}, tmp_path)
    tensors = initializers(written)
    assert {array.dtype.name for array in tensors.values()} == {"int8", "float32"}
    scales = tensors["w_scale"]
    if depth == 128:
        np.testing.assert_array_equal(scales, np.abs(weight).max(axis=0) / np.float32(127))
    np.testing.assert_array_equal(tensors["w_int8"], np.rint(weight / scales).astype(np.int8))
    # A row with one 127 in it has scale 1, and makes a row of the weight.
    rows = 127 * np.eye(depth, dtype=np.float32)
    (ours,) = result.model.run(None, {"x": rows})
    np.testing.assert_array_equal(ours, (127 * tensors["w_int8"].astype(np.float32)) * scales)
    assert not tensors["w_zero"].any()


def test_embeddings_are_taken_in_int8(rng, tmp_path):
    model = embedded(rng)
    ids = rng.integers(0, 2000, (4, 9))
    result, written, path = exported(model, {"ids": ids}, tmp_path)
    assert bytes_of(model) / bytes_of(written) > 3.3
    taken = [node for node in written.graph.node if node.op_type == "Gather"]
    assert {initializers(written)[node.input[0]].dtype.name for node in taken} == {
        "int8",
        "float32",
    }
    ours = result.model.run(None, {"ids": ids})
    for theirs, own in zip(in_onnxruntime(path, {"ids": ids}), ours, strict=True):
        assert relative(theirs, own) < OURS


def test_a_table_that_is_a_weight_too(rng, tmp_path):
    made = Builder(rng)
    table = made.weight("table", 512, 64)
    made.node("Gather", table, "ids", out="words")
    made.node("Gemm", "x", table, out="scores", transB=1)
    made.node("Gemm", "words", table, out="likeness", transB=1)
    model = made.model(
        [("ids", INT64, ["N"]), ("x", FLOAT, ["N", 64])],
        [(name, FLOAT, ["N", None]) for name in ("scores", "likeness")],
    )
    feed = {
        "ids": rng.integers(-512, 512, 20),
        "x": rng.normal(size=(20, 64)).astype(np.float32),
    }
    result, written, path = exported(model, feed, tmp_path)
    assert ops(written).count("DequantizeLinear") == 1
    shapes = [array.shape for array in initializers(written).values() if array.dtype == np.int8]
    assert {(512, 64), (64, 512)} <= set(shapes)  # the table by rows, the weight by columns
    for theirs, own in zip(in_onnxruntime(path, feed), result.model.run(None, feed), strict=True):
        assert relative(theirs, own) < OURS


def test_sources_of_every_form(rng, tmp_path):
    made = Builder(rng)
    made.node("MatMul", "x", made.weight("w", 64, 512), out="y")
    model = made.model([("x", FLOAT, ["N", 64])], [("y", FLOAT, ["N", 512])])
    x = rng.normal(size=(10, 64)).astype(np.float32)
    path = tmp_path / "model.onnx"
    onnx.save(model, path, save_as_external_data=True, location="weights", size_threshold=0)
    inline = onnx.load(path)
    sources = [path, inline, inline.SerializeToString(), ff.InferenceSession(path)]
    sources.append(ort.InferenceSession(path))
    written = [exported(source, {"x": x}, tmp_path)[1].graph for source in sources]
    assert all(graph == written[0] for graph in written)
    assert inline == onnx.load(path)  # what was passed in is as it was


def test_what_stays_in_float_stays(rng, tmp_path):
    model = mlp(rng, (64, 512, 256, 32))
    x = rng.normal(size=(10, 64)).astype(np.float32)
    config = ff.QuantizationConfig(keep_float=("m1_MatMul",))
    result = ff.quantize_model(model, x, gate=ANY, config=config)
    result.to_onnx(tmp_path / "int8.onnx")
    assert ops(onnx.load(tmp_path / "int8.onnx")).count("DequantizeLinear") == 2


def test_refusals(rng, tmp_path):
    path = tmp_path / "old.onnx"
    path.write_bytes(b"old")
    model = mlp(rng)
    x = rng.normal(size=(10, 64)).astype(np.float32)
    rejected = ff.quantize_model(model, x, gate=ff.Gate(min_speedup=1e9))
    with pytest.raises(ff.QuantizationRejectedError):
        rejected.to_onnx(path)
    network = ff.Sequential([ff.Dense(rng.normal(size=(64, 512)))])
    with pytest.raises(ff.UnsupportedModelError, match="only the quantization of an ONNX model"):
        ff.quantize_model(network, x, gate=ANY).to_onnx(path)
    source = tmp_path / "model.onnx"
    source.write_bytes(model.SerializeToString())
    accepted = ff.quantize_model(source, x, gate=ANY)
    with pytest.raises(FileNotFoundError, match="folder"):
        accepted.to_onnx(tmp_path / "missing" / "int8.onnx")
    source.unlink()
    with pytest.raises(OSError, match=r"model\.onnx"):
        accepted.to_onnx(path)
    assert path.read_bytes() == b"old"


def test_convolutions_have_a_scale_for_each_filter(rng, tmp_path):
    made = Builder(rng)
    made.node("Conv", "x", made.weight("w", 96, 32, 3, 3, scale=0.06), out="h", pads=[1, 1, 1, 1])
    made.node("Relu", "h", out="r")
    made.node("Conv", "r", made.weight("w2", 96, 1, 3, 3, scale=0.3), out="y", group=96)
    model = made.model([("x", FLOAT, ["N", 32, "H", "W"])], [("y", FLOAT, ["N", 96, "A", "B"])])
    x = rng.normal(size=(10, 32, 12, 12)).astype(np.float32)
    _, written, path = exported(model, {"x": x}, tmp_path)
    assert bytes_of(model) / bytes_of(written) > 3
    before, after = initializers(model), initializers(written)
    for name in ("w", "w2"):
        assert after[f"{name}_int8"].shape == before[name].shape
        assert after[f"{name}_zero"].shape == (96,)
        steps = after[f"{name}_scale"].reshape(96, 1, 1, 1)
        rounding = np.abs(before[name] - steps * after[f"{name}_int8"]) / steps
        assert rounding.max() < 0.5001
    (theirs,) = in_onnxruntime(path, {"x": x})
    (again,) = ff.InferenceSession(path).run(None, {"x": x})
    # A value of r in the middle between two steps goes either way with the last bit of its sum,
    # which is exact here and not there: the 9 outputs around it are then one step of it apart.
    differs = np.abs(again - theirs) > 1e-5 * np.abs(theirs).max()
    step = after["r_activation_scale"] * np.abs(before["w2"]).max(axis=(1, 2, 3)).reshape(-1, 1, 1)
    assert (np.abs(again - theirs) <= 1.01 * step)[differs].all()
    assert differs.sum() <= 8 * 9
    assert relative(again[~differs], theirs[~differs]) < 1e-5
