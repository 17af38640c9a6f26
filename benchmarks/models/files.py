"""A task's model and inputs in a folder: what its engines read, each in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.models.task import Feeds, Task


class TaskFiles:
    """The files of one task."""

    def __init__(self, task: Task, folder: Path) -> None:
        self.task, self.folder = task, folder
        self.model = folder / "model.onnx"

    def write(
        self, example: Feeds, calibration: Sequence[Feeds], expected: Sequence[np.ndarray]
    ) -> None:
        np.savez(self.folder / "example.npz", **example)
        np.savez(self.folder / "expected.npz", *expected)
        for number, feeds in enumerate(calibration):
            np.savez(self.folder / f"calibration_{number:03}.npz", **feeds)

    def example(self) -> Feeds:
        """The timed input."""
        return _arrays(self.folder / "example.npz")

    def expected(self) -> list[np.ndarray]:
        """What onnxruntime makes of the example in float32."""
        return list(_arrays(self.folder / "expected.npz").values())

    def calibration(self) -> list[Feeds]:
        """The inputs that every engine calibrates on."""
        return [_arrays(path) for path in sorted(self.folder.glob("calibration_*.npz"))]


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as archive:
        return dict(archive)
