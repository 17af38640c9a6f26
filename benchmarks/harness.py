"""Timing for the benchmarks: pinned child processes, interleaved rounds, medians.

A benchmark is a module of this package with ``measure(**settings) -> list[dict]``, run in a child
process of its own, so that thread pools, BLAS settings and the forced ISA of one can't touch
another.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results"
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

Row = dict[str, Any]


def seconds_per_call(call: Callable[[], object], at_least: float = 0.002) -> float:
    """Time of one call, from as many calls in a row as fill ``at_least`` seconds."""
    calls = 1
    while True:
        start = time.perf_counter()
        for _ in range(calls):
            call()
        elapsed = time.perf_counter() - start
        if elapsed >= at_least:
            return elapsed / calls
        calls = max(calls + 1, int(calls * min(10.0, 1.2 * at_least / max(elapsed, 1e-9))))


def interleaved(calls: Mapping[str, Callable[[], object]], rounds: int = 31) -> dict[str, float]:
    """Median seconds of every call; they take turns: a busy neighbour slows them all alike."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        seconds_per_call(call)
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(seconds_per_call(call))
    return {name: statistics.median(values) for name, values in times.items()}


def clean_environment() -> dict[str, str]:
    """This process's environment without what would steer a library's choice of kernels."""
    steering = ("OPENBLAS_", "FOURFOLD_", "DNNL_", "ONEDNN_", "MKL_")
    return {name: value for name, value in os.environ.items() if not name.startswith(steering)}


def run_in_child(
    module: str, settings: Mapping[str, Any], environment: Mapping[str, str], cores: int = 1
) -> list[Row]:
    """``measure(**settings)`` of ``benchmarks.<module>`` in a fresh process, pinned to cores."""
    arguments = [module, json.dumps(dict(settings)), str(cores)]
    command = [sys.executable, "-m", "benchmarks.harness", *arguments]
    environment = {**clean_environment(), **environment}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    rows: list[Row] = json.loads(done.stdout)
    return rows


def machine() -> Row:
    """What the figures hold for."""
    import numpy as np

    import fourfold as ff
    from fourfold import _core

    return {
        "cpu": _core.cpu_name(),
        "isa": ff.active_isa(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "fourfold": ff.__version__,
        "system": f"{platform.system()} {platform.machine()}",
    }


def write_results(name: str, results: Mapping[str, Any], markdown: str) -> None:
    """Keep the figures, ``name``.json, and their tables, ``name``.md, which are also printed."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(results, indent=1) + "\n")
    (RESULTS / f"{name}.md").write_text(markdown)
    sys.stdout.write(markdown)


def pin(cores: int = 1) -> None:
    """Keep this process on so many cores, the last ones, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])


def _child() -> None:
    pin(int(sys.argv[3]))
    module = importlib.import_module(f"benchmarks.{sys.argv[1]}")
    json.dump(module.measure(**json.loads(sys.argv[2])), sys.stdout)


if __name__ == "__main__":
    _child()
