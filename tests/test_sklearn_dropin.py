"""The drop-in has the original's interface, and its results within what INT8 can cost."""

import copy

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, r2_score

import float_graph
import sklearn_models as models
from fourfold.dropin.sklearn.interface import METHODS
from fourfold.graph.passes.check import label
from fourfold.importers import import_model

every_estimator = pytest.mark.parametrize("name", models.ESTIMATORS)
CALLED = [name for name in METHODS if name != "score"]
ATTRIBUTES = [*METHODS, "classes_", "n_features_in_", "feature_names_in_"]
DTYPES = ["float32", "float64", "float16", "bool", "int8", "uint8", "int16", "int32", "int64"]


def answers(model, rows):
    with np.errstate(divide="ignore"):
        return {name: getattr(model, name)(rows) for name in CALLED if hasattr(model, name)}


@every_estimator
def test_has_what_the_original_has(name):
    original = models.ESTIMATORS[name]()
    drop_in, _ = models.quantized(original)
    has = {attribute: hasattr(original, attribute) for attribute in ATTRIBUTES}
    if hasattr(original, "transform"):
        has["score"] = False  # a likelihood: see QuantizedEstimator
        names = original.get_feature_names_out()
        assert np.array_equal(drop_in.get_feature_names_out(), names)
    assert {attribute: hasattr(drop_in, attribute) for attribute in ATTRIBUTES} == has
    assert {attribute: attribute in dir(drop_in) for attribute in ATTRIBUTES} == has
    assert "save" in dir(drop_in)
    if has["classes_"]:
        assert drop_in.classes_.dtype == original.classes_.dtype
        assert np.array_equal(drop_in.classes_, original.classes_)
    if has["n_features_in_"]:
        assert drop_in.n_features_in_ == models.FEATURES


@every_estimator
def test_results_have_the_original_shapes_and_dtypes(name):
    original = models.ESTIMATORS[name]()
    drop_in, _ = models.quantized(original)
    for dtype in DTYPES:
        rows = (10 * np.abs(models.data()[0][:5])).astype(dtype)
        expected, results = answers(original, rows), answers(drop_in, rows)
        assert results.keys() == expected.keys()
        for method, result in results.items():
            assert type(result) is np.ndarray
            assert result.flags.c_contiguous
            assert (dtype, method, result.shape, result.dtype) == (
                dtype,
                method,
                expected[method].shape,
                expected[method].dtype,
            )


@every_estimator
def test_no_rows_give_no_results(name):
    drop_in, _ = models.quantized(models.ESTIMATORS[name]())
    rows = models.data()[0]
    one_row = answers(drop_in, rows[:1])
    for method, result in answers(drop_in, rows[:0]).items():
        one = one_row[method]
        assert (result.shape, result.dtype) == ((0, *one.shape[1:]), one.dtype)


@every_estimator
def test_results_lie_within_the_error_that_int8_may_make(name):
    original = models.ESTIMATORS[name]()
    drop_in, int8 = models.quantized(original)
    x = models.data("float32")[0]
    graph = import_model(original).graph
    values, bounds = float_graph.run(graph, x, int8)
    expected, results = answers(original, x.astype(np.float64)), answers(drop_in, x)
    output = {"predict_proba": 1, "predict_log_proba": 2}
    for method in results.keys() - {"predict"}:
        index = output.get(method, 0)
        if index == 2 and "log_probabilities" not in graph.outputs:
            continue
        bound = bounds[index][:, -1] if results[method].ndim == 1 else bounds[index]
        close = np.abs(results[method] - expected[method]) <= bound
        if index:  # underflow: the filled rows have a test of their own, and log(0) is -Inf
            close[(values[1] < 1e-12).any(axis=1)] = True
        assert close.all()
    if "predict" in results and not hasattr(original, "classes_"):
        bound = bounds[0][:, -1] if results["predict"].ndim == 1 else bounds[0]
        assert np.all(np.abs(results["predict"] - expected["predict"]) <= bound)


@every_estimator
def test_labels_are_those_of_the_original_where_one_layer_in_int8_cannot_change_them(name):
    original = models.ESTIMATORS[name]()
    if not hasattr(original, "classes_"):
        pytest.skip("no classifier")
    graph = import_model(original).graph
    *others, _ = [label(node) for node in graph.nodes if node.op == "linear"]
    drop_in, int8 = models.quantized(original, keep_float=others)
    x = models.data("float32")[0]
    values, bounds = float_graph.run(graph, x, int8)
    check_labels(drop_in.predict(x), original.predict(x.astype(float)), values[0], bounds[0])


