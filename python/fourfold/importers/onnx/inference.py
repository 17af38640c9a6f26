"""Types and shapes of a node's outputs, by ONNX's own rules, one node at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import checker, defs, numpy_helper, shape_inference

from fourfold.errors import ModelFileError
from fourfold.importers.onnx.guards import check_before_inference, may_use_values
from fourfold.importers.onnx.node import Value
from fourfold.importers.onnx.refusal import op_name
from fourfold.importers.onnx.types import ENGINE, HALF, element_type, shape_of

# The values of larger constants decide no shape.
MAX_VALUES = 1024


def infer_outputs(
    proto: onnx.NodeProto,
    schema: defs.OpSchema,
    inputs: Sequence[Value],
    constants: Mapping[str, np.ndarray],
    opsets: Sequence[onnx.OperatorSetIdProto],
    label: str,
) -> list[onnx.TypeProto | None]:
    """Return the types of a node's outputs, None for each that cannot be told.

    Raises
    ------
    ModelFileError
        If the inputs' types or shapes do not fit the op.
    """
    types: dict[str, onnx.TypeProto] = {}
    data: dict[str, onnx.TensorProto] = {}
    for index, (name, value) in enumerate(zip(proto.input, inputs, strict=True)):
        if not name:
            continue
        if value.type is None:
            return [None] * len(proto.output)
        types[name] = value.type
        array = constants.get(value.name)
        if array is None or array.size > MAX_VALUES or not _is_plain(value.type):
            continue
        if may_use_values(schema, inputs, index, array.ndim):
            data[name] = numpy_helper.from_array(array)
    check_before_inference(proto, schema, inputs, label)
    try:
        found = shape_inference.infer_node_outputs(
            schema, proto, types, data, opset_imports=list(opsets)
        )
    except (shape_inference.InferenceError, checker.ValidationError) as error:
        raise _wrong(schema, label, " ".join(str(error).split())) from None
    for value_type in found.values():
        if any(isinstance(size, int) and size < 0 for size in shape_of(value_type) or ()):
            raise _wrong(schema, label, f"its output has the shape {shape_of(value_type)}")
    has_branches = any(item.HasField("g") for item in proto.attribute)
    return [_usable(found.get(name), has_branches) for name in proto.output]


def _usable(value: onnx.TypeProto | None, has_branches: bool) -> onnx.TypeProto | None:
    """Return a type without what it only guesses: where branches differ, so may ranks."""
    kind = None if value is None else value.WhichOneof("value")
    if value is None or kind is None:
        return None
    if kind != "tensor_type":
        return value
    if has_branches:
        value.tensor_type.ClearField("shape")
    return value if element_type(value) else None


def _wrong(schema: defs.OpSchema, label: str, what: str) -> ModelFileError:
    return ModelFileError(f"node {label!r} ({op_name(schema.domain, schema.name)}): {what}")


def _is_plain(value: onnx.TypeProto) -> bool:
    """Return whether the graph holds a value of this type as it is."""
    element = element_type(value)
    return element in ENGINE and element not in HALF
