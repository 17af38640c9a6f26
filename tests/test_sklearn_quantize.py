"""``quantize_model`` on real data: handwritten digits, through scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import LinearSVC

import fourfold as ff
import sklearn_models as models

# Latency is for benchmarks: on a busy machine it proves nothing.
GATE = ff.Gate(max_accuracy_loss=1.0, min_compression=2.0, min_speedup=0)


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    return train_test_split(x.astype(np.float32), y, random_state=0, stratify=y)


@pytest.mark.parametrize(
    ("estimator", "method"),
    [
        (MLPClassifier((128, 64), max_iter=12, random_state=0), "predict_proba"),
        (
            make_pipeline(
                MinMaxScaler(),
                MLPClassifier((96,), activation="tanh", max_iter=20, random_state=0),
            ),
            "predict_proba",
        ),
        (make_pipeline(StandardScaler(), PCA(48), LogisticRegression()), "predict_proba"),
        (make_pipeline(MinMaxScaler(), LinearSVC(random_state=0)), "decision_function"),
    ],
    ids=["mlp", "minmax mlp", "pca logistic", "svc"],
)
def test_classifiers_keep_their_accuracy(digits, estimator, method):
    x_train, x_test, y_train, y_test = digits
    models.fit(estimator, x_train, y_train)
    result = ff.quantize_model(estimator, x_test, y_test, gate=GATE, threads=1)
    assert result.accepted, result.reasons
    assert result.stats.metric == "accuracy"
    assert result.stats.original_metric == estimator.score(x_test, y_test)
    assert result.stats.quantized_metric == result.model.score(x_test, y_test)
    assert result.stats.int8_weight_share > 0.9
    expected, answers = (getattr(model, method)(x_test) for model in (estimator, result.model))
    assert np.mean(answers.argmax(axis=1) == expected.argmax(axis=1)) >= 0.98


def test_a_wide_network_in_float32_becomes_four_times_smaller(digits):
    x_train, x_test, y_train, y_test = digits
    mlp = MLPClassifier((1024, 1024), max_iter=1, random_state=0)
    models.fit(mlp, x_train[:200], y_train[:200])
    result = ff.quantize_model(mlp, x_test[:50], y_test[:50], gate=GATE)
    assert result.stats.original_size == sum(a.nbytes for a in mlp.coefs_ + mlp.intercepts_)
    assert result.stats.compression_ratio > 3.9


def test_regressors_are_judged_by_r2():
    x, y = load_diabetes(return_X_y=True)
    mlp = MLPRegressor(hidden_layer_sizes=(96, 64), solver="lbfgs", max_iter=30, random_state=0)
    models.fit(mlp, 20 * x, y)
    result = ff.quantize_model(mlp, 20 * x, y, gate=GATE)
    assert result.accepted, result.reasons
    assert result.stats.metric == "r2"
    assert np.isclose(result.stats.original_metric, mlp.score(20 * x, y))


def test_linear_models_of_one_output_gain(digits):
    x, y = load_diabetes(return_X_y=True)
    result = ff.quantize_model(LinearRegression().fit(x, y), x, y, gate=GATE)
    assert result.accepted, result.reasons
    assert result.stats.original_size == 8 * (10 + 1)
    assert result.stats.quantized_size == 10 + 2 + 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_two_classes_are_two_columns(digits, dtype):
    x_train, x_test, y_train, y_test = digits
    binary = LogisticRegression(max_iter=200)
    models.fit(binary, x_train.astype(dtype), y_train == 8)
    result = ff.quantize_model(binary, x_test.astype(dtype), y_test == 8, gate=GATE)
    assert result.stats.original_size == np.dtype(dtype).itemsize * (64 + 1)
    assert result.stats.quantized_size == 2 * (64 + 2 + 2)
    assert result.accepted == (dtype == np.float64)


def test_transformers_are_judged_by_their_results(digits):
    x_train, x_test, *_ = digits
    pca = PCA(48).fit(x_train)
    gate = ff.Gate(max_accuracy_loss=2.0, min_compression=2.0, min_speedup=0)
    result = ff.quantize_model(pca, x_test, gate=gate)
    assert result.accepted, result.reasons
    assert result.stats.metric == "relative_l2"
    assert result.model.transform(x_test).shape == (len(x_test), 48)


@pytest.mark.parametrize("name", ["svc-2-float32", "ridge-2-float64", "ridge-multilabel-float32"])
def test_classifiers_without_a_score_per_class_are_judged_by_their_labels(name):
    original = models.ESTIMATORS[name]()
    x = models.data()[0]
    gate = ff.Gate(max_accuracy_loss=100, min_compression=0, min_speedup=0)
    result = ff.quantize_model(original, x, original.predict(x), gate=gate)
    assert result.stats.original_metric == 1.0
    assert result.stats.quantized_metric > 0.8


def test_frames_and_string_labels():
    x, scores = models.data()
    frame = pd.DataFrame(x).rename(columns="feature {}".format)
    labels = models.LABELS["str"][scores.argmax(axis=1)]
    model = models.fit(make_pipeline(StandardScaler(), models.mlp()), frame, labels)
    result = ff.quantize_model(model, frame, labels, gate=GATE)
    assert result.stats.original_metric == model.score(frame, labels)
    assert result.stats.accuracy_loss <= 1.0
    assert result.stats.rows == models.ROWS
