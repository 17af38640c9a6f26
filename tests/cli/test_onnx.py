"""ONNX models on the command line: quantized, saved, inspected."""

import json

import numpy as np
import pytest

import fourfold as ff

pytest.importorskip("onnx", reason="needs onnx")
pytest.importorskip("onnxruntime", reason="the baseline of ONNX models")

from fourfold.model_file import load_model, save_model
from onnx_quantize.onnx_networks import FLOAT, Builder, embedded, mlp

NO_LIMITS = ["--max-accuracy-loss", "100", "--min-compression", "0", "--min-speedup", "0"]


def saved(model, path):
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture
def words(rng, tmp_path):
    """A model with an input, ids, and two outputs."""
    return saved(embedded(rng), tmp_path / "words.onnx")


@pytest.fixture
def ids(rng):
    return rng.integers(0, 2000, (40, 9))


@pytest.fixture
def pair(rng, tmp_path):
    """A model with two inputs, one of them without rows, whose name is that of labels."""
    made = Builder(rng)
    made.node("MatMul", "x", made.weight("w", 64, 64), out="h")
    made.node("Mul", "h", "y", out="z")
    inputs = [("x", FLOAT, ["N", 64]), ("y", FLOAT, [])]
    return saved(made.model(inputs, [("z", FLOAT, ["N", 64])]), tmp_path / "pair.onnx")


def test_quantizes_on_arrays_by_name(run, words, ids, tmp_path):
    np.savez(tmp_path / "data.npz", ids=ids)
    out = tmp_path / "words.ff"
    code, output, _ = run(
        "quantize", words, "--data", tmp_path / "data.npz", "--out", out, *NO_LIMITS
    )
    assert code == 0
    assert "accepted" in output
    result = ff.quantize_model(words, {"ids": ids}, gate=ff.Gate(100, 0, 0))
    for session in (ff.load(out), ff.InferenceSession(out)):
        for found, expected in zip(
            session.run(None, {"ids": ids}), result.model.run(None, {"ids": ids}), strict=True
        ):
            np.testing.assert_array_equal(found, expected)


def test_labels_beside_the_inputs_and_batches(run, rng, tmp_path):
    model = mlp(rng)
    x = rng.normal(size=(50, 64)).astype(np.float32)
    labels = ff.InferenceSession(model).run(None, {"x": x})[0].argmax(axis=1)
    path = saved(model, tmp_path / "mlp.onnx")
    np.savez(tmp_path / "named.npz", x=x, y=labels)
    np.savez(tmp_path / "rows.npz", X=x, y=labels)
    np.save(tmp_path / "alone.npy", x)
    np.save(tmp_path / "labels.npy", labels)
    for data, more in (
        ("named.npz", []),
        ("rows.npz", []),
        ("alone.npy", ["--labels", tmp_path / "labels.npy"]),
    ):
        arguments = ["--data", tmp_path / data, "-o", tmp_path / "mlp.ff", "--batch-size", "16"]
        code, output, _ = run("quantize", path, *arguments, *more, "--json", *NO_LIMITS)
        stats = json.loads(output)["stats"]
        assert code == 0
        assert (stats["metric"], stats["original_metric"]) == ("accuracy", 1)
        assert (stats["rows"], stats["batch_shape"]) == (50, [16, 64])


def test_an_input_may_be_called_as_labels_are_and_have_no_rows(run, pair, rng, tmp_path):
    x = rng.normal(size=(50, 64)).astype(np.float32)
    np.savez(tmp_path / "data.npz", x=x, y=np.float32(2))
    arguments = ["--data", tmp_path / "data.npz", "-o", tmp_path / "pair.ff", "--batch-size", "20"]
    code, output, _ = run("quantize", pair, *arguments, "--json", *NO_LIMITS)
    stats = json.loads(output)["stats"]
    assert code == 0
    assert (stats["metric"], stats["rows"], stats["batch_shape"]) == ("relative_l2", 50, [20, 64])


