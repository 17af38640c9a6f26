"""Some nodes of a model, or a branch of one, as a model of their own."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from onnx import external_data_helper, helper, numpy_helper

from fourfold.errors import ModelFileError
from fourfold.importers.onnx.model import names_read
from fourfold.importers.onnx.source import OnnxModel
from fourfold.importers.onnx.types import element_type
from fourfold.importers.onnx.verdicts import Verdicts


def part_model(
    model: OnnxModel,
    verdicts: Verdicts,
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[str],
    outputs: Sequence[str],
    constants: Sequence[str],
    *,
    for_engine: bool,
) -> onnx.ModelProto:
    """Return a model of some nodes, with the functions and opsets of the whole.

    Constants that nodes were folded to become initializers. For the engine, data in files beside
    the model stays there; for others, who get the model as bytes, it is read.
    """
    proto = onnx.ModelProto(ir_version=model.proto.ir_version)
    proto.opset_import.extend(model.proto.opset_import)
    proto.functions.extend(model.proto.functions)
    proto.graph.name = model.proto.graph.name
    proto.graph.node.extend(nodes)
    for name in inputs:
        value = proto.graph.input.add(name=name)
        kind = verdicts.types.get(name)
        if kind is not None:
            value.type.CopyFrom(kind)
    for name in outputs:
        value = proto.graph.output.add(name=name)
        kind = verdicts.types.get(name)
        if kind is not None and for_engine:
            value.type.CopyFrom(kind)
    _add_constants(proto.graph, model, verdicts, set(constants), for_engine)
    return proto


def _add_constants(
    graph: onnx.GraphProto, model: OnnxModel, verdicts: Verdicts, names: set[str], for_engine: bool
) -> None:
    whole = model.proto.graph
    for sparse in whole.sparse_initializer:
        if sparse.values.name in names:
            graph.sparse_initializer.add().CopyFrom(sparse)
    for tensor in whole.initializer:
        if tensor.name in names:
            copy = graph.initializer.add()
            copy.CopyFrom(tensor)
            if not for_engine and copy.data_location == onnx.TensorProto.EXTERNAL:
                external_data_helper.load_external_data_for_tensor(copy, str(model.folder))
                copy.data_location = onnx.TensorProto.DEFAULT
                copy.ClearField("external_data")
    stored = {tensor.name for tensor in whole.initializer}
    for name in sorted(names - stored):
        if name in verdicts.constants:
            # The engine holds half precision in float32, and 4-bit integers in bytes.
            dtype = helper.tensor_dtype_to_np_dtype(element_type(verdicts.types[name]))
            array = verdicts.constants[name].astype(dtype)
            graph.initializer.add().CopyFrom(numpy_helper.from_array(array, name))


def branch_models(part: OnnxModel, outputs: Sequence[str]) -> list[OnnxModel]:
    """Return what an If does when its condition holds, and when not.

    Parameters
    ----------
    part : OnnxModel
        The If, as `part_model` makes it for the engine.
    outputs : sequence of str
        Which of its outputs the branches shall have.

    Raises
    ------
    ModelFileError
        If a branch has other outputs than the If.
    """
    (node,) = part.proto.graph.node
    bodies = {attribute.name: attribute.g for attribute in node.attribute}
    for name, body in bodies.items():
        if len(body.output) != len(node.output):
            raise ModelFileError(
                f"{part.origin}: node {node.name!r} (If): expected {len(node.output)} outputs of "
                f"its {name}, received {len(body.output)}"
            )
    places = [list(node.output).index(name) for name in outputs]
    return [
        OnnxModel(part.origin, _branch_model(part.proto, bodies[name], places), part.folder)
        for name in ("then_branch", "else_branch")
    ]


def _branch_model(
    outer: onnx.ModelProto, body: onnx.GraphProto, places: Sequence[int]
) -> onnx.ModelProto:
    proto = onnx.ModelProto(ir_version=outer.ir_version)
    proto.opset_import.extend(outer.opset_import)
    proto.functions.extend(outer.functions)
    proto.graph.CopyFrom(body)
    made = {tensor.name for tensor in body.initializer}
    made.update(name for node in body.node for name in node.output)
    read = {name for node in body.node for name in names_read(node)}
    read.update(value.name for value in body.output)
    read -= made
    proto.graph.input.extend(value for value in outer.graph.input if value.name in read)
    proto.graph.initializer.extend(
        tensor for tensor in outer.graph.initializer if tensor.name in read
    )
    del proto.graph.output[:]
    for place, declared in zip(places, outer.graph.output, strict=True):
        value = proto.graph.output.add()
        value.CopyFrom(body.output[place])
        if not value.type.WhichOneof("value"):
            value.type.CopyFrom(declared.type)
        if value.name not in made:  # a value from outside, handed out as it is
            proto.graph.node.add(
                op_type="Identity", input=[value.name], output=[f"{value.name}.out"]
            )
            value.name = f"{value.name}.out"
    return proto
