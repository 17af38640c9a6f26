"""Which ONNX ops fourfold takes: those with a translator, and those that ONNX defines by such."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from onnx import defs

from fourfold.importers.onnx.functions import schema_body
from fourfold.importers.onnx.registry import ML, ONNX, TRANSLATORS

# The definitions of these depend on the node; what they need, whatever the node.
DEFINED_BY_NODE: Mapping[str, tuple[str, ...]] = {
    "CausalConvWithState": ("Concat", "Conv", "Pad", "Slice"),
    "CenterCropPad": ("Gather", "Pad", "Shape", "Slice"),
    "NegativeLogLikelihoodLoss": ("GatherElements", "ReduceSum", "ReduceMean", "Slice"),
    "RotaryEmbedding": ("Concat", "Gather", "Mul", "Reshape", "Slice", "Split", "Transpose"),
    "SoftmaxCrossEntropyLoss": ("LogSoftmax", "NegativeLogLikelihoodLoss", "Transpose"),
}

TRANSLATED, DEFINED = "translated", "by definition"


@cache
def claimed_ops() -> dict[tuple[str, str], str]:
    """Return, by domain and name, the ops that fourfold claims, each with how it does them.

    "translated": there is a translator, and the engine has all ops that it needs. "by definition":
    ONNX defines the op by others, all of them claimed.
    """
    claimed = {key: TRANSLATED for key, found in TRANSLATORS.items() if found.works}
    pending = {
        (schema.domain, schema.name): schema
        for schema in defs.get_all_schemas()
        if schema.domain in (ONNX, ML)
    }
    grown = True
    while grown:
        grown = False
        for key, schema in pending.items():
            if key not in claimed and _is_defined(schema, claimed):
                claimed[key] = DEFINED
                grown = True
    return claimed


def _is_defined(schema: defs.OpSchema, claimed: dict[tuple[str, str], str]) -> bool:
    if schema.domain == ONNX and schema.name in DEFINED_BY_NODE:
        return all((ONNX, needed) in claimed for needed in DEFINED_BY_NODE[schema.name])
    body = schema_body(schema, defs.onnx_opset_version())
    return body is not None and all((node.domain, node.op_type) in claimed for node in body.node)