@pytest.mark.parametrize(
    ("arrays", "more", "says"),
    [
        ({"x": np.eye(64)}, [], "expected the model's inputs ['x', 'y']"),
        ({"x": np.eye(64), "y": 1.0, "z": 1.0}, [], "['z'], which are no inputs of the model's"),
        ({"x": np.eye(64), "y": np.ones(3)}, ["--batch-size", "2"], "equally many rows"),
        ({"x": np.eye(3), "y": 1.0}, [], "'x' must have the shape [any, 64]"),
    ],
    ids=["an array less", "an array more", "rows", "shape"],
)
def test_data_that_do_not_fit(run, pair, tmp_path, arrays, more, says):
    named = {name: np.asarray(array, np.float32) for name, array in arrays.items()}
    np.savez(tmp_path / "data.npz", **named)
    arguments = ["--data", tmp_path / "data.npz", "-o", tmp_path / "pair.ff", *more]
    code, output, errors = run("quantize", pair, *arguments)
    assert code == 1
    assert output == ""
    assert says in errors
    assert not (tmp_path / "pair.ff").exists()


def test_a_damaged_model(run, tmp_path):
    (tmp_path / "damaged.onnx").write_bytes(b"nonsense")
    np.savez(tmp_path / "data.npz", x=np.eye(3))
    arguments = ["--data", tmp_path / "data.npz", "-o", tmp_path / "out.ff"]
    for command in (["quantize", *arguments], ["inspect"]):
        code, _, errors = run(command[0], tmp_path / "damaged.onnx", *command[1:])
        assert code == 1
        assert "no ONNX model" in errors
        assert errors.count("\n") == 1


def test_without_onnx_it_says_what_to_install(run, words, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "onnx", None)  # what makes its import fail
    np.savez(tmp_path / "data.npz", ids=np.eye(3))
    arguments = ["--data", tmp_path / "data.npz", "-o", tmp_path / "out.ff"]
    code, _, errors = run("quantize", words, *arguments)
    assert code == 1
    assert "pip install 'fourfold[onnx]'" in errors


class TestInspect:
    def test_an_onnx_model(self, run, words):
        code, output, _ = run("inspect", words)
        assert code == 0
        for text in ("ids", "tensor(int64)", "[batch, words]", "pooled", "gather", "linear_f32"):
            assert text in output
        code, output, _ = run("inspect", words, "--json")
        record = json.loads(output)
        assert code == 0
        assert record["inputs"] == [
            {"name": "ids", "type": "tensor(int64)", "shape": ["batch", "words"]}
        ]
        assert record["bytes"] == words.stat().st_size
        assert record["parts"] == []
        assert len(record["steps"]) >= 4

    def test_a_model_that_runs_in_parts(self, run, rng, tmp_path):
        made = Builder(rng)
        made.node("MatMul", "x", made.weight("w", 8, 8), out="h")
        made.node("Imputer", "h", out="y", domain="ai.onnx.ml", imputed_value_floats=[0.0])
        model = made.model([("x", FLOAT, ["N", 8])], [("y", FLOAT, ["N", 8])])
        path = saved(model, tmp_path / "imputer.onnx")
        code, output, _ = run("inspect", path, "--json")
        assert code == 0
        parts = json.loads(output)["parts"]
        assert [part["runs_in"] for part in parts] == ["fourfold", "onnxruntime"]
        code, output, _ = run("inspect", path)
        assert code == 0
        assert "onnxruntime" in output
        np.savez(tmp_path / "data.npz", x=rng.normal(size=(64, 8)).astype(np.float32))
        out = tmp_path / "imputer.ff"
        code, _, errors = run(
            "quantize", path, "--data", tmp_path / "data.npz", "-o", out, *NO_LIMITS
        )
        assert code == 0, errors
        code, output, _ = run("inspect", out, "--verify")
        assert code == 0
        assert "onnxruntime" in output and "all checksums match" in output
        model = load_model(out)
        save_model(out, model.program, model.kind, {}, {}, None)
        code, _, errors = run("inspect", out)
        assert code == 1
        assert "interface" in errors

    def test_what_was_made_of_one(self, run, words, ids, tmp_path):
        np.savez(tmp_path / "data.npz", ids=ids)
        out = tmp_path / "words.ff"
        run("quantize", words, "--data", tmp_path / "data.npz", "-o", out, *NO_LIMITS)
        code, output, _ = run("inspect", out, "--verify")
        assert code == 0
        for text in ("session", "all checksums match", "gather_s8", "linear_s8", "smaller"):
            assert text in " ".join(output.split())
