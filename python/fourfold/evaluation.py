"""The original and the candidate side by side on the test data: accuracy, then latency."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from fourfold.accuracy import (
    AccuracyComparison,
    MetricFunction,
    choose_metric,
    compare_outputs,
    compare_with_labels,
)
from fourfold.data import Batch, EvaluationData
from fourfold.errors import FourfoldError
from fourfold.timing import Timing, compare_latency

Model = Callable[..., Any]


class StepFailed(Exception):  # noqa: N818 - it says what happened, for a reason sentence
    """A step of the way failed; its message is the sentence that says so."""


@contextmanager
def blaming(what: str) -> Iterator[None]:
    """Turn any error inside into a ``StepFailed`` that begins with ``what``."""
    try:
        yield
    except Exception as error:
        kind = "" if isinstance(error, FourfoldError) else f"{type(error).__name__}: "
        raise StepFailed(f"{what}: {kind}{str(error).rstrip('.')}.") from error


@dataclass(frozen=True)
class Judge:
    """How accuracy is judged: see ``quantize_model``."""

    metric: str | MetricFunction | None
    higher_is_better: bool
    default_metric: str
    classes: np.ndarray | None

    def compare(
        self, labels: np.ndarray | None, original: np.ndarray, quantized: np.ndarray
    ) -> AccuracyComparison:
        """Compare two models' outputs, with or without labels."""
        if labels is None:
            if self.metric is not None:
                raise ValueError("a metric needs labels: pass labels=, or leave the metric out")
            return compare_outputs(original, quantized)
        metric = choose_metric(
            self.metric, self.higher_is_better, self.default_metric, labels, original, self.classes
        )
        return compare_with_labels(metric, labels, original, quantized)


def evaluate_accuracy(
    original: Model,
    quantized: Model,
    data: EvaluationData,
    judge: Judge,
    report: Callable[[float], object],
) -> AccuracyComparison:
    """Run both models on all batches, and compare.

    Raises
    ------
    StepFailed
        If a model or the metric raises.
    """
    before, after = [], []
    for done, batch in enumerate(data.batches):
        report(done / len(data.batches))
        with blaming("The model failed on the test data"):
            before.append(_output(original, batch))
        with blaming("The quantized model failed on the test data"):
            after.append(_output(quantized, batch))
    outputs = np.concatenate(before), np.concatenate(after)
    if outputs[0].shape != outputs[1].shape:
        raise StepFailed(
            f"The quantized model's outputs have shape {outputs[1].shape}, "
            f"the original's {outputs[0].shape}."
        )
    called = f"(labels, outputs), with outputs of shape {outputs[0].shape}"
    with blaming(f"The metric failed, called with {called}"):
        return judge.compare(data.labels, *outputs)


def evaluate_latency(
    original: Model, quantized: Model, batch: Batch, report: Callable[[float], object]
) -> Timing:
    """Time both models on one batch.

    Raises
    ------
    StepFailed
        If a model raises.
    """
    with blaming("A model failed while it was timed"):
        return compare_latency(lambda: original(*batch), lambda: quantized(*batch), report)


def _output(model: Model, batch: Batch) -> np.ndarray:
    output = np.asarray(model(*batch))
    rows = batch[0].shape[0]
    if output.shape[:1] != (rows,):
        raise ValueError(
            f"the output must have a row for each of the batch's {rows}, got shape {output.shape}"
        )
    return output
