"""What ONNX's own shape rules take for granted: models that break it would end the process."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from onnx import defs, helper

from fourfold.errors import ModelFileError
from fourfold.importers.onnx.node import Value
from fourfold.importers.onnx.types import shape_of

# Ops whose rule uses ``axis`` as it comes.
AXIS_USED_UNCHECKED = ("LayerNormalization", "RMSNormalization")


def check_before_inference(
    proto: onnx.NodeProto, schema: defs.OpSchema, inputs: Sequence[Value], label: str
) -> None:
    """Refuse a node whose shape rule would read or write outside of its memory.

    Raises
    ------
    ModelFileError
        Naming the node and what was expected.
    """
    if schema.name == "Split":
        count = _integer(proto, "num_outputs")
        if count is not None and count != len(proto.output):
            raise ModelFileError(
                f"node {label!r} (Split): expected num_outputs of {len(proto.output)}, as many as "
                f"it has outputs, received {count}"
            )
    if schema.name in AXIS_USED_UNCHECKED and inputs:
        axis, shape = _integer(proto, "axis"), shape_of(inputs[0].type)
        rank = 0 if shape is None else len(shape)
        if axis is not None and shape is not None and not -rank <= axis < rank:
            raise ModelFileError(
                f"node {label!r} ({schema.name}): expected an axis of {rank} dimensions, received "
                f"{axis}"
            )


def may_use_values(schema: defs.OpSchema, inputs: Sequence[Value], index: int, rank: int) -> bool:
    """Return whether a shape rule may see the values of a constant input of some rank.

    Slice's rule counts back from the last element even where there is none. Range's takes scalars
    only, while ONNX's own definitions give it vectors of one element too.
    """
    if schema.name == "Slice" and index > 0:
        return 0 not in (shape_of(inputs[0].type) or ())
    return schema.name != "Range" or rank == 0


def _integer(proto: onnx.NodeProto, name: str) -> int | None:
    for attribute in proto.attribute:
        if attribute.name == name:
            value = helper.get_attribute_value(attribute)
            return value if isinstance(value, int) else None
    return None
