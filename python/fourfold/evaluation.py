"""The original and the candidate side by side on the test data: accuracy, then latency."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from fourfold import _core
from fourfold.accuracy import (
    AccuracyComparison,
    MetricFunction,
    Outputs,
    choose_metric,
    compare_with_labels,
)
from fourfold.data import Batch, EvaluationData
from fourfold.distance import OutputDistance
from fourfold.errors import FourfoldError
from fourfold.progress import ProgressFunction
from fourfold.timing import Timing, compare_latency

Model = Callable[..., Any]

# A third of the memory that a model of 90 MB leaves to spare.
REMEMBERED_BYTES = 1 << 25


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


def blamed(report: ProgressFunction) -> ProgressFunction:
    """Return a progress function whose own errors are not blamed on the step that calls it."""

    def told(share: float, what: str) -> None:
        with blaming("The progress function failed"):
            report(share, what)

    return told


@dataclass(frozen=True)
class Judge:
    """How accuracy is judged: see ``quantize_model``."""

    metric: str | MetricFunction | None
    higher_is_better: bool
    default_metric: str
    classes: np.ndarray | None
    method: str

    def compare(
        self, labels: np.ndarray, original: list[np.ndarray], quantized: list[np.ndarray]
    ) -> AccuracyComparison:
        """Compare two models' outputs with the labels.

        A callable metric gets a single output as an array, several as a list; one by name, the
        first.
        """
        metric = choose_metric(
            self.metric,
            self.higher_is_better,
            self.default_metric,
            labels,
            original[0],
            self.classes,
        )
        return compare_with_labels(metric, labels, self._judged(original), self._judged(quantized))

    def blaming(self, outputs: list[np.ndarray]) -> AbstractContextManager[None]:
        """Turn an error of ``compare`` into a ``StepFailed`` that says what the metric was given.

        Most metrics for classes take predicted ones, where the outputs tell more: scores.
        """
        if not callable(self.metric):
            return blaming("The accuracy cannot be measured")
        hint = ""
        if self.classes is not None and outputs[0].ndim == 2:
            hint = (
                " If it takes predicted classes, pass metric=lambda labels, outputs: "
                "score(labels, model.classes_[outputs.argmax(axis=1)]), with it as the score."
            )
        described = " and ".join(f"{array.dtype} of shape {array.shape}" for array in outputs)
        return blaming(
            f"The metric failed, called with (labels, outputs), where outputs are what "
            f"{self.method} returns, {described}",
            hint,
        )

    def _judged(self, outputs: list[np.ndarray]) -> Outputs:
        return outputs if callable(self.metric) and len(outputs) > 1 else outputs[0]


class Remembering:
    """A model that runs each batch once, if its outputs are small enough to keep.

    Batches are told apart by which arrays they are: those of an `EvaluationData`, which live on.

    Parameters
    ----------
    open_model : callable
        Opens the model; called when it is needed, and again after `let_go`.
    """

    def __init__(self, open_model: Callable[[], Model]) -> None:
        self._open_model = open_model
        self._model: Model | None = None
        self._known: dict[tuple[int, ...], Any] = {}
        self._room = REMEMBERED_BYTES

    def __call__(self, *batch: Any) -> Any:
        """Return what the model returns for a batch."""
        key = tuple(map(id, batch))
        if key in self._known:
            return self._known[key]
        answer = self.opened()(*batch)
        outputs = answer if isinstance(answer, list) else [answer]
        size = sum(np.asarray(output).nbytes for output in outputs)
        if size <= self._room:
            self._room -= size
            # Copies: onnxruntime's arrays lie in its session's memory, and keep all of that.
            copies = [np.array(output) for output in outputs]
            self._known[key] = answer = copies if isinstance(answer, list) else copies[0]
        return answer

    def opened(self) -> Model:
        """Return the model itself, which remembers nothing."""
        if self._model is None:
            # What was freed before would come on top of it, and what opening it frees, of the rest.
            _core.give_back_freed_memory()
            self._model = self._open_model()
            _core.give_back_freed_memory()
        return self._model

    def let_go(self) -> None:
        """Close the model: its memory is for others until it has to run again."""
        self._model = None
        _core.give_back_freed_memory()


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
    if data.labels is None and judge.metric is not None:
        with blaming("The accuracy cannot be measured"):
            raise ValueError("a metric needs labels: pass labels=, or leave the metric out")
    distance = OutputDistance()
    batches: tuple[list[list[np.ndarray]], list[list[np.ndarray]]] = ([], [])
    for done, batch in enumerate(data.batches):
        report(done / len(data.batches))
        with blaming("The model failed on the test data"):
            before = call_model(original, batch)
        with blaming("The quantized model failed on the test data"):
            after = call_model(quantized, batch)
        _check_shapes(before, after)
        if data.labels is None:
            distance.add(before, after)
        else:
            batches[0].append(before)
            batches[1].append(after)
    if data.labels is None:
        return distance.comparison()
    with blaming("The outputs of the batches cannot be put together for a metric"):
        joined = [_joined(side) for side in batches]
    with judge.blaming(joined[0]):
        return judge.compare(data.labels, *joined)


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


def call_model(model: Model, batch: Batch) -> list[np.ndarray]:
    """Return a model's outputs: those in a session's list, of any shape; else one with rows."""
    answer = model(*batch)
    if isinstance(answer, list):
        return [np.asarray(output) for output in answer]
    output = np.asarray(answer)
    rows = batch[0].shape[0]
    if output.shape[:1] != (rows,):
        raise ValueError(
            f"the output must have a row for each of the batch's {rows}, got shape {output.shape}"
        )
    return [output]


def _check_shapes(original: list[np.ndarray], quantized: list[np.ndarray]) -> None:
    before, after = ([array.shape for array in side] for side in (original, quantized))
    if before != after:
        raise StepFailed(
            "The quantized model's outputs have "
            f"{_shapes_text(after)}, the original's {_shapes_text(before)}."
        )


def _shapes_text(shapes: list[tuple[int, ...]]) -> str:
    kind = "shape" if len(shapes) == 1 else "shapes"
    return f"{kind} {', '.join(map(str, shapes))}"


def _joined(batches: list[list[np.ndarray]]) -> list[np.ndarray]:
    """Return each output of all batches: their rows one after the other."""
    return [
        np.concatenate([np.atleast_1d(part) for part in parts])
        for parts in zip(*batches, strict=True)
    ]
