"""``fourfold.InferenceSession`` beside onnxruntime's: the same calls, the same answers."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fourfold as ff

onnx_parser = pytest.importorskip("onnx.parser", reason="needs onnx")

TEXT = """
<ir_version: 8, opset_import: ["" : 17], producer_name: "tests", model_version: 3,
 doc_string: "two results">
graph (float[N, 3] x, float[N, 3] y) => (float[N, 3] total, float[N, 3] positive) {
  total = Add (x, y)
  positive = Relu (total)
}
"""
X = np.array([[-1, 0, 2], [3, -4, 5]], np.float32)
Y = np.array([[1, 1, 1], [-1, -1, -1]], np.float32)


@pytest.fixture(scope="module")
def model():
    return onnx_parser.parse_model(TEXT)


@pytest.fixture
def session(model):
    return ff.InferenceSession(model)


def test_describes_itself(session):
    assert [(n.name, n.type, n.shape) for n in session.get_inputs()] == [
        ("x", "tensor(float)", ["N", 3]),
        ("y", "tensor(float)", ["N", 3]),
    ]
    assert [n.name for n in session.get_outputs()] == ["total", "positive"]
    meta = session.get_modelmeta()
    assert (meta.producer_name, meta.version, meta.description) == ("tests", 3, "two results")
    assert meta.custom_metadata_map == {}
    assert session.get_providers() == ["CPUExecutionProvider"]
    assert session.get_provider_options() == {"CPUExecutionProvider": {}}
    assert session.get_overridable_initializers() == []


def test_runs(session):
    total, positive = session.run(None, {"y": Y, "x": X})
    np.testing.assert_array_equal(total, X + Y)
    np.testing.assert_array_equal(positive, np.maximum(X + Y, 0))
    assert len(session.run([], {"x": X, "y": Y})) == 2
    names = ["positive", "total", "positive"]
    for array, expected in zip(
        session.run(names, {"x": X, "y": Y}), [positive, total, positive], strict=True
    ):
        np.testing.assert_array_equal(array, expected)
    np.testing.assert_array_equal(session.run(["total"], {"x": X.tolist(), "y": Y})[0], total)


def test_is_callable(session):
    for results in (session(X, Y), session(X, y=Y), session(x=X, y=Y)):
        np.testing.assert_array_equal(results[0], X + Y)
    with pytest.raises(TypeError, match="at most 2 inputs"):
        session(X, Y, X)
    with pytest.raises(TypeError, match=r"given twice: \['x'\]"):
        session(X, Y, x=X)


@pytest.mark.parametrize(
    ("feed", "error", "message"),
    [
        ({"x": X}, ValueError, r"Required inputs \(\['y'\]\) are missing from input feed"),
        ({"x": X, "y": Y, "z": X}, ValueError, "Invalid input name: z"),
        ({"x": X, "y": Y[0]}, ValueError, "Invalid rank for input: y Got: 1 Expected: 2"),
        ({"x": X[:, :2], "y": Y}, ValueError, "input: x for the.*index: 1 Got: 2 Expected: 3"),
        ({"x": X.astype(float), "y": Y}, TypeError, r"Actual: \(tensor\(double\)\) , expected: \("),
        ({"x": X.astype(str), "y": Y}, TypeError, "Unexpected input data type for input: x"),
        ([X, Y], TypeError, "must map input names"),
    ],
)
def test_feeds_that_do_not_fit(session, feed, error, message):
    with pytest.raises(error, match=message):
        session.run(None, feed)


def test_outputs_that_do_not_exist(session):
    with pytest.raises(ValueError, match=r"Invalid output name: q; .*\['total', 'positive'\]"):
        session.run(["q"], {"x": X, "y": Y})


def test_what_it_is_made_from(model, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    for source in (str(path), path, model, model.SerializeToString()):
        np.testing.assert_array_equal(ff.InferenceSession(source)(X, Y)[0], X + Y)
    with pytest.raises(FileNotFoundError):
        ff.InferenceSession(tmp_path / "none.onnx")
    with pytest.raises(ff.ModelFileError):
        ff.InferenceSession(b"no model")
    with pytest.raises(TypeError):
        ff.InferenceSession(7)


def test_providers(model):
    options = ff.SessionOptions()
    options.graph_optimization_level = ff.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = 1
    session = ff.InferenceSession(
        model, options, providers=[("CUDAExecutionProvider", {}), "CPUExecutionProvider"]
    )
    assert session.get_session_options() is options
    assert session.program.run.max_threads == 1
    with pytest.raises(ValueError, match="expected 'CPUExecutionProvider' among them"):
        ff.InferenceSession(model, providers=["CUDAExecutionProvider"])
    options.intra_op_num_threads = -1
    with pytest.raises(ValueError, match="max_threads: expected 0 to"):
        ff.InferenceSession(model, options)


def test_files_and_pickles(session, tmp_path):
    session.save(tmp_path / "model.ff")
    for other in (
        ff.load(tmp_path / "model.ff", verify=True),
        ff.InferenceSession(tmp_path / "model.ff"),
        ff.InferenceSession((tmp_path / "model.ff").read_bytes()),
        pickle.loads(pickle.dumps(session)),
    ):
        assert isinstance(other, ff.InferenceSession)
        assert other.get_inputs() == session.get_inputs()
        assert other.get_modelmeta() == session.get_modelmeta()
        np.testing.assert_array_equal(other(X, Y)[1], session(X, Y)[1])


def test_many_threads(session):
    feeds = [{"x": X + i, "y": Y[: i % 2 + 1].repeat(2 - i % 2, 0)} for i in range(200)]
    with ThreadPoolExecutor(8) as threads:
        for feed, results in zip(
            feeds, threads.map(lambda f: session.run(None, f), feeds), strict=True
        ):
            np.testing.assert_array_equal(results[0], feed["x"] + feed["y"])


def test_io_binding(session):
    binding = session.io_binding()
    binding.bind_cpu_input("x", X)
    binding.bind_ortvalue_input("y", ff.OrtValue.ortvalue_from_numpy(Y))
    into = ff.OrtValue.ortvalue_from_shape_and_type([2, 3], np.float32)
    binding.bind_ortvalue_output("positive", into)
    binding.bind_output("total")
    session.run_with_iobinding(binding)
    positive, total = binding.copy_outputs_to_cpu()
    np.testing.assert_array_equal(total, X + Y)
    np.testing.assert_array_equal(positive, into.numpy())
    np.testing.assert_array_equal(positive, np.maximum(X + Y, 0))
    binding.clear_binding_outputs()
    binding.bind_ortvalue_output("total", ff.OrtValue.ortvalue_from_numpy(X[:1]))
    with pytest.raises(ValueError, match=r"bound to output 'total' is .* \[1, 3\], the output"):
        session.run_with_iobinding(binding)
    with pytest.raises(ValueError, match="expected 'cpu'"):
        binding.bind_output("total", "cuda")
