"""A program, whole or in parts, as the header's JSON and arrays, and back.

A whole one is what ``spec_record`` says. One in parts::

    inputs        [names]
    outputs       [names]
    parts         [{"runs_in", "nodes", "inputs", "outputs", "program"}], in the order in which they
                  run; the program is null for a part that onnxruntime runs

The constants of part 3 are the tensors "part.3.constant.0" and so on; what onnxruntime runs is an
ONNX model, the bytes "part.3.model". Outputs that no part makes are the tensors "output." and their
names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fourfold.errors import UnsupportedModelError
from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.partitioned import Part, PartitionedProgram, PartRunner, Program
from fourfold.graph.program import ProgramSpec
from fourfold.model_file import spec_record
from fourfold.model_file.fields import MalformedError, closed, expect, take

_OUTPUT = "output."
_MODEL = "model"

Arrays = Mapping[str, np.ndarray]


def to_record(program: Program) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the JSON of a program, and its arrays by name.

    Raises
    ------
    UnsupportedModelError
        If a part reads what may be of any rank: it has no program yet.
    """
    if isinstance(program, CompiledProgram):
        return spec_record.to_record(program.spec)
    parts = []
    arrays = {f"{_OUTPUT}{name}": np.asarray(array) for name, array in program.constants.items()}
    for number, (part, runner) in enumerate(zip(program.parts, program.runners, strict=True)):
        record, own = _part_record(part, runner)
        parts.append(record)
        arrays |= {f"{_prefix(number)}{name}": array for name, array in own.items()}
    record = {"inputs": list(program.inputs), "outputs": list(program.outputs), "parts": parts}
    return record, arrays


def from_record(record: dict[str, Any], arrays: Arrays, origin: str) -> Program:
    """Return the program, ready to run.

    Raises
    ------
    MalformedError
        If something is missing, or does not fit together.
    UnsupportedModelError
        If it has parts that onnxruntime runs, which is not installed.
    """
    if "parts" not in record:
        return _compiled(spec_record.from_record(record, arrays))
    closed(record, ["inputs", "outputs", "parts"], "program")
    parts, runners = [], []
    for number, item in enumerate(take(record, "parts", list, "program")):
        part, runner = _part(item, _below(arrays, _prefix(number)), f"parts[{number}]", origin)
        parts.append(part)
        runners.append(runner)
    constants = {name: array.copy() for name, array in _below(arrays, _OUTPUT).items()}
    program = PartitionedProgram(
        _names(record, "inputs", "program"),
        _names(record, "outputs", "program"),
        tuple(parts),
        tuple(runners),
        constants,
    )
    _check_order(program)
    _check_used(program, arrays)
    return program


def _part_record(
    part: Part, runner: CompiledProgram | PartRunner
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    record: dict[str, Any] = {
        "runs_in": part.runs_in,
        "nodes": list(part.nodes),
        "inputs": list(part.inputs),
        "outputs": list(part.outputs),
        "program": None,
    }
    if isinstance(runner, CompiledProgram):
        record["program"], arrays = spec_record.to_record(runner.spec)
        return record, arrays
    if runner.content is None:
        raise UnsupportedModelError(
            f"the part of the nodes {', '.join(map(repr, part.nodes))} reads values of any rank, "
            "and cannot be saved: keep the ONNX model and open it again"
        )
    return record, {_MODEL: np.frombuffer(runner.content, np.uint8)}


def _part(
    value: Any, arrays: Arrays, where: str, origin: str
) -> tuple[Part, CompiledProgram | PartRunner]:
    record = expect(value, dict, where)
    closed(record, ["runs_in", "nodes", "inputs", "outputs", "program"], where)
    names = (_names(record, key, where) for key in ("nodes", "inputs", "outputs"))
    part = Part(take(record, "runs_in", str, where), *names)
    if record["program"] is not None:
        spec = spec_record.from_record(take(record, "program", dict, where), arrays)
        if tuple(info.name for info in spec.inputs) != part.inputs:
            raise MalformedError(f"{where}.inputs are not those of its program")
        if len(spec.outputs) != len(part.outputs):
            raise MalformedError(f"{where}.outputs are not as many as its program's")
        return part, _compiled(spec)
    model = arrays.get(_MODEL)
    if model is None or model.dtype != np.uint8 or len(arrays) > 1:
        raise MalformedError(f"{where} must have a program, or a model as its only tensor")
    from fourfold.session.runtime import RuntimePart

    return part, RuntimePart.of_stored(model.tobytes(), f"{origin}: {where}", part)


def _compiled(spec: ProgramSpec) -> CompiledProgram:
    try:
        return CompiledProgram(spec)
    except (ValueError, TypeError, OverflowError) as error:
        raise MalformedError(f"the program does not fit together: {error}") from error


def _check_order(program: PartitionedProgram) -> None:
    """Raise unless each part reads what there is before it, and all outputs are made."""
    made = {*program.inputs, *program.constants}
    for number, part in enumerate(program.parts):
        missing = [name for name in part.inputs if name not in made]
        if missing:
            raise MalformedError(f"parts[{number}] reads {missing}, which nothing before it makes")
        made.update(part.outputs)
    missing = [name for name in program.outputs if name not in made]
    if missing:
        raise MalformedError(f"no part makes the outputs {missing}")


def _check_used(program: PartitionedProgram, arrays: Arrays) -> None:
    starts = (_OUTPUT, *map(_prefix, range(len(program.parts))))
    odd = sorted(name for name in arrays if not name.startswith(starts))
    if odd:
        raise MalformedError(f"the file has the tensors {odd}, which belong to no part")


def _below(arrays: Arrays, prefix: str) -> dict[str, np.ndarray]:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def _names(record: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    items = take(record, key, list, where)
    return tuple(expect(item, str, f"{where}.{key}") for item in items)


def _prefix(number: int) -> str:
    return f"part.{number}."
