"""``python -m benchmarks.models [name ...]``: every engine on every task, into a table."""

from __future__ import annotations

import json
import statistics
import sys
from typing import Any

from benchmarks.harness import RESULTS, Row, machine
from benchmarks.models.engines import ENGINES
from benchmarks.models.task import Task
from benchmarks.models.tasks import TASKS
from benchmarks.report import described, table
from benchmarks.workers import Worker, versions

ROUNDS = 11
MODULE = "benchmarks.models.worker"


def measure_task(task: Task, workers: dict[str, Worker]) -> dict[str, dict[str, Any]]:
    """What each engine answered: how it opened the model, its metrics, and its times."""
    answers: dict[str, dict[str, Any]] = {}
    for engine, worker in workers.items():
        opened = worker.ask({"task": task.name})
        answers[engine] = opened or {"failed": "the engine is not installed"}
    able = {name: workers[name] for name, found in answers.items() if "failed" not in found}
    times: dict[str, list[float]] = {engine: [] for engine in able}
    for _ in range(ROUNDS):
        for engine, worker in able.items():
            times[engine].append((worker.ask({}) or {})["seconds"])
    for engine, worker in able.items():
        answers[engine]["milliseconds"] = 1e3 * statistics.median(times[engine])
        answers[engine]["score"] = (worker.ask({"score": True}) or {}).get("score", {})
    return answers


def rows_of(task: Task, answers: dict[str, dict[str, Any]]) -> list[Row]:
    """A row per engine."""
    rows: list[Row] = []
    for engine, found in answers.items():
        row: Row = {"model": task.name, "engine": engine}
        if "failed" in found:
            empty = dict.fromkeys(("metrics", "MB", "ms", "error", "opened in s"), "")
            rows.append({**row, **empty, "remark": found["failed"]})
            continue
        metrics = ", ".join(f"{name} {value:.4f}" for name, value in found["score"].items())
        row |= {"metrics": metrics, "MB": found["bytes"] / 1e6, "ms": found["milliseconds"]}
        row |= {"error": found["error"], "opened in s": found["opened"]}
        rows.append({**row, "remark": found["remark"]})
    return rows


def main() -> None:
    chosen = sys.argv[1:] or list(TASKS)
    if unknown := set(chosen) - set(TASKS):
        sys.exit(f"no such task: {', '.join(sorted(unknown))}; there are {', '.join(TASKS)}")
    workers = {engine: Worker(engine, MODULE) for engine in ENGINES}
    rows: list[Row] = []
    for name in chosen:
        sys.stderr.write(f"{name}\n")
        rows += rows_of(TASKS[name], measure_task(TASKS[name], workers))
        keep(rows)
    sys.stdout.write(table(rows))


def keep(rows: list[Row]) -> None:
    """Write the rows so far: a run takes minutes, and may be cut short."""
    results = {"machine": {**machine(), **versions()}, "models": rows}
    parts = [
        "# Real models on their tasks, one thread\n",
        f"Written by `python -m benchmarks.models`. {described(results['machine'])}. "
        f"Medians of {ROUNDS} rounds. MB are the parameters'. The error is the outputs' greatest "
        "difference from onnxruntime's in float32, of their greatest value. int8 is what "
        "`quantize_model` makes, and the remark what its gate says to it.\n",
        table(rows),
    ]
    (RESULTS / "models.json").write_text(json.dumps(results, indent=1) + "\n")
    (RESULTS / "models.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main()
