"""``python -m benchmarks.peers``: every engine, every shape, into ``benchmarks/results/``."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmarks.harness import ONE_THREAD, RESULTS, ROOT, Row, clean_environment, machine
from benchmarks.peers.engines import ENGINES
from benchmarks.report import table
from benchmarks.shapes import LINEAR

ROUNDS = 11
# An INT8 layer on normally distributed data is 1 to 2 % from float64; beyond this it is broken.
MAX_ERROR = 0.05
PACKAGES = ("numpy", "onnxruntime", "openvino", "nncf", "torch")


class Worker:
    """An engine's process."""

    def __init__(self, engine: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.peers.worker", engine],
            cwd=ROOT,
            env={**clean_environment(), **ONE_THREAD},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, order: dict[str, Any]) -> dict[str, float] | None:
        """The answer, or None if the engine is not installed or has failed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None


def measure_shape(shape: tuple[int, int, int], workers: dict[str, Worker]) -> Row:
    """Median microseconds of every engine that gives a right answer."""
    row: Row = {"shape": "x".join(map(str, shape))}
    able = {}
    for engine, worker in workers.items():
        answer = worker.ask({"shape": shape})
        if answer is not None and answer["error"] <= MAX_ERROR:
            able[engine] = worker
    times: dict[str, list[float]] = {engine: [] for engine in able}
    for _ in range(ROUNDS):
        for engine, worker in able.items():
            answer = worker.ask({})
            if answer is not None:
                times[engine].append(answer["seconds"])
    for engine in workers:
        row[engine] = 1e6 * statistics.median(times[engine]) if times.get(engine) else float("nan")
    peers = [row[name] for name in row if "int8" in name and not name.startswith("fourfold")]
    row["fastest int8 peer / fourfold"] = min(peers) / row["fourfold int8"]
    return row


def versions() -> Row:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def main() -> None:
    workers = {engine: Worker(engine) for engine in ENGINES}
    rows = [measure_shape(shape, workers) for shape in LINEAR]
    results = {"machine": {**machine(), **versions()}, "microseconds": rows}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "peers.json").write_text(json.dumps(results, indent=1) + "\n")
    described = ", ".join(f"{name} {value}" for name, value in results["machine"].items())
    text = (
        "# A linear layer, float32 in and out, one thread\n\n"
        f"Written by `python -m benchmarks.peers`. {described}. Microseconds, medians.\n\n"
        + table(rows)
    )
    (RESULTS / "peers.md").write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
