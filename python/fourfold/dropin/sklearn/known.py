"""The scikit-learn estimators that fourfold knows: the one list of them."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple


class Known(NamedTuple):
    """The module that scikit-learn documents for a class, and which importer takes it."""

    module: str
    importer: str


_LINEAR = "sklearn.linear_model"
_NEURAL = "sklearn.neural_network"
_SCALING = "sklearn.preprocessing"

KNOWN = {
    "ElasticNet": Known(_LINEAR, "linear regressor"),
    "Lasso": Known(_LINEAR, "linear regressor"),
    "LinearRegression": Known(_LINEAR, "linear regressor"),
    "Ridge": Known(_LINEAR, "linear regressor"),
    "SGDRegressor": Known(_LINEAR, "linear regressor"),
    "LinearSVR": Known("sklearn.svm", "linear regressor"),
    "LinearSVC": Known("sklearn.svm", "linear classifier"),
    "LogisticRegression": Known(_LINEAR, "logistic regression"),
    "RidgeClassifier": Known(_LINEAR, "ridge classifier"),
    "SGDClassifier": Known(_LINEAR, "SGD classifier"),
    "MLPClassifier": Known(_NEURAL, "MLP classifier"),
    "MLPRegressor": Known(_NEURAL, "MLP regressor"),
    "PCA": Known("sklearn.decomposition", "PCA"),
    "TruncatedSVD": Known("sklearn.decomposition", "truncated SVD"),
    "MaxAbsScaler": Known(_SCALING, "max-abs scaler"),
    "MinMaxScaler": Known(_SCALING, "min-max scaler"),
    "Normalizer": Known(_SCALING, "normalizer"),
    "StandardScaler": Known(_SCALING, "standard scaler"),
    "Pipeline": Known("sklearn.pipeline", "pipeline"),
}


def known_name(estimator: object) -> str | None:
    """Return the class name of an estimator that is exactly of a known class, no subclass."""
    name = type(estimator).__name__
    known = KNOWN.get(name)
    if known is None or getattr(import_module(known.module), name, None) is not type(estimator):
        return None
    return name
