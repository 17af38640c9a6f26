"""The commands. Each reads its arguments, calls the library, and shows what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

import fourfold as ff
from fourfold import _core
from fourfold.cli import inputs, onnx_files, options, records, tables
from fourfold.gate import DEFAULT_GATE
from fourfold.progress import reporting

FAILED = 1
REJECTED = 3

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="INT8 models on the CPU, with proof. Exit codes: 0 accepted, 3 rejected by the gate, "
    "2 wrong usage, 1 failure.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fourfold {ff.__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


@app.command()
def demo(
    hidden: options.Hidden = 1024,
    isa: options.Isa = None,
    threads: options.DemoThreads = 1,
) -> None:
    """Train a classifier of handwritten digits, quantize it, and show the proof."""
    from fourfold.demo import run_demo

    options.select_isa(isa)
    with reporting(True) as report:
        demonstration = run_demo(hidden, threads, report)
    result = demonstration.result
    show = tables.comparison_table if result.accepted else tables.stats_table
    table = show(result.stats)
    for rows, timing in demonstration.timings:
        tables.add_latency(
            table, (rows,), timing.original_latency, timing.quantized_latency, timing.speedup
        )
    console = Console()
    console.print(f"Handwritten digits, scikit-learn's MLPClassifier, 64-{hidden}-{hidden}-10")
    console.print(table)
    console.print(tables.machine_text(result.stats))
    if result.accepted:
        same = "the same bits" if demonstration.same_bits else Text("OTHER OUTPUTS", "bold red")
        size = tables.size_text(demonstration.file_size)
        console.print(f"saved in {size}, loaded again:", same)
    console.print(tables.verdict_text(result.accepted, result.reasons))
    if not demonstration.succeeded:
        raise typer.Exit(FAILED if result.accepted else REJECTED)


@app.command()
def isa(as_json: options.AsJson = False) -> None:
    """List the instruction sets that this machine supports, and what runs under each."""
    found = records.isa_records()
    if as_json:
        record = {"cpu": _core.cpu_name(), "threads": ff.get_threads(), "isas": found}
        typer.echo(records.to_json(record))
        return
    console = Console()
    console.print(tables.isa_table(found))
    console.print(Text(f"{_core.cpu_name()}, threads by default: {ff.get_threads()}"))


@app.command()
def quantize(
    model: options.Model,
    data: options.Data,
    out: options.Out,
    labels: options.Labels = None,
    batch_size: options.BatchSize = None,
    metric: options.Metric = None,
    max_accuracy_loss: options.MaxAccuracyLoss = DEFAULT_GATE.max_accuracy_loss,
    min_compression: options.MinCompression = DEFAULT_GATE.min_compression,
    min_speedup: options.MinSpeedup = DEFAULT_GATE.min_speedup,
    threads: options.Threads = None,
    allow_pickle: options.AllowPickle = False,
    as_json: options.AsJson = False,
) -> None:
    """Quantize a model; save it if it is small, exact and fast enough on the test rows.

    fourfold quantize model.onnx --data data.npz --out model.ff
    """
    options.check_differs(out, model)
    gate = ff.Gate(max_accuracy_loss, min_compression, min_speedup)
    names = onnx_files.input_names(model) if onnx_files.is_onnx(model) else ()
    rows, answers = inputs.read_data(data, names)
    if labels is not None:
        answers = inputs.read_labels(labels)
    original = inputs.read_model(model, allow_pickle=allow_pickle)
    try:
        result = ff.quantize_model(
            original,
            inputs.in_batches(rows, batch_size),
            answers,
            metric=metric,
            gate=gate,
            threads=threads,
            progress=True,
            strict=True,
        )
        result.save(out)
    except ff.QuantizationRejectedError as error:
        if error.__cause__ is not None:  # it failed before the gate had figures to decide on
            raise
        result = error.result
    if as_json:
        typer.echo(records.to_json(records.result_record(result, out)))
    else:
        _show_result(result, out)
    if not result.accepted:
        raise typer.Exit(REJECTED)


@app.command()
def inspect(
    file: options.ModelFile, verify: options.Verify = False, as_json: options.AsJson = False
) -> None:
    """Show what a model file holds, or how an ONNX model runs. Nothing in it is run."""
    if onnx_files.is_onnx(file):
        _inspect_onnx(file, as_json)
        return
    model = inputs.read_any_model(file, verify=verify)
    if isinstance(model, inputs.FloatNetwork):
        record = records.network_record(model, verified=verify)
        parts = tables.network_table(record["layers"])
    else:
        record = records.model_record(model, verified=verify)
        parts = tables.program_table(record)
    if as_json:
        typer.echo(records.to_json(record))
        return
    console = Console()
    size = tables.size_text(record["bytes"])
    checked = "all checksums match" if verify else "structure checked"
    title = f"{file}: {size}, {record['kind']}, written by {record['producer']}; {checked}"
    console.print(Text(title))
    console.print(parts)
    if not isinstance(model, inputs.FloatNetwork) and model.stats is not None:
        console.print(tables.stats_table(model.stats))
        console.print(tables.machine_text(model.stats))


def _inspect_onnx(file: Path, as_json: bool) -> None:
    record = records.session_record(file)
    if as_json:
        typer.echo(records.to_json(record))
        return
    console = Console()
    size, producer = tables.size_text(record["bytes"]), record["producer"] or "an unnamed tool"
    console.print(Text(f"{file}: {size}, ONNX, written by {producer}"))
    console.print(tables.ends_table(record["inputs"], record["outputs"]))
    console.print(tables.program_table(record))


def _show_result(result: ff.QuantizationResult, out: Path) -> None:
    console = Console()
    if result.layers:
        console.print(tables.layers_table(result.layers))
        console.print(tables.stats_table(result.stats))
        console.print(tables.machine_text(result.stats))
    console.print(tables.verdict_text(result.accepted, result.reasons))
    if result.accepted:
        console.print(Text(f"saved to {out}"))
