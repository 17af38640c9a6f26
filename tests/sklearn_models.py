"""Fitted scikit-learn estimators of every supported class and task, and their drop-ins."""

import warnings
from functools import cache, partial

import numpy as np
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, StandardScaler
from sklearn.svm import LinearSVC, LinearSVR

from fourfold.importers import import_model
from fourfold.quantization.build import quantize_graph
from fourfold.quantization.config import QuantizationConfig
from fourfold.wrapping import wrap

ROWS, FEATURES, CLASSES = 240, 24, 4
LABELS = {
    "int": np.array([3, 5, 8, 9]),
    "str": np.array(["ash", "beech", "cedar", "elm"]),
    "object": np.array(["ash", "beech", "cedar", "elm"], dtype=object),
    "float": np.array([0.0, 1.0, 2.0, 3.0]),
    "bool": np.array([False, True]),
}


def mlp(**options):
    return MLPClassifier((32, 20), max_iter=8, random_state=0, **options)


CLASSIFIERS = {
    "mlp_relu": mlp,
    "mlp_tanh": lambda: mlp(activation="tanh"),
    "mlp_logistic": lambda: mlp(activation="logistic"),
    "mlp_identity": lambda: mlp(activation="identity"),
    "logistic": lambda: LogisticRegression(max_iter=15),
    "logistic_no_intercept": lambda: LogisticRegression(fit_intercept=False, max_iter=15),
    "ridge": RidgeClassifier,
    "svc": lambda: LinearSVC(random_state=0),
    "svc_crammer_singer": lambda: LinearSVC(multi_class="crammer_singer", random_state=0),
    "sgd_hinge": lambda: SGDClassifier(random_state=0),
    "sgd_log": lambda: SGDClassifier(loss="log_loss", random_state=0, average=True),
    "sgd_huber": lambda: SGDClassifier(loss="modified_huber", random_state=0),
    "standard_logistic": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=15)),
    "minmax_mlp": lambda: make_pipeline(MinMaxScaler(feature_range=(-1, 2), clip=True), mlp()),
    "maxabs_sgd": lambda: make_pipeline(
        MaxAbsScaler(), SGDClassifier(loss="log_loss", random_state=0)
    ),
    "l1_svc": lambda: make_pipeline(Normalizer("l1"), LinearSVC(random_state=0)),
    "l2_mlp": lambda: make_pipeline(Normalizer("l2"), mlp()),
    "max_ridge": lambda: make_pipeline(Normalizer("max"), RidgeClassifier()),
    "pca_logistic": lambda: make_pipeline(
        StandardScaler(with_std=False), PCA(9), LogisticRegression()
    ),
    "svd_sgd": lambda: make_pipeline(
        StandardScaler(with_mean=False), TruncatedSVD(9), SGDClassifier(random_state=0)
    ),
    "empty_steps": lambda: make_pipeline("passthrough", None, StandardScaler(), mlp()),
    "nested": lambda: make_pipeline(make_pipeline(MinMaxScaler(), PCA(12)), mlp()),
}

MULTILABEL = {
    "mlp": mlp,
    "ridge": RidgeClassifier,
    "standard_mlp": lambda: make_pipeline(StandardScaler(), mlp()),
}

REGRESSORS = {
    "linear": LinearRegression,
    "ridge": Ridge,
    "lasso": lambda: Lasso(alpha=0.01),
    "elastic": lambda: ElasticNet(alpha=0.01, fit_intercept=False),
    "mlp": lambda: MLPRegressor(hidden_layer_sizes=(32, 20), max_iter=8, random_state=0),
    "standard_mlp": lambda: make_pipeline(
        StandardScaler(),
        MLPRegressor(hidden_layer_sizes=32, activation="tanh", max_iter=8, random_state=0),
    ),
}

