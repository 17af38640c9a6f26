"""What a development model's task is: a model, inputs, and what its outputs are worth."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

Feeds = Mapping[str, np.ndarray]


class Session(Protocol):
    """What runs a model: onnxruntime's interface, as far as a task uses it."""

    def run(self, output_names: Sequence[str] | None, input_feed: Feeds) -> list[Any]: ...


class NotInstalledError(Exception):
    """A package that a task needs is missing; the message says which, and how to get it."""


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

    score: Callable[[Session], dict[str, float]]
    """The metrics of a session on the task's inputs."""

    float32: Mapping[str, float]
    """The metrics of the model as it is, to four digits."""


def package_folder(module: str, package: str) -> Path:
    """The folder of an installed module, which is not imported: some need far more than we do."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise NotInstalledError(f"needs {package}: make test-models installs it")
    return Path(spec.submodule_search_locations[0])


def data_folder(path: str, package: str) -> Path:
    """A folder of a Debian package: the system's, or as ``.ci/model-data`` unpacks it."""
    for root in (Path("/"), Path(sys.prefix) / "model-data"):
        if (root / path).is_dir():
            return root / path
    raise NotInstalledError(f"needs Debian's {package}: make test-models unpacks it")


def old_generator(seed: int) -> np.random.RandomState:
    """The generator whose draws define the tasks: NumPy promises that they never change."""
    return np.random.RandomState(seed)