def check_labels(labels, expected, scores, bounds):
    """Where no error within the bounds can change the winner, the labels must be equal."""
    if labels.ndim == 2:  # multilabel: each score against 0
        certain = np.abs(scores) > bounds
    else:
        best = scores.argmax(axis=1)[:, None]
        least = np.take_along_axis(scores - bounds, best, axis=1)
        rivals = scores + bounds
        np.put_along_axis(rivals, best, -np.inf, axis=1)
        certain = least[:, 0] > rivals.max(axis=1)
    assert certain.mean() > 0.1, "the bounds decide nothing here"
    assert np.array_equal(labels[certain], expected[certain])


@pytest.mark.parametrize(
    ("labels", "classes"),
    [(labels, n) for labels in models.LABELS for n in (2, 4) if n <= len(models.LABELS[labels])],
)
@pytest.mark.parametrize("name", ["mlp_relu", "logistic", "standard_logistic", "sgd_hinge"])
def test_labels_of_every_kind(name, labels, classes):
    original = models.classifier(name, classes, labels)
    drop_in, _ = models.quantized(original)
    x = models.data()[0]
    expected, result = original.predict(x), drop_in.predict(x)
    assert result.dtype == expected.dtype
    assert type(result[0]) is type(expected[0])
    assert np.mean(result == expected) > 0.9
    assert np.array_equal(result, drop_in.classes_[np.searchsorted(drop_in.classes_, result)])


@pytest.mark.parametrize("weights", [None, np.linspace(0, 1, models.ROWS)])
def test_score_is_accuracy_or_r2(weights):
    x, scores = models.data()
    classifier, _ = models.quantized(models.classifier("logistic"))
    y = models.LABELS["int"][scores.argmax(axis=1)]
    accuracy = accuracy_score(y, classifier.predict(x), sample_weight=weights)
    assert classifier.score(x, y, weights) == accuracy
    regressor, _ = models.quantized(models.regressor("ridge", 3))
    r2 = r2_score(scores[:, :3], regressor.predict(x), sample_weight=weights)
    assert regressor.score(x, scores[:, :3], sample_weight=weights) == r2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["sgd_log", "sgd_huber"])
def test_rows_without_a_probable_class(name, dtype):
    """One class against the rest, and none of them probable: sigmoid underflows, or clip cuts."""
    original = copy.deepcopy(models.classifier(name, dtype=dtype))
    # 127 steps that 16 bits hold. The scores of a row of n ones are -0.744 n, -0.750 n, ...
    slopes = -127 * 2.0**-12 * (1 + np.arange(models.CLASSES)[:, None] / 128)
    original.coef_ = np.tile(slopes, models.FEATURES).astype(original.coef_.dtype)
    original.intercept_ = np.zeros_like(original.intercept_)
    drop_in, _ = models.quantized(original)
    rows = np.tile(np.array([0.5, 20, 100, 300, 600, 1000, 5000])[:, None], models.FEATURES)
    result = drop_in.predict_proba(rows.astype(dtype))
    with np.errstate(invalid="ignore"):
        expected = original.predict_proba(rows.astype(dtype))
    expected[np.isnan(expected)] = 1 / models.CLASSES  # older versions of scikit-learn: 0 / 0
    flat = np.ptp(expected, axis=1) == 0
    assert 0 < flat.sum() < len(rows)
    assert np.array_equal(np.ptp(result, axis=1) == 0, flat)
    assert result.dtype == expected.dtype
    # INT8 is exact here, and scores of 600 are rounded to float32.
    assert np.allclose(result, expected, rtol=0, atol=2 * 600 * np.finfo(np.float32).eps)


def test_repr_says_int8_and_shapes():
    drop_ins = [
        models.quantized(estimator)[0]
        for estimator in (
            models.classifier("standard_logistic"),
            models.regressor("mlp", 3),
            models.transformer("standard_pca"),
        )
    ]
    assert [repr(drop_in) for drop_in in drop_ins] == [
        "QuantizedEstimator(Pipeline, 24 features -> 4 classes, INT8)",
        "QuantizedEstimator(MLPRegressor, 24 features -> 3 outputs, INT8)",
        "QuantizedEstimator(Pipeline, 24 features -> 17 components, INT8)",
    ]


def test_a_method_that_the_original_lacks_is_an_attribute_error():
    drop_in, _ = models.quantized(models.classifier("sgd_hinge"))
    with pytest.raises(AttributeError, match=r"SGDClassifier .* had none; it has decision_"):
        drop_in.predict_proba  # noqa: B018
