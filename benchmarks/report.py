"""The results as Markdown tables."""

from __future__ import annotations

from typing import Any

from benchmarks.harness import Row

TITLES = {
    "digits": "Handwritten digits, scikit-learn's MLPClassifier (1024, 1024), one thread",
    "sequential": "Sequential 784-1024-1024-10 against NumPy float32, one thread",
    "threads": "An INT8 linear layer on one thread and on two",
    "call_overhead": "One call of a 64-128-10 network at batch 1",
    "load": "Opening a 100 MB model file",
    "footprint": "Import and size",
}


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def table(rows: list[Row]) -> str:
    columns = list(rows[0])
    lines = [
        "| " + " | ".join(name.replace("_", " ") for name in columns) + " |",
        "|" + " --- |" * len(columns),
    ]
    lines += ["| " + " | ".join(_cell(row[name]) for name in columns) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def described(machine: Row) -> str:
    return ", ".join(f"{name} {value}" for name, value in machine.items())


def markdown(results: dict[str, Any]) -> str:
    parts = [
        "# Results\n",
        f"Written by `python -m benchmarks`. {described(results['machine'])}.\n",
    ]
    for name, title in TITLES.items():
        parts += [f"## {title}\n", table(results[name])]
    return "\n".join(parts)
