"""Small networks as torch exports them: digits, spoken vowels, the use of electricity."""

from __future__ import annotations

import functools
from functools import partial

import numpy as np

from benchmarks.models.mnist import digits
from benchmarks.models.series import series
from benchmarks.models.task import Feeds, Judged, Session, Task, made_by_torch, old_generator

BATCH = 50
SERIES = {
    "vowels LSTM": "JapaneseVowels",
    "vowels BiGRU": "JapaneseVowels",
    "power MLP": "ItalyPowerDemand",
}


@functools.cache
def data(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training rows and labels, test rows and labels."""
    if name == "MNIST CNN":
        pixels, truth = digits()
        order = old_generator(0).permutation(len(pixels))
        X, y = pixels[order].reshape(-1, 1, 28, 28).astype(np.float32), truth[order]
        return X[:4000], y[:4000], X[4000:], y[4000:]
    train, train_labels, test, test_labels = series(SERIES[name])
    if name == "power MLP":
        mean, deviation = train.mean(), train.std()
        train, test = (((part - mean) / deviation)[..., 0] for part in (train, test))
    return train, train_labels, test, test_labels


@functools.cache
def model(name: str) -> bytes:
    data(name)
    file = f"{name.replace(' ', '_').lower()}.onnx"
    return made_by_torch(file, "benchmarks.models.torch_networks", name)


def examples(name: str) -> list[Feeds]:
    return [{"x": data(name)[2][:rows]} for rows in (32, 1, 17)]


def calibration(name: str) -> list[Feeds]:
    train = data(name)[0][:128]
    return [{"x": train[i : i + 16]} for i in range(0, len(train), 16)]


def judged(name: str) -> Judged:
    """The test rows but for the last, in batches of the timed size."""
    _, _, test, labels = data(name)
    count = min(len(test) // 32, 10) * 32
    return Judged([{"x": test[i : i + 32]} for i in range(0, count, 32)], labels[:count])


def score(name: str, session: Session, quick: bool = False) -> dict[str, float]:
    _, _, test, labels = data(name)
    count = 300 if quick else len(test)
    starts = range(0, min(count, len(test)), BATCH)
    outputs = [session.run(None, {"x": test[i : i + BATCH]})[0] for i in starts]
    given = np.concatenate(outputs).argmax(1)
    return {"accuracy": float((given == labels[: len(given)]).mean())}


def _task(name: str, float32: float) -> Task:
    parts = [partial(part, name) for part in (model, examples, calibration, judged, score)]
    return Task(f"torch {name}", *parts, {"accuracy": float32})  # type: ignore[arg-type]


TASKS = [
    _task("MNIST CNN", 0.966),
    _task("vowels LSTM", 0.938),
    _task("vowels BiGRU", 0.949),
    _task("power MLP", 0.963),
]
