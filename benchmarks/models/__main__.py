"""``python -m benchmarks.models [name ...]``: every engine on every task, into a table."""

from __future__ import annotations

import argparse
import json
import sys

from benchmarks.harness import RESULTS, Row, machine
from benchmarks.models.measure import measure
from benchmarks.models.rows import KEEPS
from benchmarks.models.tasks import TASKS
from benchmarks.report import described, table
from benchmarks.workers import versions

ROUNDS = 11


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.models")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(TASKS)}")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is timed")
    found = parser.parse_args()
    if unknown := set(found.names) - set(TASKS):
        parser.error(f"no such task: {', '.join(sorted(unknown))}; there are {', '.join(TASKS)}")
    return found


def main() -> None:
    given = arguments()
    rows: list[Row] = []
    for name in given.names or TASKS:
        sys.stderr.write(f"{name}\n")
        rows += measure(TASKS[name], given.rounds)
        keep(rows, given.rounds)
    sys.stdout.write(table(rows))


def keep(rows: list[Row], rounds: int) -> None:
    """Write the rows so far: a run takes long, and may be cut short."""
    results = {"machine": {**machine(), **versions()}, "models": rows}
    parts = [
        "# Real models on their tasks, one thread\n",
        f"Written by `python -m benchmarks.models`. {described(results['machine'])}. "
        f"Medians of {rounds} rounds. Each engine has a process of its own. The loss is that of "
        "the worst metric. MB are the parameters'. The error is the outputs' greatest difference "
        "from onnxruntime's in float32, of their greatest value. Of a peer's ways to quantize, the "
        f"row has the fastest that loses no more than {KEEPS:g} %, or else the one that loses "
        "least. fourfold int8 is what `quantize_model` makes, and the remark what its gate says.\n",
        table(rows),
    ]
    (RESULTS / "models.json").write_text(json.dumps(results, indent=1) + "\n")
    (RESULTS / "models.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main()
