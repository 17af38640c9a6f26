"""A program, whole or in parts, as the header's JSON and arrays, and back.

A whole one is what ``spec_record`` says. One in parts::

    inputs        [names]
    outputs       [names]
    parts         [{"runs_in", "nodes", "inputs", "outputs", "program"}], in the order in which they
                  run; the program is null for a part that onnxruntime runs

and one that is a choice of two::

    condition     which input it is
    branches      [{"reads", "program"}], the latter where the condition does not hold

The constants of part 3 are the tensors "part.3.constant.0" and so on; what onnxruntime runs is an
ONNX model, the bytes "part.3.model". Outputs that no part makes are the tensors "output." and their
names. Branches are parts 0 and 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from reprlib import repr as short
from typing import Any

import numpy as np

from fourfold.errors import UnsupportedModelError
from fourfold.graph.branches import BranchProgram
from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.partitioned import Part, PartitionedProgram, PartRunner, Program
from fourfold.graph.program import ProgramSpec
from fourfold.model_file import spec_record
from fourfold.model_file.fields import MalformedError, closed, expect, natural, naturals, take

PROGRAMS = (CompiledProgram, PartitionedProgram, BranchProgram)
MAX_INPUTS = 2**31 - 1
_OUTPUT = "output."
_MODEL = "model"
_PART = re.compile(r"part\.[0-9]+\.")

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
    if isinstance(program, BranchProgram):
        return _branches_record(program)
    parts = []
    arrays = {f"{_OUTPUT}{name}": np.asarray(array) for name, array in program.constants.items()}
    for number, (part, runner) in enumerate(zip(program.parts, program.runners, strict=True)):
        record, own = _part_record(part, runner)
        parts.append(record)
        arrays |= _above(own, number)
    record = {"inputs": list(program.inputs), "outputs": list(program.outputs), "parts": parts}
    return record, arrays


def from_record(record: dict[str, Any], arrays: Arrays, origin: str) -> Program:
    """Return the program of a model, ready to run.

    Raises
    ------
    MalformedError
        If something is missing, or does not fit together.
    UnsupportedModelError
        If it has parts that onnxruntime runs, which is not installed.
    """
    if "branches" in record:
        raise MalformedError("program is a choice of two, which only that of a part can be")
    return _program(record, arrays, origin)


def _program(record: dict[str, Any], arrays: Arrays, origin: str) -> Program:
    if "branches" in record:
        return _branches(record, arrays, origin)
    if "parts" not in record:
        return _compiled(spec_record.from_record(record, arrays))
    closed(record, ["inputs", "outputs", "parts"], "program")
    items = [
        expect(item, dict, f"parts[{number}]")
        for number, item in enumerate(take(record, "parts", list, "program"))
    ]
    own, outputs = _shared_out(arrays, len(items))
    parts, runners = [], []
    for number, item in enumerate(items):
        part, runner = _part(item, own[number], f"parts[{number}]", origin)
        parts.append(part)
        runners.append(runner)
    constants = {name: array.copy() for name, array in outputs.items()}
    program = PartitionedProgram(
        _names(record, "inputs", "program"),
        _names(record, "outputs", "program"),
        tuple(parts),
        tuple(runners),
        constants,
    )
    _check_order(program)
    return program


def _branches_record(program: BranchProgram) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    branches: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    for number, (branch, reads) in enumerate(zip(program.branches, program.reads, strict=True)):
        record, own = to_record(branch)
        branches.append({"reads": list(reads), "program": record})
        arrays |= _above(own, number)
    return {"condition": program.condition, "branches": branches}, arrays


def _branches(record: dict[str, Any], arrays: Arrays, origin: str) -> BranchProgram:
    closed(record, ["condition", "branches"], "program")
    items = take(record, "branches", list, "program")
    if len(items) != 2:
        raise MalformedError(f"program.branches must be two, not {len(items)}")
    own, _ = _shared_out(arrays, 2)
    reads, programs = [], []
    for number, item in enumerate(items):
        where = f"branches[{number}]"
        branch = expect(item, dict, where)
        closed(branch, ["reads", "program"], where)
        reads.append(naturals(branch["reads"], MAX_INPUTS, f"{where}.reads"))
        programs.append(_program(take(branch, "program", dict, where), own[number], origin))
        if _input_count(programs[number]) not in (None, len(reads[number])):
            raise MalformedError(f"{where}.reads are not as many as its program's inputs")
    condition = natural(record["condition"], MAX_INPUTS, "program.condition")
    return BranchProgram(condition, (reads[0], reads[1]), (programs[0], programs[1]))


def _part_record(
    part: Part, runner: Program | PartRunner
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    record: dict[str, Any] = {
        "runs_in": part.runs_in,
        "nodes": list(part.nodes),
        "inputs": list(part.inputs),
        "outputs": list(part.outputs),
        "program": None,
    }
    if isinstance(runner, PROGRAMS):
        record["program"], arrays = to_record(runner)
        return record, arrays
    if runner.content is None:
        raise UnsupportedModelError(
            f"the part of the nodes {', '.join(map(repr, part.nodes))} reads values of any rank, "
            "and cannot be saved: keep the ONNX model and open it again"
        )
    return record, {_MODEL: np.frombuffer(runner.content, np.uint8)}


def _part(value: Any, arrays: Arrays, where: str, origin: str) -> tuple[Part, Program | PartRunner]:
    record = expect(value, dict, where)
    closed(record, ["runs_in", "nodes", "inputs", "outputs", "program"], where)
    names = (_names(record, key, where) for key in ("nodes", "inputs", "outputs"))
    part = Part(take(record, "runs_in", str, where), *names)
    if record["program"] is not None:
        program = _program(take(record, "program", dict, where), arrays, origin)
        _check_ends(part, program, where)
        return part, program
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


def _check_ends(part: Part, program: Program, where: str) -> None:
    """Raise unless a program takes and gives what its part does."""
    if isinstance(program, BranchProgram):
        highest = max([program.condition, *program.reads[0], *program.reads[1]])
        if highest >= len(part.inputs):
            raise MalformedError(f"{where} reads its input {highest}, of {len(part.inputs)}")
        return
    outputs = program.outputs if isinstance(program, PartitionedProgram) else program.spec.outputs
    if _input_count(program) != len(part.inputs):
        raise MalformedError(f"{where}.inputs are not those of its program")
    if len(outputs) != len(part.outputs):
        raise MalformedError(f"{where}.outputs are not as many as its program's")


def _input_count(program: Program) -> int | None:
    """Return how many inputs a program has; None for a choice, which has those that it needs."""
    if isinstance(program, BranchProgram):
        return None
    if isinstance(program, PartitionedProgram):
        return len(program.inputs)
    return len(program.spec.inputs)


def _above(arrays: Arrays, number: int) -> dict[str, np.ndarray]:
    return {f"{_prefix(number)}{name}": array for name, array in arrays.items()}


def _shared_out(
    arrays: Arrays, parts: int
) -> tuple[list[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """Return the arrays of each part, and those that are outputs; refuse what is neither."""
    own: dict[str, dict[str, np.ndarray]] = {_prefix(number): {} for number in range(parts)}
    outputs: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        found = _PART.match(name)
        if name.startswith(_OUTPUT):
            outputs[name.removeprefix(_OUTPUT)] = array
        elif found and found[0] in own:
            own[found[0]][name.removeprefix(found[0])] = array
        else:
            raise MalformedError(f"the file has the tensor {short(name)}, which belongs to no part")
    return list(own.values()), outputs


def _names(record: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    items = take(record, key, list, where)
    return tuple(expect(item, str, f"{where}.{key}") for item in items)


def _prefix(number: int) -> str:
    return f"part.{number}."
