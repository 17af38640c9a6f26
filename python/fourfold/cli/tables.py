"""What the commands show, as rich tables."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from rich.table import Table
from rich.text import Text

from fourfold.stats import LayerRecord, QuantizationStats


def size_text(count: float) -> str:
    """Return bytes in the unit that people read them in."""
    if count < 1000:
        return f"{count:.0f} bytes"
    return f"{count / 1e3:.1f} kB" if count < 1e6 else f"{count / 1e6:,.2f} MB"


def time_text(seconds: float) -> str:
    """Return a latency in the unit that people read it in."""
    if math.isnan(seconds):
        return "not measured"
    return f"{seconds * 1e6:.1f} us" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def times_text(ratio: float, what: str = "") -> str:
    """Return a ratio as in "3.97x smaller"."""
    return "not measured" if math.isnan(ratio) else f"{ratio:.2f}x {what}".rstrip()


def percent_text(percent: float, what: str = "") -> str:
    """Return a percentage as in "0.18 % loss"."""
    return "not a number" if math.isnan(percent) else f"{percent:.2f} % {what}".rstrip()


def verdict_text(accepted: bool, reasons: Iterable[str]) -> Text:
    """Return the verdict, and the reasons where it is a no."""
    if accepted:
        return Text("accepted", "bold green")
    return Text("\n").join([Text("rejected", "bold red"), *map(Text, reasons)])


def comparison_table(stats: QuantizationStats) -> Table:
    """Return a table of the original beside the quantized model: sizes, accuracy."""
    table = Table("")
    for heading in ("original", "INT8", "gain"):
        table.add_column(heading, justify="right")
    if stats.original_size:
        table.add_row(
            "parameters",
            size_text(stats.original_size),
            size_text(stats.quantized_size),
            times_text(stats.compression_ratio, "smaller"),
        )
    if stats.metric:
        metrics = (stats.original_metric, stats.quantized_metric)
        table.add_row(
            f"{stats.metric} on {stats.rows} rows",
            *("" if math.isnan(metric) else f"{metric:.4f}" for metric in metrics),
            percent_text(stats.accuracy_loss, "loss"),
        )
    return table


def add_latency(
    table: Table, batch_shape: Iterable[int], original: float, quantized: float, speedup: float
) -> None:
    """Add the latencies of one batch to a `comparison_table`."""
    table.add_row(
        f"latency, batch of {' x '.join(map(str, batch_shape))}",
        time_text(original),
        time_text(quantized),
        times_text(speedup, "faster"),
    )


def machine_text(stats: QuantizationStats) -> Text:
    """Return what the latencies hold for."""
    if math.isnan(stats.speedup):
        return Text("latency was not measured", "dim")
    threads = "1 thread" if stats.threads == 1 else f"{stats.threads} threads"
    return Text(f"measured with {stats.isa} and {threads} on {stats.cpu}", "dim")


def stats_table(stats: QuantizationStats) -> Table:
    """Return all that was measured about a model; what was not has no row."""
    table = comparison_table(stats)
    if not math.isnan(stats.speedup):
        add_latency(
            table,
            stats.batch_shape,
            stats.original_latency,
            stats.quantized_latency,
            stats.speedup,
        )
        low, high = stats.speedup_interval
        table.add_row("", "", "95 % interval", f"{times_text(low)} to {times_text(high)}")
    for what in ("weight", "multiply_add"):
        share = 100 * getattr(stats, f"int8_{what}_share")
        if not math.isnan(share):
            table.add_row(f"{what.replace('_', '-')}s in INT8", "", percent_text(share), "")
    return table


def layers_table(layers: Iterable[LayerRecord]) -> Table:
    """Return what became of each layer."""
    table = Table("layer", "precision")
    for heading in ("as float32", "now", "multiply-adds", "weight error"):
        table.add_column(heading, justify="right")
    for layer in layers:
        table.add_row(
            Text(layer.name),
            Text(_precision_text(layer)),
            size_text(layer.original_bytes),
            size_text(layer.quantized_bytes),
            percent_text(100 * layer.multiply_add_share),
            percent_text(100 * layer.weight_error),
        )
    return table


def _precision_text(layer: LayerRecord) -> str:
    if layer.reason:
        return f"{layer.precision} ({layer.reason})"
    return f"{layer.precision}{' (16-bit activations)' if layer.activation_bits == 16 else ''}"


def network_table(layers: Iterable[dict[str, Any]]) -> Table:
    """Return the layers of a float32 network, as `records.network_record` gives them."""
    table = Table("layer", "inputs -> outputs", "activation", "type")
    table.add_column("parameters", justify="right")
    for layer in layers:
        shape = f"{layer['inputs']} -> {layer['outputs']}"
        size = size_text(layer["bytes"])
        table.add_row(Text(layer["name"]), shape, layer["activation"], layer["dtype"], size)
    return table


def program_table(record: dict[str, Any]) -> Table:
    """Return what a model runs: its parts, or where the engine runs all of it, the steps."""
    return _parts_table(record["parts"]) if record["parts"] else _steps_table(record["steps"])


def _steps_table(steps: Iterable[dict[str, Any]]) -> Table:
    """Return the steps of a program, as `records.step_records` gives them."""
    table = Table("step", "operation", "attributes")
    table.add_column("constants", justify="right")
    for step in steps:
        attributes = [f"{key} {value}" for key, value in step["attributes"].items() if value]
        size = size_text(step["bytes"]) if step["bytes"] else ""
        table.add_row(Text(step["name"]), Text(step["op"]), Text(", ".join(attributes)), size)
    return table


def ends_table(inputs: Iterable[dict[str, Any]], outputs: Iterable[dict[str, Any]]) -> Table:
    """Return a session's inputs and outputs, as `records.session_record` gives them."""
    table = Table("", "name", "type", "shape")
    for what, nodes in (("input", inputs), ("output", outputs)):
        for node in nodes:
            shape = ", ".join("any" if size is None else str(size) for size in node["shape"])
            table.add_row(what, Text(node["name"]), node["type"], Text(f"[{shape}]"))
    return table


def _parts_table(parts: Iterable[dict[str, Any]]) -> Table:
    """Return the parts of a model that the engine does not run alone, and what runs each."""
    table = Table("runs in", "nodes", "inputs", "outputs")
    for part in parts:
        names = (Text(", ".join(part[side])) for side in ("nodes", "inputs", "outputs"))
        table.add_row(part["runs_in"], *names)
    return table


def isa_table(isas: Iterable[dict[str, Any]]) -> Table:
    """Return the instruction sets, as `records.isa_records` gives them."""
    table = Table("instruction set", "active", "INT8 kernel for 1 row", "for 64 rows")
    for isa in isas:
        mark = "active" if isa["active"] else ""
        table.add_row(isa["name"], mark, isa["kernel_1_row"], isa["kernel_64_rows"])
    return table
