"""What a development model's task is: a model, inputs, and what its outputs are worth."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks.workers import run_module

Feeds = Mapping[str, np.ndarray]
Scores = Mapping[str, float]

# Where .ci/model-data unpacks Debian's packages, and where models that are made here are kept.
DATA = Path(sys.prefix) / "model-data"


class Session(Protocol):
    """What runs a model: onnxruntime's interface, as far as a task uses it."""

    def run(self, output_names: Sequence[str] | None, input_feed: Feeds) -> list[Any]: ...


class NotInstalledError(Exception):
    """A package that a task needs is missing; the message says which, and how to get it."""


@dataclass(frozen=True, eq=False)
class Judged:
    """What ``quantize_model`` measures on: real inputs, and what the outputs are judged by."""

    data: list[Feeds]

    labels: np.ndarray | None = None
    """Without labels the outputs' distance counts."""

    metric: Callable[[Any, Any], float] | None = None
    """Of the labels and the outputs of all data; by default what fits the labels."""


@dataclass(frozen=True, eq=False)
class Task:
    """A model, and a task with a known truth."""

    name: str

    model: Callable[[], bytes]
    """The ONNX model."""

    examples: Callable[[], list[Feeds]]
    """Real inputs of different sizes; the first is the one that is timed."""

    calibration: Callable[[], list[Feeds]]
    """Real inputs that are not among those that ``score`` uses."""

    judged: Callable[[], Judged]
    """What the gate decides on; the first inputs are those of ``examples`` where shapes allow."""

    score: Callable[[Session, bool], dict[str, float]]
    """The metrics of a session on the task's inputs; True takes a part of them only."""

    float32: Scores
    """The metrics of the model as it is, to four digits."""


def loss(before: Scores, after: Scores) -> float:
    """The worst metric's loss, in percent of what it was; of errors, what is right counts."""
    losses = []
    for name in before:
        good, now = before[name], after[name]
        if name.endswith("errors"):
            good, now = 1 - good, 1 - now
        losses.append(100 * (good - now) / abs(good))
    worst = float(np.max(losses))
    return float("inf") if np.isnan(worst) else worst


def installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def package_folder(module: str, package: str) -> Path:
    """The folder of an installed module, which is not imported: some need far more than we do."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise NotInstalledError(f"needs {package}: make test-models installs it")
    return Path(spec.submodule_search_locations[0])


def data_folder(path: str, package: str) -> Path:
    """A folder of a Debian package: the system's, or as ``.ci/model-data`` unpacks it."""
    for root in (Path("/"), DATA):
        if (root / path).is_dir():
            return root / path
    raise NotInstalledError(f"needs Debian's {package}: make test-models unpacks it")


def made_by_torch(name: str, module: str, *arguments: str) -> bytes:
    """What ``python -m module arguments... path`` writes, once for each environment.

    A process of its own: torch stays out of those that time other engines.
    """
    path = DATA / name
    if not path.exists():
        for package in ("torch", "onnxscript"):
            if not installed(package):
                raise NotInstalledError(f"needs {package}: make test-models installs it")
        path.parent.mkdir(parents=True, exist_ok=True)
        begun = path.with_suffix(".part")
        done = run_module(module, *arguments, str(begun))
        if done.returncode:
            raise RuntimeError(f"{module} failed: {done.stderr}")
        begun.rename(path)
    return path.read_bytes()


def old_generator(seed: int) -> np.random.RandomState:
    """The generator whose draws define the tasks: NumPy promises that they never change."""
    return np.random.RandomState(seed)