# These take one target only.
SINGLE_TARGET_REGRESSORS = {
    "svr": lambda: LinearSVR(random_state=0),
    "sgd": lambda: SGDRegressor(random_state=0),
    "minmax_svr": lambda: make_pipeline(MinMaxScaler(), LinearSVR(random_state=0)),
}

TRANSFORMERS = {
    "pca": lambda: PCA(17),
    "pca_whiten": lambda: PCA(5, whiten=True),
    "svd": lambda: TruncatedSVD(7, random_state=0),
    "standard_pca": lambda: make_pipeline(StandardScaler(), PCA(17)),
    "pca_passthrough": lambda: make_pipeline(PCA(17), "passthrough"),
    "normalizer_svd": lambda: make_pipeline(Normalizer(), TruncatedSVD(7, random_state=0)),
}


@cache
def data(dtype="float32"):
    """Rows of mixed scales and offsets, and the scores that make their labels."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(ROWS, FEATURES)) * rng.uniform(0.3, 3, FEATURES)
    x += rng.normal(size=FEATURES)
    scores = x @ rng.normal(size=(FEATURES, CLASSES)) + rng.normal(size=(ROWS, CLASSES))
    return x.astype(dtype), (scores - scores.mean(axis=0)) / scores.std(axis=0)


def fit(estimator, x, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few iterations: that it has not converged is meant
        return estimator.fit(x, y)


@cache
def classifier(name, classes=CLASSES, labels="int", dtype="float32"):
    x, scores = data(dtype)
    return fit(CLASSIFIERS[name](), x, LABELS[labels][scores[:, :classes].argmax(axis=1)])


@cache
def multilabel(name, dtype="float32"):
    x, scores = data(dtype)
    return fit(MULTILABEL[name](), x, (scores > 0).astype(int))


@cache
def regressor(name, targets=None, dtype="float32"):
    """``targets`` None: y has one axis; else two, with so many columns."""
    x, scores = data(dtype)
    y = scores[:, 0] if targets is None else scores[:, :targets]
    return fit({**REGRESSORS, **SINGLE_TARGET_REGRESSORS}[name](), x, y.astype(dtype))


@cache
def transformer(name, dtype="float32"):
    return fit(TRANSFORMERS[name](), data(dtype)[0], None)


def _every_estimator():
    for dtype in ("float32", "float64"):
        for name in CLASSIFIERS:
            for classes in (2, CLASSES):
                yield f"{name}-{classes}-{dtype}", partial(classifier, name, classes, dtype=dtype)
        for name in MULTILABEL:
            yield f"{name}-multilabel-{dtype}", partial(multilabel, name, dtype)
        for name in REGRESSORS:
            for targets in (None, 1, 3):
                yield f"{name}-{targets}-{dtype}", partial(regressor, name, targets, dtype)
        for name in SINGLE_TARGET_REGRESSORS:
            yield f"{name}-{dtype}", partial(regressor, name, None, dtype)
        for name in TRANSFORMERS:
            yield f"{name}-{dtype}", partial(transformer, name, dtype)


# Every case by its name; fitted when first called for.
ESTIMATORS = dict(_every_estimator())


def quantized(estimator, keep_float=()):
    """Return the drop-in, without asking whether it is worth it, and the names of INT8 layers."""
    imported = import_model(estimator)
    candidate = quantize_graph(imported.graph, QuantizationConfig(keep_float=keep_float))
    drop_in = wrap(imported.kind, candidate.program, imported.interface, imported.interface_arrays)
    int8 = {layer.name for layer in candidate.layers if layer.precision == "int8"}
    return drop_in, int8


def assert_same_parameters(a, b):
    """Compare parameters by value; those that are estimators by class."""
    assert a.keys() == b.keys()
    for key, value in a.items():
        if hasattr(value, "get_params"):
            assert type(value) is type(b[key])
        elif key != "steps" and not key.endswith("__steps"):
            assert type(value) is type(b[key])
            assert np.array_equal(value, b[key])
