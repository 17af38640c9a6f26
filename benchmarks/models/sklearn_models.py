"""scikit-learn models, trained here in seconds on data that comes with packages, as skl2onnx
writes them: ai.onnx.ml's scaler, linear classifier, normalizer and the multilayer perceptrons.
"""

from __future__ import annotations

import functools
import warnings
from functools import partial
from typing import Any

import numpy as np

from benchmarks.models.mnist import digits
from benchmarks.models.task import Feeds, Judged, NotInstalledError, Session, Task

HIDDEN = {"digits": (128, 64), "mnist5k": (256, 128), "cancer": (64, 32), "wine": (64, 32)}
SCALED = ("cancer", "wine")


def _loaded(data: str) -> tuple[np.ndarray, np.ndarray]:
    from sklearn import datasets

    if data == "mnist5k":
        return digits()
    loaders = {
        "digits": datasets.load_digits,
        "cancer": datasets.load_breast_cancer,
        "wine": datasets.load_wine,
        "diabetes": datasets.load_diabetes,
    }
    X, y = loaders[data](return_X_y=True)
    return (X / 16 if data == "digits" else X), y


@functools.cache
def _split(data: str) -> list[np.ndarray]:
    """Training rows, test rows, training labels, test labels: 70 to 30."""
    try:
        from sklearn.model_selection import train_test_split
    except ImportError:
        raise NotInstalledError("needs scikit-learn: make test-models installs it") from None
    X, y = _loaded(data)
    labels = None if data == "diabetes" else y
    return train_test_split(X.astype(np.float32), y, test_size=0.3, random_state=0, stratify=labels)


def _estimator(data: str, kind: str) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if data == "diabetes":
        settings = {"solver": "lbfgs", "max_iter": 60, "alpha": 1000.0, "random_state": 0}
        return make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(16,), **settings))
    if kind == "logistic":
        return LogisticRegression(max_iter=500, C=0.1)
    network = MLPClassifier(HIDDEN[data], max_iter=300, random_state=0)
    return make_pipeline(StandardScaler(), network) if data in SCALED else network


@functools.cache
def model(data: str, kind: str) -> bytes:
    train, test, labels, _ = _split(data)
    try:
        from skl2onnx import to_onnx
    except ImportError:
        raise NotInstalledError("needs skl2onnx: make test-models installs it") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that training stops at max_iter is how it is defined
        fitted = _estimator(data, kind).fit(train, labels)
        options = {"zipmap": False} if hasattr(fitted, "predict_proba") else None
        made = to_onnx(fitted, test[:1], options=options, target_opset=18)
    return made.SerializeToString()


def examples(data: str) -> list[Feeds]:
    return [{"X": _split(data)[1][:rows]} for rows in (64, 1, 37)]


def calibration(data: str) -> list[Feeds]:
    train = _split(data)[0][:256]
    return [{"X": train[i : i + 32]} for i in range(0, len(train), 32)]


def judged(data: str) -> Judged:
    """The test rows in batches of the timed size, as far as they fill them, judged by truth."""
    _, test, _, truth = _split(data)
    rows = min(64, len(test))
    count = len(test) // rows * rows
    return Judged([{"X": test[i : i + rows]} for i in range(0, count, rows)], truth[:count])


def score(data: str, session: Session, quick: bool = False) -> dict[str, float]:
    _, test, _, truth = _split(data)
    if quick:
        test, truth = test[:300], truth[:300]
    given = session.run(None, {"X": test})[0].reshape(-1)
    if data == "diabetes":
        return {"R2": float(1 - ((truth - given) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())}
    return {"accuracy": float((given == truth).mean())}


def _task(data: str, kind: str, float32: float) -> Task:
    return Task(
        f"scikit-learn {data} {kind}",
        partial(model, data, kind),
        partial(examples, data),
        partial(calibration, data),
        partial(judged, data),
        partial(score, data),
        {"R2" if data == "diabetes" else "accuracy": float32},
    )


TASKS = [
    _task("digits", "MLP", 0.9778),
    _task("digits", "logistic", 0.95),
    _task("cancer", "MLP", 0.9532),
    _task("wine", "MLP", 1.0),
    _task("diabetes", "MLP", 0.404),
    _task("mnist5k", "MLP", 0.9413),
    _task("mnist5k", "logistic", 0.9087),
]
