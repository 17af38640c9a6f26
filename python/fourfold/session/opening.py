"""What a session is made from: an ONNX model or a model file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.passes.lower import lower
from fourfold.model_file import is_model_file, load_model

# A program, its interface with the arrays among it, and the ONNX model if it was one.
Parts = tuple[CompiledProgram, Mapping[str, Any], Mapping[str, np.ndarray], Any]


def open_model(source: Any) -> Parts:
    """Return what a session is made of."""
    readable = isinstance(source, str | os.PathLike | bytes | bytearray | memoryview)
    if readable and is_model_file(source):
        loaded = load_model(source)
        return loaded.program, loaded.interface, loaded.interface_arrays, None
    from fourfold.importers.onnx import import_onnx

    imported = import_onnx(source)
    program = CompiledProgram(lower(imported.graph, {}))
    return program, imported.interface, imported.interface_arrays, source
