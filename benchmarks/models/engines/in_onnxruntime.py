"""onnxruntime, in float32 and after its own quantizers, called as its documentation shows.

Its documentation recommends the dynamic one for recurrent networks and transformers, the static one
for convolutions; some models break when every op is quantized, so each has a narrower variant.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.models.engines.engine import Opening, Recipes, Variant, onnx_parameter_bytes
from benchmarks.models.files import TaskFiles
from benchmarks.models.task import Feeds, Session

# Scales for each channel of a weight need it.
OPSET = 17

DYNAMIC = {"all ops": None, "MatMul, Gemm, LSTM, Gather": ["MatMul", "Gemm", "LSTM", "Gather"]}
STATIC = {"all ops": None, "MatMul, Gemm, Conv": ["MatMul", "Gemm", "Conv"]}


def opened(opening: Opening) -> Session:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(opening.path, options, providers=["CPUExecutionProvider"])


def original(files: TaskFiles) -> Recipes:
    return {"": lambda: Variant(files.model, onnx_parameter_bytes(files.model))}


def dynamic(files: TaskFiles) -> Recipes:
    def recipe(path: Path, ops: Sequence[str] | None) -> Variant:
        from onnx import TensorProto
        from onnxruntime.quantization import QuantType, quantize_dynamic

        quantize_dynamic(
            _prepared(files),
            path,
            op_types_to_quantize=ops,
            weight_type=QuantType.QInt8,
            per_channel=True,
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
        return Variant(path, onnx_parameter_bytes(path))

    return _each(files, "dynamic", DYNAMIC, recipe)


def static(files: TaskFiles) -> Recipes:
    def recipe(path: Path, ops: Sequence[str] | None) -> Variant:
        from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

        def quantize(**extra: Any) -> None:
            quantize_static(
                _prepared(files),
                path,
                _Reader(files.calibration()),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=ops,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                extra_options=extra,
            )

        try:
            quantize()
        except Exception:  # it indexes biases of shape [1, columns] by column
            quantize(QDQDisableWeightAdjustForInt32Bias=True)
        return Variant(path, onnx_parameter_bytes(path))

    return _each(files, "static", STATIC, recipe)


def _each(files: TaskFiles, kind: str, choices: Mapping[str, Any], recipe: Any) -> Recipes:
    return {
        name: functools.partial(recipe, files.folder / f"{kind}_{number}.onnx", ops)
        for number, (name, ops) in enumerate(choices.items())
    }


def _prepared(files: TaskFiles) -> Path:
    """The model of a newer opset, shapes inferred, ops fused: what the quantizers expect."""
    import onnx
    from onnx import version_converter
    from onnxruntime.quantization.shape_inference import quant_pre_process

    path = files.folder / "prepared.onnx"
    if path.exists():
        return path
    model = onnx.load(files.model)
    newer = files.folder / "newer.onnx"
    opset = max(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    onnx.save(version_converter.convert_version(model, OPSET) if opset < 13 else model, newer)
    try:
        quant_pre_process(newer, path)
    except Exception:  # its symbolic shape inference does not know every op
        quant_pre_process(newer, path, skip_symbolic_shape=True)
    return path


class _Reader:
    """Calibration data in the form that the quantizer takes."""

    def __init__(self, feeds: Sequence[Feeds]) -> None:
        self.feeds = feeds
        self.rewind()

    def get_next(self) -> Feeds | None:
        return next(self.left, None)

    def rewind(self) -> None:
        self.left: Iterator[Feeds] = iter(self.feeds)

    def __len__(self) -> int:
        return len(self.feeds)
