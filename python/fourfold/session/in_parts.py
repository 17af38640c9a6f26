"""Models that the engine alone cannot run, as the parts that it can, and those of onnxruntime."""

from __future__ import annotations

from typing import Any

from onnx import numpy_helper

from fourfold.errors import UnsupportedModelError
from fourfold.graph.branches import ELSE, THEN, BranchGraph
from fourfold.graph.ir import TensorInfo
from fourfold.graph.partitioned import AnyGraph, Part, PartitionedGraph, PartRunner
from fourfold.importers.imported import ImportedModel
from fourfold.importers.onnx import imported_model, read_graph
from fourfold.importers.onnx.model import model_inputs, parameter_bytes, tensor_info
from fourfold.importers.onnx.partition import ModelPart, partition
from fourfold.importers.onnx.source import OnnxModel, read_source
from fourfold.importers.onnx.subgraph import branch_models
from fourfold.session.engine_part import EnginePart, open_inputs
from fourfold.session.runtime import RuntimePart, tell_types

# What a model file calls them.
ENGINE, RUNTIME = "fourfold", "onnxruntime"

# What branches may take, beside as many times what the model itself has.
FEW_BYTES, MOST_COPIES = 1 << 20, 4


def import_in_parts(source: Any) -> ImportedModel:
    """Turn an ONNX model into graphs, and parts that onnxruntime runs.

    Returns
    -------
    ImportedModel
        As `import_onnx` gives it, but that its ``graph`` is a `PartitionedGraph`.

    Raises
    ------
    UnsupportedModelError
        If onnxruntime cannot run what the engine has not, or is not installed.
    ModelFileError, OSError, TypeError
        As `import_onnx` raises them.
    """
    model = read_source(source, any_opset=True)
    return imported_model(model, _Opening(model).in_parts(model))


class _Opening:
    """Takes a model apart, and what its branches hold.

    A branch gets a copy of each constant from outside that it reads. Of a few small constants many
    branches could make any number of bytes, so there is an end to it.
    """

    def __init__(self, model: OnnxModel) -> None:
        self._room = FEW_BYTES + MOST_COPIES * parameter_bytes(model.proto.graph)

    def in_parts(self, model: OnnxModel) -> PartitionedGraph:
        """Return a model as parts."""
        parts = partition(model, tell_types, self._branches)
        proto = model.proto
        outputs = tuple(output.name for output in proto.graph.output)
        return PartitionedGraph(
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

    def _branches(self, part: ModelPart) -> BranchGraph | None:
        """Return both branches of an If; None if it is left to onnxruntime."""
        (node,) = part.model.proto.graph.node
        if node.input[0] not in part.inputs:  # a constant, but one that importing could not go by
            return None
        models = branch_models(part.model, part.outputs)
        self._room -= sum(parameter_bytes(model.proto.graph) for model in models)
        if self._room < 0:
            return None
        try:
            then, otherwise = map(self._branch, models)
        except UnsupportedModelError:
            return None
        reads = [
            tuple(part.inputs.index(value.name) for value in model.proto.graph.input)
            for model in models
        ]
        condition = part.inputs.index(node.input[0])
        return BranchGraph(condition, (reads[THEN], reads[ELSE]), (then, otherwise))

    def _branch(self, model: OnnxModel) -> AnyGraph:
        try:
            return read_graph(model)
        except UnsupportedModelError:
            return self.in_parts(model)


def _body(part: ModelPart) -> AnyGraph | PartRunner:
    if part.branches is not None:
        return part.branches
    if not part.runs_here:
        return RuntimePart.of_model(part.model, part.nodes)
    if open_inputs(part.model):
        return EnginePart(part.model)
    return read_graph(part.model)
