"""How much accuracy a quantized model loses: metrics by name, and the loss in percent."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

MetricFunction = Callable[[Any, Any], float]


@dataclass(frozen=True)
class Metric:
    """A named function of labels and outputs, and which way is better."""

    name: str
    function: MetricFunction
    higher_is_better: bool


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
    the class is ``classes[argmax]`` (the column's number where there are no ``classes``). Labels
    with two axes are one-hot, and read in the same way.
    """
    if outputs.ndim == 2:
        if outputs.shape[1] < 2:
            raise ValueError(
                "accuracy needs classes, or one score per class: got outputs of shape "
                f"{outputs.shape}; pass a metric of your own as metric=callable(labels, outputs)"
            )
        if labels.shape == outputs.shape:
            return float(np.mean(labels.argmax(axis=1) == outputs.argmax(axis=1)))
        columns = outputs.argmax(axis=1)
        outputs = columns if classes is None else classes[columns]
    labels = _aligned_labels(labels, outputs)
    return float(np.mean(labels == outputs))


def r2(labels: np.ndarray, outputs: np.ndarray) -> float:
    """Return the coefficient of determination, averaged over the outputs' columns."""
    labels = _aligned_labels(labels, outputs).astype(np.float64)
    squares = np.sum((labels - outputs) ** 2, axis=0)
    total = np.sum((labels - labels.mean(axis=0)) ** 2, axis=0)
    if np.any(total == 0):
        raise ValueError("r2 needs labels that vary: all are equal (one row of test data, maybe)")
    return float(np.mean(1 - squares / total))


def mean_squared_error(labels: np.ndarray, outputs: np.ndarray) -> float:
    """Return the mean of the squared differences."""
    return float(np.mean((_aligned_labels(labels, outputs).astype(np.float64) - outputs) ** 2))


def mean_absolute_error(labels: np.ndarray, outputs: np.ndarray) -> float:
    """Return the mean of the absolute differences."""
    return float(np.mean(np.abs(_aligned_labels(labels, outputs).astype(np.float64) - outputs)))


NAMED_METRICS = {
    "accuracy": Metric("accuracy", accuracy, higher_is_better=True),
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

    Raises
    ------
    ValueError
        If nothing was asked for and nothing fits.
    """
    if callable(metric):
        name = getattr(metric, "__name__", type(metric).__name__)
        return Metric(name, metric, higher_is_better)
    if metric is None:
        metric = _fitting_metric(labels, outputs) if default == "none" else default
    if metric == "accuracy":
        return Metric(metric, lambda y, p: accuracy(y, p, classes), higher_is_better=True)
    return NAMED_METRICS[metric]


def compare_with_labels(
    metric: Metric, labels: np.ndarray, original: np.ndarray, quantized: np.ndarray
) -> AccuracyComparison:
    """Measure both outputs against the labels.

    The loss is ``100 * (original - quantized) / |original|``, the sign turned where lower is
    better. Where the original's metric is 0, any change for the worse is an infinite loss. NaN in
    either output or metric makes the loss NaN.
    """
    before, after = (float(metric.function(labels, out)) for out in (original, quantized))
    worse_by = before - after if metric.higher_is_better else after - before
    if has_nan(original) or has_nan(quantized) or math.isnan(worse_by):
        loss = math.nan
    elif before == 0:
        loss = math.inf if worse_by > 0 else 0.0
    else:
        loss = 100 * worse_by / abs(before)
    return AccuracyComparison(metric.name, before, after, loss)


def compare_outputs(original: np.ndarray, quantized: np.ndarray) -> AccuracyComparison:
    """Measure the distance between the two outputs, in percent.

    Floats: the L2 norm of the difference over the original's. Anything else (classes): the share
    of rows that differ.
    """
    if original.dtype.kind == "f":
        a, b = original.astype(np.float64), quantized.astype(np.float64)
        with np.errstate(invalid="ignore"):  # Inf - Inf, Inf / Inf: the NaN is the answer
            distance, norm = np.linalg.norm(a - b), np.linalg.norm(a)
            loss = float(100 * distance / norm) if norm else math.inf if distance else 0.0
        return AccuracyComparison("relative_l2", math.nan, math.nan, loss)
    differs = (original != quantized).reshape(len(original), -1).any(axis=1)
    return AccuracyComparison("disagreement", math.nan, math.nan, 100 * float(differs.mean()))


def has_nan(array: np.ndarray) -> bool:
    """Return whether a float array holds a NaN; other kinds cannot."""
    return array.dtype.kind == "f" and bool(np.isnan(array).any())


def _aligned_labels(labels: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return the labels in the outputs' shape: [rows] and [rows, 1] count as the same."""
    if labels.size == outputs.size and labels.shape[0] == outputs.shape[0]:
        return labels.reshape(outputs.shape)
    raise ValueError(
        f"labels of shape {labels.shape} do not fit outputs of shape {outputs.shape}; pass a "
        "metric of your own as metric=callable(labels, outputs)"
    )


def _fitting_metric(labels: np.ndarray, outputs: np.ndarray) -> str:
    """Accuracy for classes against scores, r2 for numbers against as many numbers."""
    if labels.ndim == 1 and outputs.ndim == 2 and outputs.shape[1] > 1:
        if labels.dtype.kind in "biuUSO":
            return "accuracy"
    elif labels.size == outputs.size:
        return "r2"
    raise ValueError(
        f"no metric fits labels of shape {labels.shape} and dtype {labels.dtype} with outputs of "
        f"shape {outputs.shape}: name one of {sorted(NAMED_METRICS)}, or pass a callable"
    )
