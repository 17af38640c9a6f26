"""Engines: how each makes its own form of a task's ONNX model, and opens it on one thread."""

from __future__ import annotations

from benchmarks.models.engines import in_fourfold, in_onnxruntime, in_openvino
from benchmarks.models.engines.engine import Engine

REFERENCE = "onnxruntime float32"

ENGINES = {
    REFERENCE: Engine(("onnxruntime",), in_onnxruntime.original, in_onnxruntime.opened),
    "onnxruntime dynamic int8": Engine(
        ("onnxruntime", "onnx"), in_onnxruntime.dynamic, in_onnxruntime.opened
    ),
    "onnxruntime static int8": Engine(
        ("onnxruntime", "onnx"), in_onnxruntime.static, in_onnxruntime.opened
    ),
    "openvino float32": Engine(("openvino",), in_openvino.float32, in_openvino.opened),
    "openvino bfloat16": Engine(("openvino",), in_openvino.bfloat16, in_openvino.opened),
    "openvino int8": Engine(("openvino", "nncf"), in_openvino.int8, in_openvino.opened),
    "fourfold float32": Engine(("fourfold",), in_fourfold.original, in_fourfold.opened),
    "fourfold int8": Engine(("fourfold",), in_fourfold.int8, in_fourfold.opened),
}
