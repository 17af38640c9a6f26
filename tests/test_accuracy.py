"""Accuracy: named metrics against their definitions, the loss, and what is not a number."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from fourfold.accuracy import (
    NAMED_METRICS,
    Metric,
    choose_metric,
    compare_with_labels,
)
from fourfold.distance import OutputDistance

SCORES = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]], np.float32)


def compare_outputs(*batches):
    """The distance of pairs of outputs, each pair a batch with one output."""
    distance = OutputDistance()
    for original, quantized in batches:
        distance.add([original], [quantized])
    return distance.comparison()


def constant_metric(values, higher_is_better=True):
    """A metric that gives one value for the original, the next for the quantized model."""
    remaining = iter(values)
    return Metric("constant", lambda labels, outputs: next(remaining), higher_is_better)


def loss(before, after, higher_is_better=True):
    metric = constant_metric([before, after], higher_is_better)
    return compare_with_labels(metric, np.zeros(4), SCORES, SCORES).loss


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("r2", metrics.r2_score),
        ("mse", metrics.mean_squared_error),
        ("mae", metrics.mean_absolute_error),
    ],
)
@pytest.mark.parametrize("shape", [(50,), (50, 3)])
def test_regression_metrics_are_scikit_learn_s(rng, name, theirs, shape):
    labels = rng.normal(size=shape)
    outputs = (labels + rng.normal(size=shape)).astype(np.float32)
    assert NAMED_METRICS[name].function(labels, outputs) == pytest.approx(theirs(labels, outputs))


def test_a_column_and_a_vector_are_the_same_labels(rng):
    labels = rng.normal(size=9)
    outputs = rng.normal(size=(9, 1)).astype(np.float32)
    ours = NAMED_METRICS["mse"].function(labels, outputs)
    assert ours == pytest.approx(np.mean((labels - outputs[:, 0]) ** 2))


@pytest.mark.parametrize(
    ("labels", "outputs", "classes"),
    [
        ([0, 1, 1, 1], SCORES, None),
        (["no", "yes", "yes", "yes"], SCORES, np.array(["no", "yes"])),
        ([7, 9, 9, 9], SCORES, np.array([7, 9])),
        ([[1, 0], [0, 1], [0, 1], [0, 1]], SCORES, None),
        ([0.0, 1.0, 1.0, 1.0], SCORES, None),
        ([[0], [1], [1], [1]], SCORES, np.array([0, 1])),
        (pd.Series(["no", "yes", "yes", "yes"], dtype="string"), SCORES, np.array(["no", "yes"])),
        (pd.Categorical(["no", "yes", "yes", "yes"]), SCORES, np.array(["no", "yes"], object)),
        (pd.Series([7, 9, 9, 9], dtype="Int64"), SCORES, np.array([7, 9])),
        ([False, True, True, True], SCORES, np.array([0.0, 1.0])),
        (["a", "b", "b", "b"], np.array(["a", "b", "a", "b"]), np.array(["a", "b"])),
        ([True, False, False, False], np.array([True, False, True, False]), None),
    ],
)
def test_accuracy_counts_the_rows_that_are_right(labels, outputs, classes):
    labels = np.asarray(labels)
    metric = choose_metric("accuracy", True, "none", labels, outputs, classes)
    assert metric.function(labels, outputs) == 0.75


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        (
            ["0", "1", "0", "1"],
            np.array([0, 1]),
            r"\('0', '1'\) is one of the model's classes \(0, 1\)",
        ),
        ([0, 1, 0, 1], np.array(["0", "1"]), "none of the labels .* classes"),
        ([5, 6, 7, 8], np.arange(2), r"\(5, 6, 7, \.\.\.\) is one .* \(0, 1\)"),
        ([b"no"] * 4, np.array(["no", "yes"]), "none of the labels"),
        ([None] * 4, np.array([0, 1]), "all strings or all numbers, got NoneType"),
        (["no", None, "no", "no"], np.array(["no", "yes"]), "got NoneType and str"),
        ([0, np.nan, 1, 1], np.array([0, 1]), "1 of them are NaN"),
        (
            np.eye(2)[[0, 1, 1, 1]],
            np.array(["no", "yes"]),
            r"one class per row, got labels of shape \(4, 2\)",
        ),
        (np.full((4, 2), 0.5), None, "must be one-hot"),
    ],
)
def test_labels_that_are_no_classes_of_the_model_are_refused(labels, classes, message):
    labels = np.asarray(labels)
    metric = choose_metric("accuracy", True, "none", labels, SCORES, classes)
    with pytest.raises(ValueError, match=message):
        metric.function(labels, SCORES)


def test_an_accuracy_of_zero_is_no_baseline():
    labels = np.array([1, 0, 1, 0])
    metric = choose_metric(None, True, "accuracy", labels, SCORES, None)
    with pytest.raises(ValueError, match="the original model's accuracy is 0"):
        compare_with_labels(metric, labels, SCORES, SCORES)


@pytest.mark.parametrize(
    ("labels", "named", "expected"),
    [
        ([0, 1, 1, 0], None, "accuracy"),
        ([[0.0], [1.0], [1.0], [0.0]], None, "accuracy"),
        ([0.1, 0.9, 0.5, 0.2], None, "r2"),
        ([0, 1, 1, 0], "accuracy", "accuracy"),
        ([0, 1, 1, 0], "mse", "mse"),
    ],
)
def test_a_probability_is_judged_at_one_half(labels, named, expected):
    outputs = np.array([[0.4], [0.5], [0.7], [0.6]], np.float32)
    metric = choose_metric(named, True, "binary", np.asarray(labels), outputs, None)
    assert metric.name == expected
    if expected == "accuracy":
        assert metric.function(np.asarray(labels), outputs) == 0.75


def test_r2_names_the_column_that_is_constant(rng):
    labels = rng.normal(size=(5, 3))
    labels[:, 1] = 2
    with pytest.raises(ValueError, match="of the 5 rows' labels column 1 is constant"):
        NAMED_METRICS["r2"].function(labels, labels)
    with pytest.raises(ValueError, match="of the 1 rows' labels all are equal"):
        NAMED_METRICS["r2"].function(labels[0, :1], labels[0, :1])


def test_accuracy_does_not_guess_at_a_single_score():
    with pytest.raises(ValueError, match=r"one score per class: got outputs of shape \(4, 1\)"):
        NAMED_METRICS["accuracy"].function(np.zeros(4), SCORES[:, :1])


@pytest.mark.parametrize(
    ("labels", "outputs", "expected"),
    [
        (np.array([0, 1, 0, 1]), SCORES, "accuracy"),
        (np.array(["a", "b", "a", "b"]), SCORES, "accuracy"),
        (np.array([0.0, 1.0, 0.0, 1.0]), SCORES, "accuracy"),
        (np.array([[0], [1], [0], [1]]), SCORES, "accuracy"),
        (np.array([0.5, 1.5, 2.5, 3.5]), SCORES[:, :1], "r2"),
        (np.array([1, 2, 3, 4]), SCORES[:, 0], "r2"),
        (SCORES, SCORES, "r2"),
    ],
)
def test_without_a_name_the_metric_that_fits_is_taken(labels, outputs, expected):
    assert choose_metric(None, True, "none", labels, outputs, None).name == expected


def test_without_a_name_nothing_is_guessed():
    with pytest.raises(ValueError, match="no metric fits"):
        choose_metric(None, True, "none", np.array([0.5, 1.5, 0.5, 2.5]), SCORES, None)


@pytest.mark.parametrize(
    ("before", "after", "higher_is_better", "expected"),
    [
        (0.8, 0.6, True, 25.0),
        (0.8, 0.9, True, -12.5),
        (0.8, 0.9, False, 12.5),
        (-0.5, -1.0, True, 100.0),
        (-2.0, -1.0, False, 50.0),
        (0.0, 0.0, True, 0.0),
        (0.0, 0.1, True, 0.0),
        (0.0, -0.1, True, math.inf),
        (0.0, 0.1, False, math.inf),
    ],
)
def test_the_loss_is_relative_and_its_sign_says_worse(before, after, higher_is_better, expected):
    assert loss(before, after, higher_is_better) == pytest.approx(expected)


@pytest.mark.parametrize(("before", "after"), [(math.nan, 1), (1, math.nan), (0, math.nan)])
def test_a_metric_that_is_nan_makes_the_loss_nan(before, after):
    assert math.isnan(loss(before, after))


def test_nan_in_either_output_makes_the_loss_nan():
    broken = SCORES.copy()
    broken[2, 0] = np.nan
    for outputs in [(SCORES, broken), (broken, SCORES), (broken, broken)]:
        metric = constant_metric([0.5, 0.5])
        assert math.isnan(compare_with_labels(metric, np.zeros(4), *outputs).loss)
        assert math.isnan(compare_outputs(outputs).loss)


def test_without_labels_the_loss_is_the_relative_distance():
    outcome = compare_outputs((np.array([[3.0, 4.0]]), np.array([[3.0, 4.5]])))
    assert outcome.metric == "relative_l2"
    assert outcome.loss == pytest.approx(10.0)
    zeros = np.zeros((2, 2), np.float32)
    assert compare_outputs((zeros, zeros)).loss == 0
    assert compare_outputs((zeros, zeros + 1)).loss == math.inf
    infinite = np.array([[np.inf, 1.0]])
    assert math.isnan(compare_outputs((infinite, infinite)).loss)


def test_without_labels_classes_are_counted():
    outcome = compare_outputs((np.array(["a", "b", "a", "c"]), np.array(["a", "b", "b", "c"])))
    assert outcome.metric == "disagreement"
    assert outcome.loss == 25.0
