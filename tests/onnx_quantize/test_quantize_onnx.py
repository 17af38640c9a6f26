"""``quantize_model`` of ONNX models in every form they come in."""

import pickle

import numpy as np
import pytest

import fourfold as ff

pytest.importorskip("onnx", reason="needs onnx")
ort = pytest.importorskip("onnxruntime", reason="the baseline of ONNX models")

from onnx_quantize.onnx_networks import FLOAT, INT64, Builder, embedded, mlp  # noqa: E402  needs onnx

ANY_SPEED = ff.Gate(min_speedup=0, min_compression=2.5)
# Of few rows each class that changes is some percent.
FEW_ROWS = ff.Gate(min_speedup=0, min_compression=2.5, max_accuracy_loss=25)


@pytest.fixture
def model(rng):
    return mlp(rng)


@pytest.fixture
def x(rng):
    return rng.normal(size=(40, 64)).astype(np.float32)


def in_onnxruntime(model, feed):
    return ort.InferenceSession(model.SerializeToString()).run(None, feed)


def relative(actual, expected):
    return np.linalg.norm(actual - expected) / np.linalg.norm(expected)


def as_path(model, folder):
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


FORMS = {
    "path": as_path,
    "str": lambda model, folder: str(as_path(model, folder)),
    "bytes": lambda model, folder: model.SerializeToString(),
    "proto": lambda model, folder: model,
    "onnxruntime": lambda model, folder: ort.InferenceSession(model.SerializeToString()),
    "onnxruntime path": lambda model, folder: ort.InferenceSession(as_path(model, folder)),
    "fourfold": lambda model, folder: ff.InferenceSession(model),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_a_session_in_int8(model, x, form, tmp_path):
    given = FORMS[form](model, tmp_path)
    result = ff.quantize_model(given, x, gate=ANY_SPEED)
    assert result.accepted, result.reasons
    assert type(result.model) is ff.InferenceSession
    assert [layer.precision for layer in result.layers] == ["int8", "int8"]
    (y,) = result.model.run(["y"], {"x": x})
    assert 0 < relative(y, in_onnxruntime(model, {"x": x})[0]) < 0.05  # the gate's limit
    stats = result.stats
    assert stats.int8_weight_share > 0.98
    assert stats.int8_multiply_add_share == 1
    assert stats.metric == "relative_l2"
    assert stats.rows == 40
    expected = "fourfold" if form == "fourfold" else f"onnxruntime {ort.__version__}"
    assert stats.baseline.startswith(expected)


def test_a_rejected_model_is_the_callers_own_object(model, x):
    session = ort.InferenceSession(model.SerializeToString())
    for given in (model, session, model.SerializeToString()):
        result = ff.quantize_model(given, x, gate=ff.Gate(min_compression=100))
        assert not result.accepted
        assert result.model is given
        assert "compression" in result.reasons[0]


def test_the_result_is_saved_loaded_and_pickled(model, x, tmp_path):
    result = ff.quantize_model(model, x, gate=ANY_SPEED)
    expected = result.model.run(None, {"x": x})[0]
    result.save(tmp_path / "model.ff")
    loaded = ff.load(tmp_path / "model.ff", verify=True)
    assert loaded.stats.to_dict() == result.stats.to_dict()
    for again in (
        loaded,
        ff.InferenceSession(tmp_path / "model.ff"),
        pickle.loads(pickle.dumps(result.model)),
    ):
        assert again.get_inputs() == result.model.get_inputs()
        np.testing.assert_array_equal(again.run(None, {"x": x})[0], expected)
    refused = ff.quantize_model(loaded, x)
    assert refused.model is loaded
    assert "model file" in refused.reasons[0]
    assert "model file" in ff.quantize_model(tmp_path / "model.ff", x).reasons[0]


def test_several_outputs_are_judged_together(rng):
    model = embedded(rng)
    feeds = [{"ids": rng.integers(0, 2000, shape)} for shape in ((3, 7), (2, 12), (1, 1))]
    result = ff.quantize_model(model, feeds, gate=ANY_SPEED)
    assert result.accepted, result.reasons
    session = ort.InferenceSession(model.SerializeToString())
    distance = norm = 0.0
    for feed in feeds:
        pairs = zip(session.run(None, feed), result.model.run(None, feed), strict=True)
        for before, after in pairs:
            distance += float(np.square(before.astype(float) - after).sum())
            norm += float(np.square(before.astype(float)).sum())
    assert result.stats.accuracy_loss == pytest.approx(100 * (distance / norm) ** 0.5, rel=1e-6)
    assert result.stats.rows == 6
    assert result.stats.batch_shape == (3, 7)


def test_labels_go_with_the_first_output_and_callables_see_all(rng):
    model = embedded(rng)
    ids = rng.integers(0, 2000, (64, 9))
    tokens, pooled = in_onnxruntime(model, {"ids": ids})
    seen = []

    def agreement(labels, outputs):
        seen.append([array.shape for array in outputs])
        return np.mean(outputs[1].argmax(axis=1) == labels)

    labels = pooled.argmax(axis=1)
    batches = [({"ids": ids[i : i + 16]}, labels[i : i + 16]) for i in range(0, 64, 16)]
    result = ff.quantize_model(model, batches, metric=agreement, gate=FEW_ROWS)
    assert result.accepted, result.reasons
    assert result.stats.original_metric == 1
    assert seen == [[(64, 9, 32), (64, 32)]] * 2
    result = ff.quantize_model(model, ids, tokens, metric="mse", gate=ANY_SPEED)
    assert result.stats.original_metric == pytest.approx(0, abs=1e-9)


def test_classes_are_judged_by_accuracy(rng, model, x):
    labels = in_onnxruntime(model, {"x": x})[0].argmax(axis=1)
    result = ff.quantize_model(model, x, labels, gate=FEW_ROWS)
    assert result.accepted, result.reasons
    assert result.stats.metric == "accuracy"
    assert result.stats.original_metric == 1


def test_a_session_keeps_its_threads_and_so_does_the_other_side(model, x):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    before = ff.get_threads()
    ff.set_threads(2)
    try:
        session = ort.InferenceSession(model.SerializeToString(), options)
        result = ff.quantize_model(session, x, gate=ANY_SPEED)
        assert (result.stats.threads, result.stats.baseline_threads) == (1, 1)
        assert result.model.get_session_options().intra_op_num_threads == 1
        assert ff.get_threads() == 2
        result = ff.quantize_model(session, x, gate=ANY_SPEED, threads=2)
        assert (result.stats.threads, result.stats.baseline_threads) == (2, 1)
        assert result.model.get_session_options().intra_op_num_threads == 2
        result = ff.quantize_model(model, x, gate=ANY_SPEED)
        assert (result.stats.threads, result.stats.baseline_threads) == (2, 2)
    finally:
        ff.set_threads(before)


def test_without_onnxruntime_the_baseline_is_our_own_float_session(model, x, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # what makes its import fail
    result = ff.quantize_model(model, x, gate=ANY_SPEED)
    assert result.accepted, result.reasons
    assert result.stats.baseline == "fourfold.InferenceSession, in float"


def test_a_linear_classifier_of_ai_onnx_ml(rng, x):
    made = Builder(rng)
    made.node(
        "LinearClassifier",
        "x",
        out=("label", "scores"),
        domain="ai.onnx.ml",
        coefficients=rng.normal(size=10 * 64).tolist(),
        intercepts=rng.normal(size=10).tolist(),
        classlabels_ints=list(range(10, 20)),
        post_transform="SOFTMAX",
    )
    outputs = [("label", INT64, ["N"]), ("scores", FLOAT, ["N", 10])]
    model = made.model([("x", FLOAT, ["N", 64])], outputs)
    labels, scores = in_onnxruntime(model, {"x": x})
    result = ff.quantize_model(model, x, labels, gate=ff.Gate(min_speedup=0, min_compression=1))
    assert result.accepted, result.reasons
    assert (result.stats.metric, result.stats.original_metric) == ("accuracy", 1)
    assert result.stats.original_size >= 4 * (10 * 64 + 10)
    np.testing.assert_allclose(result.model.run(["scores"], {"x": x})[0], scores, atol=0.1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("no such file.onnx", "No such file"),
        (b"not a model", "truncated, or no ONNX model"),
        (ff.InferenceSession, "cannot quantize a type"),
    ],
)
def test_what_is_no_model_comes_back(given, message):
    result = ff.quantize_model(given, np.eye(3))
    assert result.model is given
    assert message in result.reasons[0]
