"""The commands. Each reads its arguments, calls the library, and shows what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

import fourfold as ff
from fourfold import _core
from fourfold.accuracy import NAMED_METRICS
from fourfold.cli import inputs, records, tables
from fourfold.gate import DEFAULT_GATE
from fourfold.model_file import load_model
from fourfold.progress import reporting

REJECTED = 3

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="INT8 models on the CPU, with proof. Exit codes: 0 accepted, 3 rejected, "
    "2 wrong usage, 1 failure.",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


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
    hidden: Annotated[int, typer.Option(min=1, help="Neurons in each hidden layer.")] = 1024,
    isa: Annotated[str | None, typer.Option(help="Instruction set: see `fourfold isa`.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads for both sides.")] = 1,
) -> None:
    """Train a classifier of handwritten digits, quantize it, and show the proof."""
    from fourfold.demo import run_demo

    if isa is not None:
        _select_isa(isa)
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
        raise typer.Exit(REJECTED)


@app.command()
def isa(as_json: AsJson = False) -> None:
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
    model: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="A file that Sequential.save wrote."),
    ],
    data: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Test rows: .npy, .csv, or .npz with X and perhaps y.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("-o", "--out", dir_okay=False, help="Where to save the INT8 model.")
    ],
    labels: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="What the model should answer: likewise."),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help=f"With labels: {', '.join(NAMED_METRICS)}.")
    ] = None,
    max_accuracy_loss: Annotated[
        float, typer.Option(min=0, help="Percent.")
    ] = DEFAULT_GATE.max_accuracy_loss,
    min_compression: Annotated[
        float, typer.Option(min=0, help="Times smaller.")
    ] = DEFAULT_GATE.min_compression,
    min_speedup: Annotated[
        float, typer.Option(min=0, help="Times faster.")
    ] = DEFAULT_GATE.min_speedup,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads for both sides.")] = None,
    allow_pickle: Annotated[
        bool,
        typer.Option(
            "--allow-pickle",
            help="MODEL may be a pickled scikit-learn estimator. A pickle can run any code.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Quantize a model; save it if it is small, exact and fast enough on the test rows."""
    if metric is not None and metric not in NAMED_METRICS:
        choices = ", ".join(NAMED_METRICS)
        raise typer.BadParameter(f"{metric!r} is not one of {choices}.", param_hint="'--metric'")
    _check_output(out, model)
    rows, answers = inputs.read_data(data)
    if labels is not None:
        answers = inputs.read_labels(labels)
    result = ff.quantize_model(
        inputs.read_model(model, allow_pickle=allow_pickle),
        rows,
        answers,
        metric=metric,
        gate=ff.Gate(max_accuracy_loss, min_compression, min_speedup),
        threads=threads,
        progress=True,
    )
    if result.accepted:
        result.save(out)
    if as_json:
        typer.echo(records.to_json(records.result_record(result, out)))
    else:
        _show_result(result, out)
    if not result.accepted:
        raise typer.Exit(REJECTED)


@app.command()
def inspect(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A file that `quantize` wrote.")
    ],
    verify: Annotated[
        bool, typer.Option("--verify", help="Read all of it and compare its checksums.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a model file holds. Nothing in it is run."""
    model = load_model(file, verify=verify)
    record = records.model_record(model, verified=verify)
    if as_json:
        typer.echo(records.to_json(record))
        return
    console = Console()
    size = tables.size_text(model.size)
    checked = "all checksums match" if verify else "structure checked"
    console.print(Text(f"{file}: {size}, {model.kind}, written by {model.producer}; {checked}"))
    console.print(tables.steps_table(record["steps"]))
    if model.stats is not None:
        console.print(tables.stats_table(model.stats))
        console.print(tables.machine_text(model.stats))


def _show_result(result: ff.QuantizationResult, out: Path) -> None:
    console = Console()
    if result.layers:
        console.print(tables.layers_table(result.layers))
        console.print(tables.stats_table(result.stats))
        console.print(tables.machine_text(result.stats))
    console.print(tables.verdict_text(result.accepted, result.reasons))
    if result.accepted:
        console.print(Text(f"saved to {out}"))


def _check_output(out: Path, model: Path) -> None:
    """Refuse now what would fail, or be regretted, after minutes of work."""
    if not out.resolve().parent.is_dir():
        raise typer.BadParameter(f"folder '{out.parent}' does not exist.", param_hint="'--out'")
    if out.exists() and out.samefile(model):
        raise typer.BadParameter("would replace the float32 model.", param_hint="'--out'")


def _select_isa(name: str) -> None:
    try:
        ff.use_isa(name)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--isa'") from None
