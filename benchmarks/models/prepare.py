"""``python -m benchmarks.models.prepare TASK FOLDER``: a task's model, inputs and float32 outputs.

The models that torch or scikit-learn make, and their data, are made in this process: those that
time engines only read files.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.models.engines import in_onnxruntime
from benchmarks.models.engines.engine import Opening
from benchmarks.models.files import TaskFiles
from benchmarks.models.tasks import TASKS


def prepare(name: str, folder: Path) -> None:
    task = TASKS[name]
    files = TaskFiles(task, folder)
    example = task.examples()[0]
    files.model.write_bytes(task.model())
    session = in_onnxruntime.opened(Opening(files.model, {}, example))
    files.write(example, task.calibration(), session.run(None, example))


if __name__ == "__main__":
    prepare(sys.argv[1], Path(sys.argv[2]))
