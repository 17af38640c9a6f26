"""One engine in a process of its own: takes orders on standard input, a JSON line each.

``{"path": ..., "settings": ...}`` opens a model and answers with the seconds that took and the
outputs' greatest error, relative to their greatest value; ``{"score": true}`` answers with the
task's metrics; ``{}`` times the example once more and answers with the seconds of one call.
"""

from __future__ import annotations

import functools
import importlib
import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import pin, seconds_per_call
from benchmarks.models.engines import ENGINES
from benchmarks.models.engines.engine import Opening
from benchmarks.models.files import TaskFiles
from benchmarks.models.task import Session
from benchmarks.models.tasks import TASKS
from benchmarks.workers import answers_only


def _error(outputs: list[np.ndarray], expected: list[np.ndarray]) -> float:
    """The outputs' greatest difference from onnxruntime's in float32."""
    worst = 0.0
    for found, reference in zip(outputs, expected, strict=True):
        if np.issubdtype(reference.dtype, np.floating):
            difference = np.abs(found - reference).max() / np.abs(reference).max()
            worst = max(worst, float(difference))
    return worst


class _Worker:
    """Answers orders about the model that it opened last."""

    def __init__(self, engine: str, task: str, folder: str) -> None:
        self.engine, self.task = ENGINES[engine], TASKS[task]
        files = TaskFiles(self.task, Path(folder))
        self.feeds, self.expected = files.example(), files.expected()
        self.session: Session | None = None
        for package in self.engine.packages:  # what is timed is opening the model
            importlib.import_module(package)

    def answer(self, order: dict[str, Any]) -> dict[str, Any]:
        if "path" in order:
            self.session = None
            opening = Opening(Path(order["path"]), order["settings"], self.feeds)
            start = time.perf_counter()
            self.session = self.engine.opened(opening)
            seconds = time.perf_counter() - start
            outputs = self.session.run(None, self.feeds)
            return {"opened": seconds, "error": _error(outputs, self.expected)}
        assert self.session is not None
        if "score" in order:
            return {"score": self.task.score(self.session, False)}
        call = functools.partial(self.session.run, None, self.feeds)
        return {"seconds": seconds_per_call(call, at_least=0.02)}


def main() -> None:
    answers = answers_only()
    pin()
    warnings.simplefilter("ignore")
    worker = _Worker(*sys.argv[1:])
    for line in sys.stdin:
        try:
            answer = worker.answer(json.loads(line))
        except Exception as error:  # the table says which model failed, and how
            answer = {"failed": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
