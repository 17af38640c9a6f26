"""The original and the candidate side by side on the test data: accuracy, then latency."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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
def blaming(what: str, hint: str = "") -> Iterator[None]:
    """Turn any error inside into a ``StepFailed`` that begins with ``what``, ends with ``hint``."""
    try:
        yield
    except StepFailed:  # another has been blamed
        raise
    except Exception as error:
        kind = "" if isinstance(error, FourfoldError) else f"{type(error).__name__}: "
        raise StepFailed(f"{what}: {kind}{str(error).rstrip('.')}.{hint}") from error


@dataclass(frozen=True)
class Judge:
    """How accuracy is judged: see ``quantize_model``."""

    metric: str | MetricFunction | None
    higher_is_better: bool
    default_metric: str
    classes: np.ndarray | None
    method: str

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

    def blaming(self, outputs: np.ndarray) -> AbstractContextManager[None]:
        """Turn an error of ``compare`` into a ``StepFailed`` that says what the metric was given.

        Most metrics for classes take predicted ones, where the outputs tell more: scores.
        """
        if not callable(self.metric):
            return blaming("The accuracy cannot be measured")
        hint = ""
        if self.classes is not None and outputs.ndim == 2:
            hint = (
                " If it takes predicted classes, pass metric=lambda labels, outputs: "
                "score(labels, model.classes_[outputs.argmax(axis=1)]), with it as the score."
            )
        return blaming(
            f"The metric failed, called with (labels, outputs), where outputs are what "
            f"{self.method} returns, {outputs.dtype} of shape {outputs.shape}",
            hint,
        )


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
    with judge.blaming(outputs[0]):
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
