"""One engine in a process of its own: takes orders on standard input, a JSON line each.

``{"task": name}`` opens the model and answers with the seconds that took, the parameters' bytes, a
remark, and the outputs' greatest error, relative to their greatest value; ``{"score": true}``
answers with the task's metrics; ``{}`` times the first example once more and answers with the
seconds of one call.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
import time
import warnings
from typing import Any

import numpy as np

from benchmarks.harness import pin, seconds_per_call
from benchmarks.models.engines import ENGINES, onnxruntime_float32
from benchmarks.models.task import Session, Task
from benchmarks.models.tasks import TASKS


def _error(task: Task, session: Session) -> float:
    """The outputs' greatest difference from onnxruntime's in float32."""
    feeds, worst = task.examples()[0], 0.0
    reference = onnxruntime_float32(task).session
    pairs = zip(session.run(None, feeds), reference.run(None, feeds), strict=True)
    for found, expected in pairs:
        if np.issubdtype(expected.dtype, np.floating):
            difference = np.abs(found - expected).max() / np.abs(expected).max()
            worst = max(worst, float(difference))
    return worst


class _Worker:
    """Answers orders about the model that the last ``task`` named."""

    def __init__(self, engine: str) -> None:
        self.engine = ENGINES[engine]

    def answer(self, order: dict[str, Any]) -> dict[str, Any]:
        if "task" in order:
            self.task = TASKS[order["task"]]
            self.task.model()  # made and kept: what is timed is opening it
            self.task.calibration()
            start = time.perf_counter()
            opened = self.engine(self.task)
            seconds = time.perf_counter() - start
            self.session, self.feeds = opened.session, self.task.examples()[0]
            return {
                "opened": seconds,
                "bytes": opened.parameter_bytes,
                "remark": opened.remark,
                "error": _error(self.task, self.session),
            }
        if "score" in order:
            return {"score": self.task.score(self.session)}
        call = functools.partial(self.session.run, None, self.feeds)
        return {"seconds": seconds_per_call(call, at_least=0.02)}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what an engine prints is no answer
    pin()
    warnings.simplefilter("ignore")
    worker = _Worker(sys.argv[1])
    for line in sys.stdin:
        with contextlib.redirect_stdout(sys.stderr):
            try:
                answer = worker.answer(json.loads(line))
            except Exception as error:  # the table says which model failed, and how
                answer = {"failed": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
