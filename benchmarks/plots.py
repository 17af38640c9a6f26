"""The pictures, in one style: SVG, no background, inks that can be read on white and on black.

The same figures give the same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

INK = "#6e7781"
OURS, OTHER = "#1f77b4", "#a6b0ba"
SERIES = {
    "avx2": "#2ca02c",
    "avxvnni": "#ff7f0e",
    "avx512vnni": "#1f77b4",
    "amx": "#d62728",
    "neon": "#2ca02c",
    "neondot": "#ff7f0e",
    "i8mm": "#1f77b4",
}
ENGINES = {
    "fourfold int8": "#1f77b4",
    "onnxruntime int8": "#ff7f0e",
    "openvino int8": "#2ca02c",
    "torch int8": "#d62728",
    "fourfold float32": "#9ecae1",
}
BASELINE = "onnxruntime float32"
STYLE = {
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.grid": False,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.size": 9,
    "grid.color": INK,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "savefig.facecolor": "none",
    "svg.hashsalt": "fourfold",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def _save(figure: Any, path: Path, footnote: str) -> None:
    figure.text(0.99, 0.01, footnote, ha="right", fontsize=7)
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


@mpl.rc_context(STYLE)
def digits(results: dict[str, Any], path: Path) -> None:
    """Draw size and latencies, original above INT8, each pair on a scale of its own."""
    *rows, accuracy = results["digits"]
    figure, axes = plt.subplots(len(rows), 1, figsize=(8, 0.95 * len(rows) + 0.7))
    for axis, row in zip(axes, rows, strict=True):
        names, values = ["scikit-learn", "fourfold"], [row["original"], row["quantized"]]
        bars = axis.barh(names[::-1], values[::-1], color=[OURS, OTHER])
        labels = [f"{value:,.3g} {row['unit']}" for value in values[::-1]]
        labels[0] += f"   {row['ratio']:.1f}x {row['better']}"
        axis.bar_label(bars, labels=labels, padding=4)
        axis.set_title(row["what"], loc="left", fontsize=10)
        axis.set_xlim(0, 1.25 * max(values))
        axis.xaxis.set_visible(False)
        axis.spines["bottom"].set_visible(False)
    machine = results["machine"]
    _save(
        figure,
        path,
        f"Accuracy {accuracy['original']:.2f} % before, {accuracy['quantized']:.2f} % after. "
        f"{machine['cpu']}, {machine['isa']}, one thread",
    )


def _level_rate(rows: list[dict[str, Any]], level: str) -> float:
    """The fastest streaming read, in GB/s."""
    workload = f"{level} streaming read"
    return max(row["giga_per_second"] for row in rows if row["workload"] == workload)


@mpl.rc_context(STYLE)
def roofline(results: dict[str, Any], path: Path, layer: tuple[int, int] = (768, 3072)) -> None:
    """Draw how much of the dot product's peak a linear layer reaches, by rows and ISA.

    The dotted roof is what reading the weights from L3 allows; the dots off the lines are the
    other shapes of the table.
    """
    rows = [row for row in results["kernels"] if row["family"] == "linear_s8"]
    depth, columns = layer
    read = _level_rate(results["kernels"], "L3")
    figure, axis = plt.subplots(figsize=(8, 4.2))
    for isa in dict.fromkeys(row["kernel"] for row in rows):
        on_line, off_line = [], []
        peak = 0.0
        for row in rows:
            if row["kernel"] != isa:
                continue
            peak = max(peak, row["limit_per_nanosecond"])
            row_count, *of_layer = map(int, row["workload"].split("x"))
            point = (row_count, 100 * row["share"])
            (on_line if tuple(of_layer) == layer else off_line).append(point)
        axis.plot(*zip(*sorted(on_line), strict=True), "o-", color=SERIES[isa], ms=4, label=isa)
        axis.plot(*zip(*off_line, strict=True), "x", color=SERIES[isa], ms=6)
        counts = sorted(count for count, _ in on_line)
        roof = [min(100.0, 100 * 2 * count * read / peak) for count in counts]
        axis.plot(counts, roof, ":", color=SERIES[isa], lw=1)
    axis.set_xscale("log", base=2)
    axis.xaxis.set_major_formatter("{x:.0f}")
    axis.set_ylim(0, 105)
    axis.yaxis.set_major_formatter("{x:.0f} %")
    axis.grid(axis="y")
    axis.set_xlabel("rows")
    axis.set_title(f"INT8 linear layer {depth} x {columns}: share of the peak", loc="left")
    axis.legend(loc="lower right")
    machine = results["machine"]
    _save(
        figure,
        path,
        "Dotted: what reading the weights from L3 allows. Crosses: the other shapes. "
        f"{machine['cpu']}, one thread",
    )


@mpl.rc_context(STYLE)
def peers(results: dict[str, Any], path: Path) -> None:
    """Draw each engine's speed relative to ONNX Runtime's float32, a group of bars per shape."""
    rows = results["microseconds"]
    figure, axis = plt.subplots(figsize=(8, 4.2))
    width = 0.8 / len(ENGINES)
    for place, (engine, color) in enumerate(ENGINES.items()):
        offset = (place - (len(ENGINES) - 1) / 2) * width
        speeds = [row[BASELINE] / row[engine] for row in rows]
        axis.bar([i + offset for i in range(len(rows))], speeds, width, color=color, label=engine)
    axis.axhline(1, color=INK, lw=1)
    axis.set_xticks(range(len(rows)), [row["shape"] for row in rows], rotation=25, ha="right")
    axis.grid(axis="y")
    axis.set_axisbelow(True)
    axis.yaxis.set_major_formatter("{x:.0f}x")
    axis.set_title(f"A linear layer: speed relative to {BASELINE}", loc="left")
    axis.legend(ncols=2)
    machine = results["machine"]
    _save(figure, path, f"{machine['cpu']}, {machine['isa']}, one thread")
