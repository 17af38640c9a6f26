"""The options of the commands: their types, their help, and what is wrong usage of them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from fourfold.accuracy import NAMED_METRICS
from fourfold.machine import check_threads, use_isa


def _known_metric(name: str | None) -> str | None:
    if name is not None and name not in NAMED_METRICS:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(NAMED_METRICS)}.")
    return name


def _thread_count(threads: int | None) -> int | None:
    try:
        return None if threads is None else check_threads(threads)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.") from None


def _not_nan(limit: float) -> float:
    if math.isnan(limit):
        raise typer.BadParameter("nan is not a limit.")
    return limit


def _folder_exists(out: Path) -> Path:
    """Refuse now what would fail after minutes of work."""
    if not out.resolve().parent.is_dir():
        raise typer.BadParameter(f"folder '{out.parent}' does not exist.")
    return out


def select_isa(name: str | None) -> None:
    """Use an instruction set, unless None."""
    try:
        if name is not None:
            use_isa(name)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.", param_hint="'--isa'") from None


def check_differs(out: Path, model: Path) -> None:
    """Refuse to write over the model that is read."""
    if out.exists() and out.samefile(model):
        raise typer.BadParameter("would replace the float32 model.", param_hint="'--out'")


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]

Hidden = Annotated[int, typer.Option(min=1, help="Neurons in each hidden layer.")]
Isa = Annotated[str | None, typer.Option(help="Instruction set: see `fourfold isa`.")]
DemoThreads = Annotated[
    int, typer.Option(callback=_thread_count, help="Threads for both sides, from 1.")
]
Threads = Annotated[
    int | None, typer.Option(callback=_thread_count, help="Threads for both sides, from 1.")
]

Model = Annotated[
    Path,
    typer.Argument(
        exists=True, dir_okay=False, help="An ONNX model, or a file that Sequential.save wrote."
    ),
]
Data = Annotated[
    Path,
    typer.Option(
        exists=True,
        dir_okay=False,
        help="Test rows: .npy, .csv, or .npz with X and perhaps y; for an ONNX model with several "
        "inputs .npz with an array for each by name, and perhaps y.",
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        "-o", "--out", dir_okay=False, callback=_folder_exists, help="Where to save the INT8 model."
    ),
]
Labels = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        help="What the model should answer: likewise. Whole numbers in a .csv are classes.",
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(min=1, help="Rows per call, for accuracy and latency; by default all at once."),
]
Metric = Annotated[
    str | None,
    typer.Option(callback=_known_metric, help=f"With labels: {', '.join(NAMED_METRICS)}."),
]
MaxAccuracyLoss = Annotated[float, typer.Option(min=0, callback=_not_nan, help="Percent.")]
MinCompression = Annotated[float, typer.Option(min=0, callback=_not_nan, help="Times smaller.")]
MinSpeedup = Annotated[float, typer.Option(min=0, callback=_not_nan, help="Times faster.")]
AllowPickle = Annotated[
    bool,
    typer.Option(
        "--allow-pickle",
        help="MODEL may be a pickled scikit-learn estimator. A pickle can run any code.",
    ),
]

ModelFile = Annotated[
    Path,
    typer.Argument(
        exists=True,
        dir_okay=False,
        help="A file that `quantize` or Sequential.save wrote, or an ONNX model.",
    ),
]
Verify = Annotated[bool, typer.Option("--verify", help="Read all of it and compare its checksums.")]
