"""The results as Markdown tables and as the picture of the README."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.harness import Row

TITLES = {
    "digits": "Handwritten digits, scikit-learn's MLPClassifier (1024, 1024), one thread",
    "sequential": "Sequential 784-1024-1024-10 against NumPy float32, one thread",
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


def markdown(results: dict[str, Any]) -> str:
    machine = ", ".join(f"{name} {value}" for name, value in results["machine"].items())
    parts = ["# Results\n", f"Written by `python -m benchmarks`. {machine}.\n"]
    for name, title in TITLES.items():
        parts += [f"## {title}\n", table(results[name])]
    return "\n".join(parts)


def draw(results: dict[str, Any], path: Path) -> None:
    """Draw size and latencies, original above INT8, each pair on a scale of its own."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    *rows, accuracy = results["digits"]
    figure, axes = plt.subplots(len(rows), 1, figsize=(8, 0.95 * len(rows) + 0.7))
    for axis, row in zip(axes, rows, strict=True):
        names, values = ["scikit-learn", "fourfold"], [row["original"], row["quantized"]]
        bars = axis.barh(names[::-1], values[::-1], color=["#1f77b4", "#c8ccd0"])
        labels = [f"{value:,.3g} {row['unit']}" for value in values[::-1]]
        labels[0] += f"   {row['ratio']:.1f}x {row['better']}"
        axis.bar_label(bars, labels=labels, padding=4)
        axis.set_title(row["what"], loc="left", fontsize=10)
        axis.set_xlim(0, 1.25 * max(values))
        axis.xaxis.set_visible(False)
        axis.spines[["top", "right", "bottom"]].set_visible(False)
    machine = results["machine"]
    footnote = (
        f"Accuracy {accuracy['original']:.2f} % before, {accuracy['quantized']:.2f} % after. "
        f"{machine['cpu']}, {machine['isa']}, one thread"
    )
    figure.text(0.99, 0.01, footnote, ha="right", fontsize=7)
    figure.tight_layout()
    mpl.rcParams["svg.hashsalt"] = "fourfold"
    figure.savefig(path, metadata={"Date": None})
