"""Test data, labels and metrics that cannot be used: the original model, and the reason."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from networks import ANYTHING, quantize, random_network, random_rows, reason_to_reject


@pytest.fixture
def x(rng):
    return random_rows(rng, 24)


@pytest.fixture
def network(rng):
    return random_network(rng, (64, 128, 10))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.empty((0, 64)), "without rows"),
        ([], "ended at once"),
        (iter([]), "ended at once"),
        (np.ones((4, 63)), r"\[rows, 64\], got \(4, 63\)"),
        (np.ones((4, 64), object), "dtype object"),
        (np.ones((4, 64), complex), "dtype complex128"),
        ({"y": np.ones((4, 64))}, r"inputs \['x'\]"),
        (
            sparse.csr_matrix(np.ones((4, 64))),
            r"dense array, got a sparse matrix: pass x\.toarray\(\)",
        ),
        (list(np.ones((4, 64))), r"shape \(64,\).*numpy\.stack"),
        ((np.ones((4, 64)), np.ones(4)), r"shape \(4,\).*labels go into labels="),
        ((np.ones((4, 64)), np.ones((4, 2))), r"shapes \(4, 64\) and \(4, 2\); labels go into"),
        (None, "got NoneType"),
    ],
)
def test_test_data_that_cannot_be_used(network, data, message):
    reason = reason_to_reject(network, data)
    assert re.search(message, reason)


def test_an_iterable_that_raises(network, x):
    def batches():
        yield x
        raise OSError("the disk is gone")

    assert "OSError: the disk is gone" in reason_to_reject(network, batches())


def test_labels_of_another_length(network, x):
    assert "(23,) for 24 rows" in reason_to_reject(network, x, np.zeros(23))


def test_test_data_with_nan_reject(network, x):
    x[3, 3] = np.nan
    reason = reason_to_reject(network, x)
    assert reason.startswith("The accuracy loss is not a number: an output of the original or of")
    assert "not a number" in reason_to_reject(network, x, np.zeros((24, 10)), metric="mse")


def test_a_metric_that_raises(network, x):
    def metric(labels, outputs):
        raise ZeroDivisionError("nothing to divide by")

    reason = reason_to_reject(network, x, np.zeros(24), metric=metric)
    assert reason.startswith("The metric failed")
    assert reason.endswith("ZeroDivisionError: nothing to divide by.")


def test_a_metric_that_is_nan(network, x):
    reason = reason_to_reject(network, x, np.zeros(24), metric=lambda y, p: np.nan)
    assert "not a number" in reason


@pytest.mark.parametrize("value", [None, "good", "0.9", [0.5, 0.5], np.ones(1)])
def test_a_metric_that_is_no_number(network, x, value):
    reason = reason_to_reject(network, x, np.zeros(24), metric=lambda y, p: value)
    assert reason.startswith("The metric failed")


def test_a_metric_may_write_to_what_it_gets(network, x):
    def spoiling(labels, outputs):
        answer = np.mean(labels == outputs[:, 0])
        labels[:] = 0
        outputs[:] = 7
        return answer

    labels = network(x)[:, 0]
    before = labels.copy()
    stats = quantize(network, x, labels, metric=spoiling, gate=ANYTHING).stats
    assert stats.original_metric == 1
    assert stats.quantized_metric < 1
    np.testing.assert_array_equal(labels, before)


@pytest.mark.parametrize(
    "labels", [(i for i in range(24)), set(range(24)), {"y": 1}, "labels.csv", 3]
)
def test_labels_that_are_no_array(network, x, labels):
    kind = type(labels).__name__
    assert f"an array or a list with one entry per row, got {kind}" in reason_to_reject(
        network, x, labels
    )


@pytest.mark.parametrize(
    "relabel",
    [
        lambda y: y.astype(str),
        lambda y: pd.Series(y).astype("string"),
        lambda y: [None] * len(y),
        lambda y: np.where(y == y[0], np.nan, y),
        lambda y: y + 100,
        lambda y: np.eye(10)[y] * 0.5,
    ],
)
@pytest.mark.parametrize("metric", [None, "accuracy"])
def test_labels_of_another_task(rng, x, relabel, metric):
    network = random_network(rng, (64, 128, 10), last="softmax")
    y = network(x).argmax(axis=1)
    assert quantize(network, x, y, metric=metric).stats.original_metric == 1
    reason = reason_to_reject(network, x, relabel(y), metric=metric)
    assert reason.startswith("The accuracy cannot be measured: ValueError: ")


def test_a_model_that_is_always_wrong_is_no_baseline(rng, x):
    network = random_network(rng, (64, 128, 10), last="softmax")
    wrong = (network(x).argmax(axis=1) + 1) % 10
    assert "the original model's accuracy is 0" in reason_to_reject(network, x, wrong)


def test_calibration_data_of_other_columns(network, x):
    reason = reason_to_reject(network, x, calibration_data=x[:, :60])
    assert reason.startswith("The calibration data cannot be used")
    assert "shape [rows, 64], got (24, 60)" in reason


def test_a_progress_function_that_raises(network, x):
    def progress(share, what):
        if what == "measuring latency":
            raise OSError("no terminal")

    reason = reason_to_reject(network, x, progress=progress)
    assert reason == "The progress function failed: OSError: no terminal."


def test_a_metric_without_labels(network, x):
    assert "needs labels" in reason_to_reject(network, x, metric="accuracy")
