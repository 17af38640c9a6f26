"""ONNX's own description of its ops: which version of an op a model means, and its defaults."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import onnx
from onnx import defs, helper


@lru_cache(maxsize=4096)
def find_schema(domain: str, op_type: str, opset: int) -> defs.OpSchema | None:
    """Return the newest schema of an op that is not newer than an opset; None if there is none."""
    try:
        schema = defs.get_schema(op_type, max_inclusive_version=opset, domain=domain)
    except defs.SchemaError:
        return None
    return None if schema.deprecated else schema


@lru_cache(maxsize=4096)
def attribute_defaults(domain: str, op_type: str, opset: int) -> dict[str, Any]:
    """Return the attributes that a node of an op has without naming them."""
    schema = find_schema(domain, op_type, opset)
    defaults = {}
    for name, attribute in schema.attributes.items() if schema else ():
        value = attribute.default_value
        if value.type != onnx.AttributeProto.UNDEFINED:
            defaults[name] = helper.get_attribute_value(value)
    return defaults


def normal_domain(domain: str) -> str:
    """Return a domain with ONNX's own always as ""."""
    return "" if domain == "ai.onnx" else domain
