"""How much accuracy a quantized model loses: metrics by name, and the loss in percent."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fourfold.data import REAL_KINDS
from fourfold.errors import describe_type
from fourfold.labels import are_whole, class_labels, from_one_hot, of_one_kind

MetricFunction = Callable[[Any, Any], float]

# What a metric takes: a model's output, or all of them.
Outputs = np.ndarray | list[np.ndarray]


@dataclass(frozen=True)
class Metric:
    """A named function of labels and outputs, and which way is better."""

    name: str
    function: MetricFunction
    higher_is_better: bool
    zero_says_nothing: bool = False
    """Whether an original that gets 0 has failed, and nothing can be measured against it."""


@dataclass(frozen=True)
class AccuracyComparison:
    """The outcome: see ``QuantizationStats`` for the fields."""

    metric: str
    original_metric: float
    quantized_metric: float
    loss: float


def accuracy(labels: np.ndarray, outputs: np.ndarray, classes: np.ndarray | None = None) -> float:
    """Return the share of rows whose predicted class is the label.

    Outputs with one axis are the classes themselves; with two they are scores, one per class, and
    the class is ``classes[argmax]``. Where there are no ``classes``, a score's class is its
    column's number, and labels may be one-hot as well.

    Raises
    ------
    ValueError
        If outputs or labels have another shape, a label is missing, or none is a known class.
    """
    known = outputs if classes is None else classes
    if outputs.ndim == 2:
        if outputs.shape[1] < 2:
            raise ValueError(
                "accuracy needs classes, or one score per class: got outputs of shape "
                f"{outputs.shape}; pass a metric of your own as metric=callable(labels, outputs)"
            )
        if classes is None:
            known = np.arange(outputs.shape[1])
            labels = from_one_hot(labels) if labels.shape == outputs.shape else labels
        outputs = known[outputs.argmax(axis=1)]
    if labels.size != len(outputs):
        raise ValueError(
            f"accuracy needs one class per row, got labels of shape {labels.shape} for "
            f"{len(outputs)} rows"
        )
    labels = class_labels(labels.ravel(), of_one_kind(known))
    return float(np.mean(labels == of_one_kind(outputs)))


def binary_accuracy(labels: np.ndarray, outputs: np.ndarray) -> float:
    """Return the accuracy of one column of probabilities: class 1 from 0.5 upwards, else 0."""
    return accuracy(labels, (outputs[:, 0] >= 0.5).astype(np.int64), np.array([0, 1]))


def r2(labels: np.ndarray, outputs: np.ndarray) -> float:
    """Return the coefficient of determination, averaged over the outputs' columns."""
    labels = _aligned_labels(labels, outputs).astype(np.float64)
    squares = np.sum((labels - outputs) ** 2, axis=0)
    total = np.sum((labels - labels.mean(axis=0)) ** 2, axis=0)
    if np.any(total == 0):
        raise ValueError(
            f"r2 needs labels that vary: of the {len(labels)} rows' labels "
            + ("all are equal" if labels.ndim == 1 else f"column {np.argmin(total)} is constant")
        )
    return float(np.mean(1 - squares / total))


def mean_squared_error(labels: np.ndarray, outputs: np.ndarray) -> float:
    """Return the mean of the squared differences."""
    return float(np.mean((_aligned_labels(labels, outputs).astype(np.float64) - outputs) ** 2))


def mean_absolute_error(labels: np.ndarray, outputs: np.ndarray) -> float:
    """Return the mean of the absolute differences."""
    return float(np.mean(np.abs(_aligned_labels(labels, outputs).astype(np.float64) - outputs)))


NAMED_METRICS = {
    "accuracy": Metric("accuracy", accuracy, higher_is_better=True, zero_says_nothing=True),
    "r2": Metric("r2", r2, higher_is_better=True),
    "mse": Metric("mse", mean_squared_error, higher_is_better=False),
    "mae": Metric("mae", mean_absolute_error, higher_is_better=False),
}


