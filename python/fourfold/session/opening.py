"""What a session is made from: an ONNX model or a model file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from fourfold.errors import UnsupportedModelError
from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.partitioned import Part, PartitionedProgram, PartRunner
from fourfold.model_file import is_model_file, load_model
from fourfold.quantization.given import compile_given

Program = CompiledProgram | PartitionedProgram
# A program, its interface with the arrays among it, and the ONNX model if it was one.
Opened = tuple[Program, Mapping[str, Any], Mapping[str, np.ndarray], Any]


def open_model(source: Any, max_threads: int) -> Opened:
    """Return the program of a model, and its interface with the arrays among it.

    Runs use at most so many threads; 0 for all of ``set_threads``.
    """
    readable = isinstance(source, str | os.PathLike | bytes | bytearray | memoryview)
    if readable and is_model_file(source):
        loaded = load_model(source)
        loaded.program.limit_threads(max_threads)
        return loaded.program, loaded.interface, loaded.interface_arrays, None
    from fourfold.importers.onnx import import_onnx

    try:
        imported = import_onnx(source)
    except UnsupportedModelError as refused:
        return _open_in_parts(source, max_threads, refused)
    program = compile_given(imported.graph)
    program.limit_threads(max_threads)
    return program, imported.interface, imported.interface_arrays, source


def _open_in_parts(source: Any, max_threads: int, refused: UnsupportedModelError) -> Opened:
    """Open a model that the engine alone has refused; refuse it if onnxruntime is needed, too."""
    from onnx import numpy_helper

    from fourfold.importers.onnx.interface import session_interface
    from fourfold.importers.onnx.partition import ModelPart, partition
    from fourfold.session.engine_part import EnginePart
    from fourfold.session.runtime import RuntimePart, is_installed, tell_types, threads_for

    if not is_installed():
        raise refused
    model, parts = partition(source, tell_types)
    threads = threads_for(max_threads)

    def runner(part: ModelPart) -> PartRunner:
        if part.runs_here:
            return EnginePart(part.model, max_threads)
        return RuntimePart(part.model, part.nodes, threads)

    interface = session_interface(model.proto)
    outputs = {info.name for info in interface.outputs}
    program = PartitionedProgram(
        [info.name for info in interface.inputs],
        [info.name for info in interface.outputs],
        [
            Part(
                "fourfold" if part.runs_here else "onnxruntime",
                part.nodes,
                part.inputs,
                part.outputs,
            )
            for part in parts
        ],
        [runner(part) for part in parts],
        {
            tensor.name: numpy_helper.to_array(tensor)
            for tensor in model.proto.graph.initializer
            if tensor.name in outputs
        },
    )
    return program, interface.to_record(), {}, source
