"""A program's spec as the header's JSON, and back.

::

    inputs        [{"name", "dtype", "shape"}]; a null in a shape is a dimension that may vary
    constants     how many: the tensors "constant.0", "constant.1", ...
    widened       {"constant.3": "int64"}: the type that the engine reads, where it is a wider one
    steps         [{"op", "name", "inputs", "outputs", "attributes"}], by value number; a null in
                  the inputs is an optional one that is absent
    outputs       [value numbers]
    output_names  [names]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from reprlib import repr as short
from typing import Any

import numpy as np

from fourfold.graph.ir import Attribute, TensorInfo
from fourfold.graph.program import ProgramSpec, Step
from fourfold.model_file.fields import (
    MalformedError,
    closed,
    expect,
    natural,
    naturals,
    take,
)

# Value numbers and dimensions: far above any model, far below what overflows in the engine.
_MAX_NUMBER = 2**31 - 1

_FIELDS = ("inputs", "constants", "widened", "steps", "outputs", "output_names")


def to_record(spec: ProgramSpec) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the JSON of a spec, and its constants by name."""
    record = {
        "inputs": [
            {"name": info.name, "dtype": info.dtype, "shape": list(info.shape)}
            for info in spec.inputs
        ],
        "constants": len(spec.constants),
        "widened": {_constant(place): dtype for place, dtype in spec.widened.items()},
        "steps": [
            {
                "op": step.op,
                "name": step.name,
                "inputs": list(step.inputs),
                "outputs": list(step.outputs),
                "attributes": dict(step.attributes),
            }
            for step in spec.steps
        ],
        "outputs": list(spec.outputs),
        "output_names": list(spec.output_names),
    }
    return record, {_constant(i): array for i, array in enumerate(spec.constants)}


def from_record(record: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> ProgramSpec:
    """Return the spec, its types and ranges checked; whether it fits together, the engine says."""
    closed(record, _FIELDS, "program")
    inputs, steps, output_names = (
        take(record, key, list, "program") for key in ("inputs", "steps", "output_names")
    )
    count = natural(record.get("constants"), _MAX_NUMBER, "program.constants")
    names = [_constant(i) for i in range(len(arrays))]
    if count != len(arrays) or arrays.keys() != set(names):
        found = short(sorted(arrays))
        raise MalformedError(f"program.constants is {count}, but the file has the tensors {found}")
    return ProgramSpec(
        inputs=tuple(_input(item, f"inputs[{i}]") for i, item in enumerate(inputs)),
        constants=tuple(arrays[key] for key in names),
        steps=tuple(_step(item, f"steps[{i}]") for i, item in enumerate(steps)),
        outputs=naturals(record.get("outputs"), _MAX_NUMBER, "outputs"),
        output_names=tuple(expect(item, str, "output_names") for item in output_names),
        widened=_widened(take(record, "widened", dict, "program"), names),
    )


def _constant(number: int) -> str:
    return f"constant.{number}"


def _widened(record: dict[str, Any], names: Sequence[str]) -> dict[int, str]:
    """Return the types by the constants' places; whether they fit, compiling says."""
    closed(record, names, "program.widened")
    places = {name: place for place, name in enumerate(names)}
    return {places[name]: take(record, name, str, "program.widened") for name in record}


def _input(value: Any, where: str) -> TensorInfo:
    record = expect(value, dict, where)
    closed(record, ["name", "dtype", "shape"], where)
    return TensorInfo(
        take(record, "name", str, where),
        take(record, "dtype", str, where),
        tuple(
            None if size is None else natural(size, _MAX_NUMBER, f"{where}.shape")
            for size in take(record, "shape", list, where)
        ),
    )


def _step(value: Any, where: str) -> Step:
    record = expect(value, dict, where)
    closed(record, ["op", "name", "inputs", "outputs", "attributes"], where)
    attributes = take(record, "attributes", dict, where)
    return Step(
        op=take(record, "op", str, where),
        inputs=tuple(
            None if number is None else natural(number, _MAX_NUMBER, f"{where}.inputs[{i}]")
            for i, number in enumerate(take(record, "inputs", list, where))
        ),
        outputs=naturals(record.get("outputs"), _MAX_NUMBER, f"{where}.outputs"),
        attributes={key: _attribute(item, where, key) for key, item in attributes.items()},
        name=take(record, "name", str, where),
    )


def _attribute(value: Any, where: str, key: str) -> Attribute:
    kinds = {type(item) for item in value} if type(value) is list else {type(value)}
    scalar = type(value) is not list
    if not kinds <= {int, float, str} or (not scalar and (len(kinds) > 1 or str in kinds)):
        raise MalformedError(
            f"{where}.attributes[{short(key)}] must be a number, a string, integers or floats, "
            f"not {short(value)}"
        )
    attribute: Attribute = value if scalar else tuple(value)
    return attribute
