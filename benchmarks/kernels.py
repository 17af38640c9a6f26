"""Every kernel under every ISA of this machine, against the limits measured in the same run.

``native/`` does the timing, in C++. Times are the fastest of interleaved rounds: what the machine
can do, where a median would also tell what its neighbours did.
"""

from __future__ import annotations

import json
import subprocess

from benchmarks.harness import ROOT, Row

NATIVE = ROOT / "build" / "bench" / "kernel_benchmarks"  # made by `make bench`


def measure(rounds: int) -> list[Row]:
    command = [NATIVE, str(rounds)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [_with_rates(json.loads(line)) for line in done.stdout.splitlines()]


def _with_rates(row: Row) -> Row:
    """Add the rate, the share of the limit (None without one), and cycles per element."""
    per_nanosecond = row["work"] / row["nanoseconds"]  # GOP/s or GB/s
    limit, elements = row["limit_per_nanosecond"], row["elements"]
    return {
        **row,
        "giga_per_second": per_nanosecond,
        "share": per_nanosecond / limit if limit else None,
        "cycles_per_element": (
            row["nanoseconds"] * row["cycles_per_nanosecond"] / elements if elements else None
        ),
    }