def choose_metric(
    metric: str | MetricFunction | None,
    higher_is_better: bool,
    default: str,
    labels: np.ndarray,
    outputs: np.ndarray,
    classes: np.ndarray | None,
) -> Metric:
    """Find the metric that was asked for (by a known name), or that fits model and labels.

    Parameters
    ----------
    default : str
        ``ImportedModel.default_metric``.

    Raises
    ------
    ValueError
        If nothing was asked for and nothing fits.
    """
    if callable(metric):
        name = getattr(metric, "__name__", type(metric).__name__)
        return Metric(name, metric, higher_is_better)
    chosen = NAMED_METRICS[metric or _fitting_metric(default, labels, outputs)]
    if chosen.function is not accuracy:
        return chosen
    if default == "binary":
        return replace(chosen, function=binary_accuracy)
    return replace(chosen, function=lambda y, p: accuracy(y, p, classes))


def compare_with_labels(
    metric: Metric, labels: np.ndarray, original: Outputs, quantized: Outputs
) -> AccuracyComparison:
    """Measure both outputs against the labels; the metric gets copies that it may write to.

    The loss is ``100 * (original - quantized) / |original|``, the sign turned where lower is
    better. Where the original's metric is 0, any change for the worse is an infinite loss. NaN in
    either output or metric makes the loss NaN.

    Raises
    ------
    ValueError
        If the original's metric is 0, and it is one that says nothing then.
    TypeError
        If a metric is not a number.
    """
    before, after = (
        _number(metric.function(labels.copy(), _copied(outputs)))
        for outputs in (original, quantized)
    )
    if before == 0 and metric.zero_says_nothing:
        raise ValueError(
            f"the original model's {metric.name} is 0: not one answer is right, so the labels are "
            "none that a loss could be measured with"
        )
    worse_by = before - after if metric.higher_is_better else after - before
    if _has_nan(original) or _has_nan(quantized) or math.isnan(worse_by):
        loss = math.nan
    elif before == 0:
        loss = math.inf if worse_by > 0 else 0.0
    else:
        loss = 100 * worse_by / abs(before)
    return AccuracyComparison(metric.name, before, after, loss)


def _has_nan(outputs: Outputs) -> bool:
    """Return whether an array of floats holds a NaN; other kinds cannot."""
    arrays = outputs if isinstance(outputs, list) else [outputs]
    return any(array.dtype.kind == "f" and bool(np.isnan(array).any()) for array in arrays)


def _copied(outputs: Outputs) -> Outputs:
    return [array.copy() for array in outputs] if isinstance(outputs, list) else outputs.copy()


def _aligned_labels(labels: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return the labels in the outputs' shape: [rows] and [rows, 1] count as the same."""
    if labels.size == outputs.size and labels.shape[0] == outputs.shape[0]:
        return labels.reshape(outputs.shape)
    raise ValueError(
        f"labels of shape {labels.shape} do not fit outputs of shape {outputs.shape}; pass a "
        "metric of your own as metric=callable(labels, outputs)"
    )


def _number(value: object) -> float:
    array = np.asarray(value)
    if array.ndim or array.dtype.kind not in REAL_KINDS:
        raise TypeError(f"a metric must return one number, got {describe_type(value)}: {value!r}")
    return float(array)


def _fitting_metric(default: str, labels: np.ndarray, outputs: np.ndarray) -> str:
    """Accuracy for classes against scores or classes, r2 for numbers against as many numbers."""
    if default in NAMED_METRICS:
        return default
    if default == "binary" and labels.dtype.kind in REAL_KINDS and np.isin(labels, (0, 1)).all():
        return "accuracy"
    one_per_row = labels.ndim == 1 or labels.shape[1:] == (1,)
    if one_per_row and outputs.ndim == 2 and outputs.shape[1] > 1:
        if labels.dtype.kind in "USO" or are_whole(labels):
            return "accuracy"
    elif labels.size == outputs.size:
        return "accuracy" if outputs.ndim == 1 and outputs.dtype.kind not in "f" else "r2"
    raise ValueError(
        f"no metric fits labels of shape {labels.shape} and dtype {labels.dtype} with outputs of "
        f"shape {outputs.shape}: name one of {sorted(NAMED_METRICS)}, or pass a callable"
    )
