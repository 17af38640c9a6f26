"""What ONNX's own shape rules take for granted: without it they end the process, or hang."""

from __future__ import annotations

import re
from collections.abc import Sequence

import onnx
from onnx import defs

from fourfold.errors import ModelFileError
from fourfold.importers.onnx.node import Value
from fourfold.importers.onnx.types import shape_of

# Ops whose rule uses ``axis`` as it comes.
AXIS_USED_UNCHECKED = ("LayerNormalization", "RMSNormalization")

# Einsum's rule reads an equation that holds anything else for ever. Spaces are taken out before.
_TERM = rb"[A-Za-z]*(\.\.\.)?[A-Za-z]*"
_EQUATION = re.compile(rb"%b(,%b)*(->%b)?" % (_TERM, _TERM, _TERM))
_SPACES = b" \t\n\v\f\r"


def check_before_inference(
    proto: onnx.NodeProto, schema: defs.OpSchema, inputs: Sequence[Value], label: str
) -> None:
    """Refuse a node whose shape rule would read outside of its memory, or never end.

    Raises
    ------
    ModelFileError
        Naming the node and what was expected.
    """
    attributes = {item.name: item for item in proto.attribute}
    wrong = ""
    if schema.name == "Split" and "num_outputs" in attributes:
        wrong = _wrong_count(attributes["num_outputs"].i, len(proto.output))
    elif schema.name == "GatherND" and "batch_dims" in attributes:
        wrong = _negative_batch(attributes["batch_dims"].i)
    elif schema.name == "Einsum" and "equation" in attributes:
        wrong = _wrong_equation(attributes["equation"].s)
    elif schema.name in AXIS_USED_UNCHECKED and "axis" in attributes:
        wrong = _wrong_axis(attributes["axis"].i, inputs)
    if wrong:
        raise ModelFileError(f"node {label!r} ({schema.name}): {wrong}")


def _wrong_count(count: int, outputs: int) -> str:
    """Return what is wrong with the ``num_outputs`` of a Split, or ""."""
    if count == outputs:
        return ""
    return f"expected num_outputs of {outputs}, as many as it has outputs, received {count}"


def _negative_batch(batch: int) -> str:
    """Return what is wrong with the ``batch_dims`` of a GatherND, or ""."""
    return "" if batch >= 0 else f"expected batch_dims of at least 0, received {batch}"


def _wrong_equation(equation: bytes) -> str:
    """Return what is wrong with an Einsum's equation, or ""."""
    if _EQUATION.fullmatch(equation.translate(None, _SPACES)):
        return ""
    text = equation.decode(errors="replace")
    return f"expected letters, an ellipsis, commas and one arrow in its equation, received {text!r}"


def _wrong_axis(axis: int, inputs: Sequence[Value]) -> str:
    """Return what is wrong with an axis of the first input, or ""."""
    shape = shape_of(inputs[0].type) if inputs else None
    if shape is None or -len(shape) <= axis < len(shape):
        return ""
    return f"expected an axis of {len(shape)} dimensions, received {axis}"


def may_use_values(schema: defs.OpSchema, inputs: Sequence[Value], index: int, rank: int) -> bool:
    """Return whether a shape rule may see the values of a constant input of some rank.

    Slice's rule counts back from the last element even where there is none. Range's takes scalars
    only, while ONNX's own definitions give it vectors of one element too.
    """
    if schema.name == "Slice" and index > 0:
        return 0 not in (shape_of(inputs[0].type) or ())
    return schema.name != "Range" or rank == 0
