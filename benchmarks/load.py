"""Opening a 100 MB model file: time and private memory, before the first call."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

import fourfold as ff
from benchmarks.harness import Row, run_in_child

WIDTH = 5120  # four square layers of it are 100 MiB of INT8 weights


def private_bytes() -> int:
    """Memory of this process that it shares with nobody (Linux)."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def write_model(path: Path) -> None:
    rng = np.random.default_rng(0)
    layers = [
        ff.Dense(rng.standard_normal((WIDTH, WIDTH), np.float32), activation="relu")
        for _ in range(4)
    ]
    x = rng.standard_normal((1, WIDTH), np.float32)
    gate = ff.Gate(min_speedup=0.0, max_accuracy_loss=50.0)
    ff.quantize_model(ff.Sequential(layers), x, gate=gate, strict=True).save(path)


def measure(path: str = "") -> list[Row]:
    if not path:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.safetensors"
            write_model(file)
            # A fresh process opens it: this one's heap still holds the float32 original.
            return run_in_child("load", {"path": str(file)}, {})

    ff.load(_small_file(path))
    before = private_bytes()
    start = time.perf_counter()
    model = ff.load(path)
    seconds = time.perf_counter() - start
    added = private_bytes() - before
    x = np.ones((1, WIDTH), np.float32)
    return [
        {
            "file_megabytes": Path(path).stat().st_size / 1e6,
            "load_milliseconds": 1e3 * seconds,
            "private_megabytes_added": added / 1e6,
            "answers": bool(np.isfinite(model(x)).all()),
        }
    ]


def _small_file(path: str) -> Path:
    """A tiny model beside the large one: opening it first pays for the imports, once a process."""
    small = Path(path).with_name("small.safetensors")
    x = np.ones((1, 64), np.float32)
    network = ff.Sequential([ff.Dense(np.eye(64, dtype=np.float32), np.zeros(64, np.float32))])
    ff.quantize_model(network, x, gate=ff.Gate(min_speedup=0.0), strict=True).save(small)
    return small
