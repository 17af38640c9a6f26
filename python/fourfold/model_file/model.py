"""A program with its interface, as a container: what ``result.save`` writes and ``ff.load`` reads.

The header's content is ``{"program", "interface", "stats"}``: see ``program_record``; what the
drop-in needs to know, as JSON; the figures measured when the model was quantized, or null. The
interface's arrays are the tensors whose names start with "interface.".
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from reprlib import repr as short
from typing import Any

import numpy as np

from fourfold.graph.partitioned import Program
from fourfold.model_file.fields import MalformedError, closed, naming, take
from fourfold.model_file.program_record import from_record, to_record
from fourfold.model_file.reading import Source, read_container
from fourfold.model_file.writing import dump_container, write_container
from fourfold.stats import QuantizationStats

_INTERFACE = "interface."


@dataclass(frozen=True)
class LoadedModel:
    """What a model file holds, checked and ready to run.

    Attributes
    ----------
    origin : str
        The file's path, or "<bytes>".
    program : CompiledProgram or PartitionedProgram
        Its constants are the mapped file itself.
    kind : str
        Which drop-in the program belongs behind.
    interface, interface_arrays : mapping
        What that drop-in needs; the arrays are copies of its own.
    stats : QuantizationStats or None
        What was measured when the model was quantized, and on what machine.
    producer : str
        The version that wrote the file.
    size : int
        Bytes of the file.
    """

    origin: str
    program: Program
    kind: str
    interface: Mapping[str, Any]
    interface_arrays: Mapping[str, np.ndarray]
    stats: QuantizationStats | None
    producer: str
    size: int


def save_model(
    path: str | os.PathLike[str],
    program: Program,
    kind: str,
    interface: Mapping[str, Any],
    interface_arrays: Mapping[str, np.ndarray],
    stats: QuantizationStats | None,
) -> None:
    """Write a model file, or replace it, at once. Errors: see `write_container`."""
    content, arrays = _content(program, interface, interface_arrays, stats)
    write_container(path, kind, content, arrays, read_back=load_model)


def dump_model(
    program: Program,
    kind: str,
    interface: Mapping[str, Any],
    interface_arrays: Mapping[str, np.ndarray],
    stats: QuantizationStats | None,
) -> bytes:
    """Return what `save_model` would write. Errors: `TypeError` and `ValueError` as there."""
    content, arrays = _content(program, interface, interface_arrays, stats)
    return dump_container(kind, content, arrays, read_back=load_model)


def load_model(source: Source, *, verify: bool = False) -> LoadedModel:
    """Read a model file, or the bytes of one. Arguments and errors: see `read_container`."""
    container = read_container(source, verify=verify)
    constants, interface_arrays = {}, {}
    for key, array in container.arrays.items():
        if key.startswith(_INTERFACE):
            interface_arrays[key.removeprefix(_INTERFACE)] = array.copy()
        else:
            constants[key] = array
    with naming(container.origin):
        content = container.content
        if "program" not in content:
            raise MalformedError(
                f"holds no quantized model, but one of kind {short(container.kind)}"
            )
        closed(content, ["program", "interface", "stats"], "content")
        record = take(content, "program", dict, "content")
        program = from_record(record, constants, container.origin)
        return LoadedModel(
            origin=container.origin,
            program=program,
            kind=container.kind,
            interface=take(content, "interface", dict, "content"),
            interface_arrays=interface_arrays,
            stats=_stats(content),
            producer=container.producer,
            size=container.size,
        )


def _content(
    program: Program,
    interface: Mapping[str, Any],
    interface_arrays: Mapping[str, np.ndarray],
    stats: QuantizationStats | None,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    record, arrays = to_record(program)
    arrays.update({_INTERFACE + key: array for key, array in interface_arrays.items()})
    content = {
        "program": record,
        "interface": dict(interface),
        "stats": None if stats is None else stats.to_dict(),
    }
    return content, arrays


def _stats(content: dict[str, Any]) -> QuantizationStats | None:
    if content.get("stats") is None:
        return None
    try:
        return QuantizationStats.from_dict(take(content, "stats", dict, "content"))
    except ValueError as error:
        raise MalformedError(str(error)) from None
