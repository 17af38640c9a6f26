"""The demonstration: handwritten digits, learnt on the spot, quantized, saved, and loaded again."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fourfold.api import quantize_model
from fourfold.errors import QuantizationRejectedError
from fourfold.gate import Gate
from fourfold.loading import load
from fourfold.progress import ProgressFunction
from fourfold.result import QuantizationResult
from fourfold.timing import Timing, compare_latency, thread_limits

# 98 % of the digits are right by then; some six seconds on one core.
EPOCHS = 15
# Stricter than the default: nothing may be lost that one would notice.
GATE = Gate(max_accuracy_loss=1.0)


@dataclass(frozen=True)
class Demonstration:
    """What came of it.

    Attributes
    ----------
    result : QuantizationResult
        Verdict and figures, on the test set.
    timings : tuple of (int, Timing)
        For a batch of so many rows, ``predict_proba`` of both models; empty if rejected.
    file_size : int
        Bytes of the model file; 0 if rejected.
    same_bits : bool
        Whether the model gave the very same outputs after it was saved and loaded.
    """

    result: QuantizationResult
    timings: tuple[tuple[int, Timing], ...] = ()
    file_size: int = 0
    same_bits: bool = False

    @property
    def succeeded(self) -> bool:
        """Accepted, and the same after loading."""
        return self.result.accepted and self.same_bits


def run_demo(
    hidden: int, threads: int, report: ProgressFunction, gate: Gate = GATE
) -> Demonstration:
    """Train, quantize, save, load and compare.

    Parameters
    ----------
    hidden : int
        Neurons in each of the two hidden layers.
    threads : int
        Threads for both sides.
    report : callable
        Told the share that is done, and what is being done.
    gate : Gate
        What the INT8 model has to reach.

    Raises
    ------
    ModuleNotFoundError
        If scikit-learn is not installed.
    QuantizationRejectedError
        If the gate had no figures to decide on, for something failed.
    """
    x_train, x_test, y_train, y_test = _digits()
    model = _train(hidden, x_train, y_train, lambda share: report(0.6 * share, "training"))
    try:
        result = quantize_model(
            model,
            x_test,
            y_test,
            gate=gate,
            threads=threads,
            progress=lambda share, what: report(0.6 + 0.2 * share, what),
            strict=True,
        )
    except QuantizationRejectedError as rejection:
        if rejection.__cause__ is not None:  # it failed before the gate had figures to decide on
            raise
        return Demonstration(rejection.result)
    file_size, same_bits = _round_trip(result, x_test)
    timings = []
    with thread_limits(threads):
        for number, rows in enumerate((1, len(x_test))):
            report(0.8 + 0.1 * number, f"measuring latency at batch {rows}")
            timings.append((rows, _compare(model, result.model, x_test[:rows])))
    report(1.0, "done")
    return Demonstration(result, tuple(timings), file_size, same_bits)


def _digits() -> list[np.ndarray]:
    """Return train and test rows, then train and test labels: 8 x 8 pixels from 0 to 1."""
    try:
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the demo needs scikit-learn: pip install 'fourfold[sklearn]'", name=error.name
        ) from None
    pixels, labels = load_digits(return_X_y=True)
    rows = (pixels / 16).astype(np.float32)
    split: list[np.ndarray] = train_test_split(
        rows, labels, test_size=0.3, stratify=labels, random_state=0
    )
    return split


def _train(
    hidden: int, rows: np.ndarray, labels: np.ndarray, report: Callable[[float], object]
) -> Any:
    """Return a classifier trained in float32, epoch by epoch so that progress can be told."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((hidden, hidden), random_state=0)
    classes = np.unique(labels)
    for epoch in range(EPOCHS):
        report(epoch / EPOCHS)
        with _interruptible():
            model.partial_fit(rows, labels, classes=classes)
    return model


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C through: scikit-learn's training answers it with a warning, and returns."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Training interrupted", UserWarning)
        try:
            yield
        except UserWarning as warning:
            if "Training interrupted" not in str(warning):
                raise
            raise KeyboardInterrupt from None


def _round_trip(result: QuantizationResult, rows: np.ndarray) -> tuple[int, bool]:
    """Return the size of the saved model, and whether it answers with the same bits."""
    # On Windows a file that is mapped can't be removed: the folder may outlive the model in it.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "digits.ff"
        result.save(path)
        loaded = load(path, verify=True)
        same = np.array_equal(loaded.predict_proba(rows), result.model.predict_proba(rows))
        return path.stat().st_size, same


def _compare(original: Any, quantized: Any, rows: np.ndarray) -> Timing:
    return compare_latency(
        lambda: original.predict_proba(rows), lambda: quantized.predict_proba(rows)
    )
