"""Models that the engine alone cannot run, as the parts that it can, and those of onnxruntime."""

from __future__ import annotations

from typing import Any

from onnx import numpy_helper

from fourfold.graph.ir import Graph, TensorInfo
from fourfold.graph.partitioned import Part, PartitionedGraph, PartRunner
from fourfold.importers.imported import ImportedModel
from fourfold.importers.onnx import imported_model, read_graph
from fourfold.importers.onnx.model import model_inputs, tensor_info
from fourfold.importers.onnx.partition import ModelPart, partition
from fourfold.session.engine_part import EnginePart, open_inputs
from fourfold.session.runtime import RuntimePart, tell_types

# What a model file calls them.
ENGINE, RUNTIME = "fourfold", "onnxruntime"


def import_in_parts(source: Any) -> ImportedModel:
    """Turn an ONNX model into graphs, and parts that onnxruntime runs, which has to be installed.

    Returns
    -------
    ImportedModel
        As `import_onnx` gives it, but that its ``graph`` is a `PartitionedGraph`.

    Raises
    ------
    UnsupportedModelError
        If onnxruntime cannot run what the engine has not.
    ModelFileError, OSError, TypeError
        As `import_onnx` raises them.
    """
    model, parts = partition(source, tell_types)
    proto = model.proto
    outputs = tuple(output.name for output in proto.graph.output)
    graph = PartitionedGraph(
        inputs=tuple(
            tensor_info(value) or TensorInfo(value.name, "", ())
            for value in model_inputs(proto.graph)
        ),
        outputs=outputs,
        parts=tuple(
            Part(ENGINE if part.runs_here else RUNTIME, part.nodes, part.inputs, part.outputs)
            for part in parts
        ),
        bodies=tuple(map(_body, parts)),
        constants={
            tensor.name: numpy_helper.to_array(tensor)
            for tensor in proto.graph.initializer
            if tensor.name in outputs
        },
    )
    return imported_model(model, graph)


def _body(part: ModelPart) -> Graph | PartRunner:
    if not part.runs_here:
        return RuntimePart.of_model(part.model, part.nodes)
    if open_inputs(part.model):
        return EnginePart(part.model)
    return read_graph(part.model)
