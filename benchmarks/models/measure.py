"""One task in every engine: the best form that each makes of the model, its quality and time."""

from __future__ import annotations

import contextlib
import json
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.harness import Row
from benchmarks.models.engines import ENGINES, REFERENCE
from benchmarks.models.files import TaskFiles
from benchmarks.models.rows import KEEPS, Form, failed, measured
from benchmarks.models.task import NotInstalledError, Scores, Task, installed, loss
from benchmarks.workers import Worker, run_module

# Rounds that decide between an engine's variants.
TRIALS = 3


class EngineError(Exception):
    """An engine cannot run a model; the message is the row's remark."""


def _asked(worker: Worker, order: dict[str, Any]) -> dict[str, Any]:
    answer = worker.ask(order)
    if answer is None:
        raise EngineError("its process ended")
    if "failed" in answer:
        raise EngineError(answer["failed"])
    return answer


def _seconds(worker: Worker) -> float:
    return float(_asked(worker, {})["seconds"])


def _tried(worker: Worker, record: dict[str, Any], reference: Scores | None) -> Form:
    """Open a variant, score it, time it."""
    if "failed" in record:
        raise EngineError(record["failed"])
    order = {"path": record["path"], "settings": record["settings"]}
    opened = _asked(worker, order)
    score = _asked(worker, {"score": True})["score"]
    lost = 0.0 if reference is None else loss(reference, score)
    seconds = min(_seconds(worker) for _ in range(TRIALS))
    return Form(record, opened["opened"], opened["error"], score, lost, seconds)


def _best(worker: Worker, records: list[dict[str, Any]], reference: Scores | None) -> Form:
    """The fastest variant that keeps its quality, else the one that loses least; it is opened."""
    forms, failures = [], []
    for record in records:
        try:
            forms.append(_tried(worker, record, reference))
        except EngineError as failure:
            failures.append(str(failure))
    if not forms:
        raise EngineError(failures[0])
    keeping = [form for form in forms if form.loss <= KEEPS]
    if keeping:
        best = min(keeping, key=lambda form: form.seconds)
    else:
        best = min(forms, key=lambda form: form.loss)
    if len(records) > 1:
        _asked(worker, {"path": best.record["path"], "settings": best.record["settings"]})
    return best


def _made(engine: str, files: TaskFiles) -> list[dict[str, Any]]:
    """An engine's variants of a model, or how they failed."""
    for package in ENGINES[engine].packages:
        if not installed(package):
            raise EngineError(f"{package} is not installed")
    done = run_module("benchmarks.models.make", engine, files.task.name, str(files.folder))
    records = [json.loads(line) for line in done.stdout.splitlines()]
    if not records:
        raise EngineError(_last_line(done.stderr))
    return records


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["failed without a word"])[-1]


@contextlib.contextmanager
def _prepared(task: Task) -> Iterator[TaskFiles]:
    """The task's files, for as long as it is measured."""
    with tempfile.TemporaryDirectory() as folder:
        done = run_module("benchmarks.models.prepare", task.name, folder)
        if done.returncode:
            raise NotInstalledError(_last_line(done.stderr).partition(": ")[2])
        yield TaskFiles(task, Path(folder))


def measure(task: Task, rounds: int) -> list[Row]:
    """A row per engine; the rounds go through all engines in turn."""
    try:
        with _prepared(task) as files:
            return _measured(files, rounds)
    except NotInstalledError as error:
        return [failed(task, "none", str(error))]


def _measured(files: TaskFiles, rounds: int) -> list[Row]:
    task, reference = files.task, None
    workers: dict[str, Worker] = {}
    forms: dict[str, Form] = {}
    failures: dict[str, str] = {}
    try:
        for engine in ENGINES:
            try:
                records = _made(engine, files)
                arguments = (engine, task.name, str(files.folder))
                workers[engine] = Worker("benchmarks.models.worker", *arguments)
                forms[engine] = _best(workers[engine], records, reference)
            except EngineError as error:
                failures[engine] = str(error)
            if engine == REFERENCE:
                reference = forms[engine].score
        times: dict[str, list[float]] = {engine: [] for engine in forms}
        for _ in range(rounds):
            for engine in forms:
                times[engine].append(_seconds(workers[engine]))
    finally:
        for worker in workers.values():
            worker.close()
    return [
        measured(task, engine, forms[engine], statistics.median(times[engine]))
        if engine in forms
        else failed(task, engine, failures[engine])
        for engine in ENGINES
    ]
