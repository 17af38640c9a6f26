"""The float graph of an estimator computes what the estimator does."""

import copy

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

import float_graph
import sklearn_models as models
from fourfold.importers import import_model


@pytest.mark.parametrize("name", models.ESTIMATORS)
def test_float_graph_gives_the_original_results(name):
    estimator = models.ESTIMATORS[name]()
    x = models.data("float32")[0]
    imported = import_model(estimator)
    outputs, bounds = float_graph.run(imported.graph, x)
    rows = x.astype(np.float64)
    told = np.ones(len(x), bool)

    def check(result, index):
        value, bound = outputs[index], bounds[index]
        if result.ndim == 1:  # one column, or the second of a binary classifier's two
            value, bound = value[:, -1], bound[:, -1]
        assert result.shape == value.shape
        result, value, bound = result[told], value[told], bound[told]
        # The graph's weights are float32: that is within the bound for float32 arithmetic.
        assert np.all(np.abs(result - value) <= bound)

    if hasattr(estimator, "transform"):
        check(estimator.transform(rows), 0)
        return
    if not hasattr(estimator, "classes_"):
        check(estimator.predict(rows), 0)
        return
    if hasattr(estimator, "decision_function"):
        check(estimator.decision_function(rows), 0)
    if hasattr(estimator, "predict_proba"):
        # One class against the rest, and 0 for each: the drop-in fills such rows.
        told = outputs[1].any(axis=1)
        check(estimator.predict_proba(rows), 1)
    if "log_probabilities" in imported.graph.outputs:
        # The original's logarithm of 0 is -Inf, the graph knows better.
        told = (outputs[1] > 1e-12).all(axis=1)
        with np.errstate(divide="ignore"):
            logarithms = estimator.predict_log_proba(rows)
        check(logarithms, 2)


def test_the_graph_and_the_drop_in_outlive_changes_to_the_estimator():
    x, scores = models.data("float32")
    pipeline = make_pipeline(MinMaxScaler(), LogisticRegression(max_iter=5))
    models.fit(pipeline, x, scores.argmax(axis=1))
    drop_in, _ = models.quantized(pipeline)
    before = drop_in.predict_proba(x), drop_in.classes_.copy()
    pipeline[0].scale_ *= 3
    pipeline[1].coef_ += 1
    pipeline.classes_[:] = -1
    assert np.array_equal(drop_in.predict_proba(x), before[0])
    assert np.array_equal(drop_in.classes_, before[1])


def test_layers_are_named_as_in_the_estimator():
    layers = [
        node.name
        for node in import_model(models.classifier("nested")).graph.nodes
        if node.op == "linear"
    ]
    assert layers == [
        "pipeline__pca.components_",
        *(f"mlpclassifier.coefs_[{index}]" for index in range(3)),
    ]


@pytest.mark.parametrize("name", ["mlp_relu-4-float32", "sgd_log-2-float64", "pca_whiten-float32"])
def test_parameter_bytes_are_those_that_the_original_stores(name):
    original = models.ESTIMATORS[name]()
    used = ["coef_", "intercept_", "components_", "mean_", "explained_variance_"]
    arrays = [getattr(original, attribute) for attribute in used if hasattr(original, attribute)]
    arrays += [*getattr(original, "coefs_", []), *getattr(original, "intercepts_", [])]
    assert import_model(original).parameter_bytes == sum(array.nbytes for array in arrays)


def test_sparse_coefficients_count_as_they_are_stored():
    original = copy.deepcopy(models.classifier("logistic"))
    dense = import_model(original).graph.constants["coef_.weight"]
    original.sparsify()
    imported = import_model(original)
    sparse = original.coef_
    stored = sparse.data.nbytes + sparse.indices.nbytes + sparse.indptr.nbytes
    assert imported.parameter_bytes == stored + original.intercept_.nbytes
    assert np.array_equal(imported.graph.constants["coef_.weight"], dense)


@pytest.mark.skipif(
    "multi_class" not in LogisticRegression().get_params(),
    reason="this scikit-learn has no multi_class",
)
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize(
    "options",
    [{"multi_class": "ovr"}, {"multi_class": "multinomial"}, {"solver": "liblinear"}],
    ids=str,
)
def test_every_multi_class_of_older_versions(options, classes):
    x, scores = models.data("float64")
    original = models.fit(
        LogisticRegression(max_iter=15, **options), x, scores[:, :classes].argmax(axis=1)
    )
    outputs, bounds = float_graph.run(import_model(original).graph, x.astype(np.float32))
    assert np.all(np.abs(original.predict_proba(x) - outputs[1]) <= bounds[1])
