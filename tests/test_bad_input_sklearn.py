"""What the scikit-learn drop-in and importer refuse, and how they say so."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier, RidgeClassifierCV
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, PolynomialFeatures, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeRegressor

import fourfold as ff
import sklearn_models as models

ROW = np.zeros((2, models.FEATURES))
ANYTHING = ff.Gate(max_accuracy_loss=100, min_compression=0, min_speedup=0)


def changed(row, column, value):
    result = ROW.copy()
    result[row, column] = value
    return result


# Inputs that scikit-learn refuses too, with the same kind of error.
REFUSED = {
    "too few features": (ROW[:, :5], "X has 5 features, but .* is expecting 24 features"),
    "too many features": (np.zeros((2, 99)), "X has 99 features, but .* is expecting 24"),
    "no features": (ROW[:, :0], "0 feature"),
    "one axis": (ROW[0], "Expected 2D array, got 1D array instead"),
    "three axes": (ROW[None], "3"),
    "a number": (3.5, "Expected 2D array, got scalar array instead"),
    "an empty list": ([], "Expected 2D array, got 1D array instead"),
    "a ragged list": ([[1.0], [1.0, 2.0]], "inhomogeneous"),
    "NaN": (changed(1, 3, np.nan), "Input X contains NaN"),
    "Inf": (changed(0, 0, np.inf), "Input X contains infinity or a value too large"),
    "-Inf in float32": (changed(0, 23, -np.inf).astype(np.float32), "contains infinity"),
    "NaN in float32": (changed(1, 3, np.nan).astype(np.float32), "Input X contains NaN"),
    "complex": (ROW + 1j, "Complex data not supported"),
    "words": (np.full(ROW.shape, "one"), "must be of real numbers"),
    "a matrix": (np.matrix(ROW), "np.matrix is not supported"),
    "text": ("rows", "must be of real numbers"),
}


@pytest.mark.parametrize("bad", REFUSED)
@pytest.mark.parametrize("name", ["mlp_relu-4-float32", "standard_mlp-1-float64", "pca-float32"])
def test_what_scikit_learn_refuses_is_refused_alike(name, bad):
    original = models.ESTIMATORS[name]()
    drop_in, _ = models.quantized(original)
    rows, message = REFUSED[bad]
    method = "transform" if hasattr(original, "transform") else "predict"
    with pytest.raises((ValueError, TypeError)) as expected:
        getattr(original, method)(rows)
    with pytest.raises(expected.type, match=message):
        getattr(drop_in, method)(rows)
    getattr(drop_in, method)(ROW)


def test_what_does_not_fit_into_float32_is_infinite():
    drop_in, _ = models.quantized(models.classifier("logistic", dtype="float64"))
    with pytest.raises(ValueError, match="too large for dtype"):
        drop_in.predict(changed(0, 0, 1e300))


@pytest.mark.parametrize("rows", [np.full(ROW.shape, "1.5"), np.full(ROW.shape, b"1.5")])
def test_numbers_as_strings_are_refused(rows):
    drop_in, _ = models.quantized(models.classifier("logistic"))
    with pytest.raises(ValueError, match="convert your data to numeric values"):
        drop_in.predict(rows)


@pytest.mark.parametrize("rows", [ROW.astype(object), [[None] * models.FEATURES]])
def test_arrays_of_objects_are_refused(rows):
    drop_in, _ = models.quantized(models.classifier("logistic"))
    with pytest.raises(TypeError, match="Python objects"):
        drop_in.predict(rows)


class Careful(LogisticRegression):
    """A subclass: it may predict in its own way."""


def fitted(estimator, y=None):
    """Fit on classes, unless there is another y."""
    x, scores = models.data()
    return models.fit(estimator, x, scores.argmax(axis=1) if y is None else y)


UNSUPPORTED = {
    "forest": (lambda: fitted(RandomForestClassifier(3)), "RandomForestClassifier"),
    "tree": (lambda: fitted(DecisionTreeRegressor(max_depth=2)), "DecisionTreeRegressor"),
    "kernel": (lambda: fitted(SVC()), r"a sklearn\.svm\._classes\.SVC; supported are exactly"),
    "subclass": (lambda: fitted(Careful()), "Careful"),
    "search": (
        lambda: fitted(GridSearchCV(RidgeClassifier(), {}, cv=2)),
        "GridSearchCV: pass its best_estimator_",
    ),
    "search not fitted": (
        lambda: GridSearchCV(RidgeClassifier(), {}),
        "GridSearchCV: fit it, and pass its best_estimator_",
    ),
    "search of its own": (
        lambda: fitted(RidgeClassifierCV()),
        "RidgeClassifierCV: fit a RidgeClassifier with the parameters that it found",
    ),
    "not fitted": (LogisticRegression, "this LogisticRegression is not fitted: call fit"),
    "not fitted within": (
        lambda: make_pipeline(StandardScaler(), PCA()),
        "step 'standardscaler', this StandardScaler, is not fitted",
    ),
    "step": (
        lambda: fitted(make_pipeline(PolynomialFeatures(), LogisticRegression())),
        r"step 'polynomialfeatures', a sklearn\..*\.PolynomialFeatures",
    ),
    "nothing": (lambda: make_pipeline("passthrough"), "does nothing"),
    "nested too deep": (
        lambda: make_pipeline(make_pipeline(make_pipeline(make_pipeline(StandardScaler())))),
        "nested deeper than 2 times",
    ),
    "one class": (
        lambda: fitted(RidgeClassifier(), np.zeros(models.ROWS)),
        "this RidgeClassifier was fitted on the single class",
    ),
    "DataFrames": (
        lambda: fitted(PCA()).set_output(transform="pandas"),
        r"returns a pandas\..*DataFrame, supported are arrays",
    ),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_unsupported_models_come_back_with_the_reason(name):
    build, reason = UNSUPPORTED[name]
    model, x = build(), models.data()[0]
    result = ff.quantize_model(model, x, gate=ANYTHING)
    assert result.model is model
    assert not result.accepted
    with pytest.raises(ff.QuantizationRejectedError, match=reason):
        ff.quantize_model(model, x, gate=ANYTHING, strict=True)


@pytest.mark.parametrize(
    "build",
    [
        lambda: fitted(StandardScaler()),
        lambda: fitted(make_pipeline(StandardScaler(), Normalizer())),
    ],
    ids=["scaler", "scalers"],
)
def test_models_without_anything_to_quantize_come_back(build):
    model = build()
    result = ff.quantize_model(model, models.data()[0])
    assert result.model is model
    assert "nothing to quantize" in result.reasons[0]


def test_sparse_labels_are_refused():
    from scipy.sparse import csr_matrix

    x, scores = models.data()
    model = models.fit(MLPClassifier(4, max_iter=2), x, csr_matrix((scores > 0).astype(int)))
    result = ff.quantize_model(model, x, gate=ANYTHING)
    assert result.model is model
    assert "fitted on sparse labels" in result.reasons[0]


def test_poisson_loss_is_refused():
    x, scores = models.data()
    model = MLPRegressor(hidden_layer_sizes=4, max_iter=2)
    if "loss" not in model.get_params():
        pytest.skip("this scikit-learn has no Poisson loss")
    models.fit(model.set_params(loss="poisson"), x, np.exp(scores[:, 0]))
    result = ff.quantize_model(model, x, gate=ANYTHING)
    assert result.model is model
    assert "ends in 'exp'" in result.reasons[0]


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_weights_that_are_not_finite_are_named(value):
    x, scores = models.data("float64")
    model = models.fit(models.mlp(), x, scores.argmax(axis=1))
    model.coefs_[1][0, 0] = value
    result = ff.quantize_model(model, x, gate=ANYTHING)
    assert result.model is model
    assert "coefs_[1]" in result.reasons[0]
