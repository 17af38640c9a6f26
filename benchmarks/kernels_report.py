"""The kernels' results as Markdown: a table per kind of work, a row per workload and kernel."""

from __future__ import annotations

from typing import Any

from benchmarks.harness import Row
from benchmarks.report import described, table

RATES = {"operations": "GOP/s", "bytes": "GB/s read"}
# Families that share a table. What is not listed works element by element, and has the last one.
TABLES = {
    "What the machine can do": ("limits",),
    "Matrix product, one kernel call, operands in L1 or L2": ("gemm_s8", "gemm_f32"),
    "One to three rows of INT8, weights in L2, L3 and DRAM": ("gemv",),
    "INT8 linear layer, float32 in and out, with quantizing": ("linear_s8",),
    "INT8 linear layer, INT8 in and out, one scale for all of it": ("linear_s8_to_s8",),
    "Float32 linear layer": ("linear_f32",),
}
OTHERS = "Element by element"


def _shown(row: Row, with_cycles: bool) -> Row:
    share = row["share"]
    shown = {
        "what": f"{row['family']} {row['workload']}",
        "kernel": row["kernel"],
        "microseconds": row["nanoseconds"] / 1e3,
        "median": row["median_nanoseconds"] / 1e3,
        RATES[row["unit"]]: row["giga_per_second"],
    }
    if with_cycles:
        shown["cycles per element"] = row["cycles_per_element"]
    if row["family"] != "limits":
        limit = f"of {row['limit']} ({row['limit_per_nanosecond']:.4g})"
        shown["share of the limit"] = f"{share:.0%} {limit}" if share else ""
    return shown


def _tables(rows: list[Row], with_cycles: bool) -> str:
    """One table per unit: their columns differ."""
    parts = []
    for unit in RATES:
        chosen = [_shown(row, with_cycles) for row in rows if row["unit"] == unit]
        if chosen:
            parts.append(table(chosen))
    return "\n".join(parts)


def markdown(results: dict[str, Any]) -> str:
    rows = results["kernels"]
    parts = [
        "# Kernels, one thread\n",
        f"Written by `python -m benchmarks kernels`. {described(results['machine'])}. Times are "
        "the fastest of the rounds; limits were measured between them.\n",
    ]
    for title, families in TABLES.items():
        chosen = [row for row in rows if row["family"] in families]
        parts += [f"## {title}\n", _tables(chosen, with_cycles=False)]
    listed = {family for families in TABLES.values() for family in families}
    others = [row for row in rows if row["family"] not in listed]
    parts += [f"## {OTHERS}\n", _tables(others, with_cycles=True)]
    return "\n".join(parts)
