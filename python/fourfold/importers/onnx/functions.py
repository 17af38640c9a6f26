"""Ops that are defined by others: in ONNX's schemas, by a model itself, or by what we know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import onnx
from onnx import defs

from fourfold.importers.onnx.contributed import contributed_function
from fourfold.importers.onnx.node import Value
from fourfold.importers.onnx.schemas import normal_domain

FunctionKey = tuple[str, str, str]


def function_key(domain: str, name: str, overload: str) -> FunctionKey:
    """Return what a model-local function is found by."""
    return normal_domain(domain), name, overload


def local_functions(model: onnx.ModelProto) -> dict[FunctionKey, onnx.FunctionProto]:
    """Return a model's own functions."""
    return {
        function_key(function.domain, function.name, function.overload): function
        for function in model.functions
    }


def find_function(
    node: onnx.NodeProto, local: Mapping[FunctionKey, onnx.FunctionProto]
) -> onnx.FunctionProto | None:
    """Return the function that a node calls, a model's own or one of onnxruntime's ops; or None."""
    own = local.get(function_key(node.domain, node.op_type, node.overload))
    return own or contributed_function(node)


def schema_function(
    schema: defs.OpSchema, proto: onnx.NodeProto, inputs: Sequence[Value], opset: int
) -> onnx.FunctionProto | None:
    """Return the body by which ONNX defines a node's op in an opset, or None if it is primitive."""
    body = schema_body(schema, opset)
    if body is not None:
        return body
    source: Any = schema  # onnx's stubs leave these methods out
    version = _newest(source.context_dependent_function_opset_versions, opset)
    if version is None or any(value.type is None and value.name for value in inputs):
        return None
    types = [(value.type or onnx.TypeProto()).SerializeToString() for value in inputs]
    return _parsed(
        source.get_context_dependent_function_with_opset_version(
            version, proto.SerializeToString(), types
        )
    )


def schema_body(schema: defs.OpSchema, opset: int) -> onnx.FunctionProto | None:
    """Return the body by which ONNX defines all nodes of an op, or None if there is none."""
    source: Any = schema
    version = _newest(source.function_opset_versions, opset)
    return None if version is None else _parsed(source.get_function_with_opset_version(version))


def _parsed(body: bytes) -> onnx.FunctionProto | None:
    return onnx.FunctionProto.FromString(body) if body else None


def schema_defaults(schema: defs.OpSchema) -> list[onnx.AttributeProto]:
    """Return the attributes that a node of an op has without naming them."""
    defaults = [attribute.default_value for attribute in schema.attributes.values()]
    return [value for value in defaults if value.type != onnx.AttributeProto.UNDEFINED]


def _newest(versions: Sequence[int], opset: int) -> int | None:
    """Return the newest version that is not newer than an opset, else the oldest there is."""
    fitting = [version for version in versions if version <= opset]
    return max(fitting, default=min(versions, default=None))
