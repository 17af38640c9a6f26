"""What importing the package costs beyond NumPy, and how large the compiled half is."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.harness import Row

ROUNDS = 11


def import_microseconds(module: str, already: str) -> float:
    """``-X importtime``: cumulative time of ``import module`` once ``already`` is imported."""
    code = f"import {already}\nimport {module}"
    times = []
    for _ in range(ROUNDS):
        command = [sys.executable, "-X", "importtime", "-c", code]
        listing = subprocess.run(command, check=True, capture_output=True, text=True).stderr
        line = next(line for line in listing.splitlines() if line.endswith(f"| {module}"))
        times.append(float(line.split("|")[1]))
    return statistics.median(times)


def measure() -> list[Row]:
    from fourfold import _core

    return [
        {
            "import_milliseconds_beyond_numpy": import_microseconds("fourfold", "numpy") / 1e3,
            "extension_megabytes": Path(_core.__file__).stat().st_size / 1e6,
        }
    ]
