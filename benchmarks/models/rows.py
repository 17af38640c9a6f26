"""The rows of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.harness import Row
from benchmarks.models.task import Scores, Task

# A model keeps its quality if no metric loses more than this, in percent.
KEEPS = 1.0
# What a remark is cut to: some errors are long.
LONGEST = 200
COLUMNS = ("metrics", "loss in %", "MB", "ms", "error", "made in s", "opened in s", "remark")


@dataclass
class Form:
    """The form that an engine makes of a model, opened and scored."""

    record: dict[str, Any]
    """What made it says: the variant, bytes, seconds and a remark."""

    opened: float
    error: float
    score: Scores
    loss: float

    seconds: float
    """The fastest of a few calls."""


def measured(task: Task, engine: str, form: Form, seconds: float) -> Row:
    record = form.record
    loses = f"loses more than {KEEPS:g} %" if form.loss > KEEPS else ""
    found = {
        "metrics": ", ".join(f"{name} {value:.4f}" for name, value in form.score.items()),
        "loss in %": form.loss,
        "MB": record["bytes"] / 1e6,
        "ms": 1e3 * seconds,
        "error": form.error,
        "made in s": record["made"],
        "opened in s": form.opened,
    }
    remarks = (record["variant"], loses, record["remark"])
    return _row(task, engine, found, "; ".join(part for part in remarks if part))


def failed(task: Task, engine: str, why: str) -> Row:
    return _row(task, engine, {}, why)


def _row(task: Task, engine: str, found: Row, remark: str) -> Row:
    remark = " ".join(remark.split()).replace("|", "/")
    shown = remark if len(remark) <= LONGEST else remark[:LONGEST] + " ..."
    empty = dict.fromkeys(COLUMNS, "")
    return {"model": task.name, "engine": engine, **empty, **found, "remark": shown}
