"""Many damaged ONNX models, each tried by a process that may crash: ``python -m onnx_fuzz.runner``.

From the folder ``tests``: ``--count 20000 --seed 1 --first 0``. Every model follows from the seed
and its number; ``--first N --count 1`` repeats one.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).parent.parent

# A file may take ten times its size, and this: Python's and onnx's own objects, what the importer
# folds ahead of a run, the pages of a first call.
FIXED_BYTES = 64 * 2**20
SECONDS = 10


@dataclass
class Report:
    """What became of all models."""

    counts: Counter = field(default_factory=Counter)
    failures: list = field(default_factory=list)
    slowest: float = 0
    most_bytes: int = 0

    def add(self, number, name, record):
        """Take in what became of one."""
        outcome = record["outcome"]
        self.counts[outcome] += 1
        self.slowest = max(self.slowest, record["seconds"])
        self.most_bytes = max(self.most_bytes, record["bytes"])
        if outcome == "failed":
            self.failures.append((number, name, record["message"]))
        if record["bytes"] > 10 * record["size"] + FIXED_BYTES:
            self.failures.append((number, name, f"import took {record['bytes']} bytes"))


def fuzz(seed, first, count):
    """Try so many models from a number on, in as many processes as it takes; return a Report."""
    report, end = Report(), first + count
    while first < end:
        first = _go_on(report, seed, first, end)
    return report


def _go_on(report, seed, first, end):
    """Try models until a process ends; return the number to go on with."""
    process = subprocess.run(
        [sys.executable, "-m", "onnx_fuzz.trial"],
        input=json.dumps({"seed": seed, "first": first, "count": end - first, "seconds": SECONDS}),
        capture_output=True,
        text=True,
        check=False,
        cwd=TESTS,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    lines = [json.loads(line) for line in process.stdout.splitlines() if line.endswith("}")]
    heads, records = lines[::2], lines[1::2]
    for head, record in zip(heads, records, strict=False):
        report.add(head["number"], head["name"], record)
    if len(records) == end - first:
        return end
    if not heads:
        raise RuntimeError(process.stderr)
    last = heads[-1]
    report.counts["crash"] += 1
    report.failures.append((last["number"], last["name"], process.stderr[-1500:] or "crash"))
    return last["number"] + 1


def main():
    """Print what became of the models."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=20_000)
    options = parser.parse_args()
    report = fuzz(options.seed, options.first, options.count)
    lines = [f"--- {number} {name}: {what}" for number, name, what in report.failures]
    lines.append(f"{dict(report.counts)}")
    lines.append(
        f"slowest {report.slowest:.2f} s, imports took {report.most_bytes >> 20} MiB at most"
    )
    sys.stdout.write("\n".join(lines) + "\n")
    sys.exit(bool(report.failures))


if __name__ == "__main__":
    main()
