"""``python -m benchmarks.models.make ENGINE TASK FOLDER``: an engine's forms of a task's model.

Writes files into the folder and, as JSON, a line for each variant: where it is, or how it failed.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from benchmarks.models.engines import ENGINES
from benchmarks.models.engines.engine import DeclinedError, Variant
from benchmarks.models.files import TaskFiles
from benchmarks.models.tasks import TASKS
from benchmarks.workers import answers_only


def _record(variant: Variant) -> dict[str, Any]:
    return {
        "path": str(variant.path),
        "bytes": variant.parameter_bytes,
        "settings": dict(variant.settings),
        "remark": variant.remark,
    }


def main() -> None:
    engine, task, folder = sys.argv[1:]
    answers = answers_only()
    os.chdir(folder)  # where the quantizers leave what they forget to delete
    warnings.simplefilter("ignore")
    files = TaskFiles(TASKS[task], Path(folder))
    seconds: dict[str, float] = {}  # by path: some variants differ only in how they are opened
    for name, recipe in ENGINES[engine].recipes(files).items():
        start = time.perf_counter()
        try:
            found = _record(recipe())
        except DeclinedError as error:
            found = {"failed": str(error)}
        except Exception as error:  # the table says what failed, and how
            found = {"failed": f"{type(error).__name__}: {error}"}
        made = seconds.setdefault(found.get("path", name), time.perf_counter() - start)
        found |= {"variant": name, "made": made}
        answers.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
