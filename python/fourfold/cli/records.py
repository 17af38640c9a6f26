"""What the commands show, as plain records: the JSON form, and what the tables are made from."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fourfold import _core
from fourfold.cli.inputs import FloatNetwork
from fourfold.dropin.session.interface import SessionInterface
from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.partitioned import PartitionedProgram, Program
from fourfold.graph.program import ProgramSpec
from fourfold.model_file import LoadedModel
from fourfold.result import QuantizationResult
from fourfold.session import InferenceSession, NodeArg
from fourfold.stats import as_json


def to_json(record: dict[str, Any]) -> str:
    """Return JSON for people and programs; NaN and infinities, which it lacks, as strings."""
    return json.dumps(as_json(record), indent=2, allow_nan=False)


def result_record(result: QuantizationResult, out: Path) -> dict[str, Any]:
    """Return a result: verdict, figures, layers, and where the model was saved."""
    return {
        "accepted": result.accepted,
        "reasons": result.reasons,
        "stats": {
            **result.stats.to_dict(),
            "compression_ratio": result.stats.compression_ratio,
        },
        "layers": [asdict(layer) for layer in result.layers],
        "saved": str(out) if result.accepted else None,
    }


def model_record(model: LoadedModel, *, verified: bool) -> dict[str, Any]:
    """Return what a model file holds."""
    return {
        "file": model.origin,
        "bytes": model.size,
        "producer": model.producer,
        "kind": model.kind,
        "verified": verified,
        "inputs": _input_records(model),
        **_program_record(model.program),
        "stats": None if model.stats is None else model.stats.to_dict(),
    }


def network_record(file: FloatNetwork, *, verified: bool) -> dict[str, Any]:
    """Return what the file of a float32 network holds."""
    container, network = file.container, file.network
    return {
        "file": container.origin,
        "bytes": container.size,
        "producer": container.producer,
        "kind": container.kind,
        "verified": verified,
        "layers": [
            {
                "name": name,
                "inputs": layer.inputs,
                "outputs": layer.outputs,
                "activation": layer.activation,
                "dtype": str(layer.weight.dtype),
                "bytes": sum(array.nbytes for array in layer.parameters),
            }
            for name, layer in zip(network.layer_names, network.layers, strict=True)
        ],
    }


def session_record(path: Path) -> dict[str, Any]:
    """Return what an ONNX model takes and gives, and what runs it.

    The engine's ``steps``, or, where it lacks an op, the ``parts`` and what runs each. Raises what
    ``InferenceSession`` raises.
    """
    session = InferenceSession(path)
    return {
        "file": str(path),
        "bytes": path.stat().st_size,
        "producer": session.get_modelmeta().producer_name,
        "kind": "onnx",
        "inputs": [_node_record(node) for node in session.get_inputs()],
        "outputs": [_node_record(node) for node in session.get_outputs()],
        **_program_record(session.program),
    }


def _input_records(model: LoadedModel) -> list[dict[str, Any]]:
    if isinstance(model.program, CompiledProgram):
        return [asdict(info) for info in model.program.spec.inputs]
    return [asdict(info) for info in SessionInterface.from_record(model.interface).inputs]


def _program_record(program: Program) -> dict[str, Any]:
    """Return the steps, or those of the parts and what runs each."""
    if isinstance(program, CompiledProgram):
        return {"steps": step_records(program.spec), "parts": []}
    assert isinstance(program, PartitionedProgram)
    runners = zip(program.parts, program.runners, strict=True)
    parts = [{**asdict(part), "bytes": runner.weight_bytes} for part, runner in runners]
    return {"steps": [], "parts": parts}


def _node_record(node: NodeArg) -> dict[str, Any]:
    return {"name": node.name, "type": node.type, "shape": node.shape}


def step_records(spec: ProgramSpec) -> list[dict[str, Any]]:
    """Return the steps of a program, each with the bytes of its constants."""
    first = len(spec.inputs)
    constants = dict(enumerate(spec.constants, first))
    return [
        {
            "name": step.name,
            "op": step.op,
            "attributes": dict(step.attributes),
            "bytes": sum(constants[i].nbytes for i in step.inputs if i in constants),
        }
        for step in spec.steps
    ]


def isa_records() -> list[dict[str, Any]]:
    """Return the instruction sets of this machine, best last, and what runs under each."""
    active = _core.active_isa()
    records = []
    try:
        for name in _core.supported_isas():
            _core.use_isa(name)
            records.append(
                {
                    "name": name,
                    "active": name == active,
                    "kernel_1_row": _core.kernels.gemm_s8_name(1),
                    "kernel_64_rows": _core.kernels.gemm_s8_name(64),
                }
            )
    finally:
        _core.use_isa(active)
    return records
