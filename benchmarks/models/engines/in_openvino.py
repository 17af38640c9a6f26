"""OpenVINO, in float32 and bfloat16, and after NNCF's quantization to int8."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.models.engines.engine import Opening, Recipes, Variant, onnx_parameter_bytes
from benchmarks.models.files import TaskFiles
from benchmarks.models.task import Feeds, Session

ONE_THREAD = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
PRECISION = "INFERENCE_PRECISION_HINT"


class _Session:
    """A model compiled for the shapes of the timed inputs, which is faster than leaving them open.

    For inputs of other shapes it is compiled once more, with the shapes left open.
    """

    def __init__(self, opening: Opening) -> None:
        self.path, self.settings = opening.path, {**ONE_THREAD, **opening.settings}
        self.shapes = {name: list(array.shape) for name, array in opening.feeds.items()}
        self.fixed = self._compiled(self.shapes)

    def _compiled(self, shapes: Mapping[str, list[int]] | None) -> Any:
        import openvino

        model = _read(self.path)
        if shapes is not None:
            model.reshape(dict(shapes))
        return openvino.Core().compile_model(model, "CPU", self.settings).create_infer_request()

    @functools.cached_property
    def open(self) -> Any:
        return self._compiled(None)

    def run(self, output_names: Sequence[str] | None, input_feed: Feeds) -> list[np.ndarray]:
        shapes = {name: list(array.shape) for name, array in input_feed.items()}
        request = self.fixed if shapes == self.shapes else self.open
        found = request.infer(dict(input_feed), share_inputs=True)
        return list(found.values()) if output_names is None else [found[n] for n in output_names]


def _read(path: Path) -> Any:
    import openvino

    try:
        return openvino.Core().read_model(path)
    except RuntimeError as error:  # of its many lines one says what is wrong
        reasons = [line[3:] for line in str(error).splitlines() if line.startswith("-- ")]
        reason = reasons[0].removesuffix(" with a message:") if reasons else str(error)
        raise RuntimeError(reason) from None


def opened(opening: Opening) -> Session:
    return _Session(opening)


def _float(precision: str, files: TaskFiles) -> Recipes:
    settings = {PRECISION: precision}
    return {"": lambda: Variant(files.model, onnx_parameter_bytes(files.model), settings)}


float32 = functools.partial(_float, "f32")
bfloat16 = functools.partial(_float, "bf16")


def int8(files: TaskFiles) -> Recipes:
    """With NNCF's preset for transformers and without; the rest in float32 or in bfloat16."""

    def recipe(transformer: bool, precision: str) -> Variant:
        path = files.folder / f"nncf_{transformer}.xml"
        if not path.exists():
            _quantize(files, transformer, path)
        size = path.with_suffix(".bin").stat().st_size
        return Variant(path, size, {PRECISION: precision})

    return {
        f"{kind}, rest {precision}": functools.partial(recipe, kind == "transformer", precision)
        for kind in ("mixed", "transformer")
        for precision in ("f32", "bf16")
    }


def _quantize(files: TaskFiles, transformer: bool, path: Path) -> None:
    import nncf
    import openvino

    feeds = files.calibration()
    kind = nncf.ModelType.TRANSFORMER if transformer else None
    quantized = nncf.quantize(
        _read(files.model),
        nncf.Dataset(feeds),
        subset_size=len(feeds),
        model_type=kind,
    )
    openvino.save_model(quantized, path, compress_to_fp16=False)
