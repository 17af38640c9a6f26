"""What a session is made from: an ONNX model or a model file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from fourfold.errors import UnsupportedModelError
from fourfold.graph.partitioned import Program, compiled
from fourfold.importers.imported import ImportedModel
from fourfold.model_file import is_model_file, load_model
from fourfold.quantization.given import compile_given

# A program, its interface with the arrays among it, and the ONNX model if it was one.
Opened = tuple[Program, Mapping[str, Any], Mapping[str, np.ndarray], Any]


def open_model(source: Any) -> Opened:
    """Return the program of a model, and its interface with the arrays among it."""
    readable = isinstance(source, str | os.PathLike | bytes | bytearray | memoryview)
    if readable and is_model_file(source):
        loaded = load_model(source)
        return loaded.program, loaded.interface, loaded.interface_arrays, None
    imported = import_any_onnx(source)
    program = compiled(imported.graph, compile_given)
    return program, imported.interface, imported.interface_arrays, source


def import_any_onnx(source: Any) -> ImportedModel:
    """Turn an ONNX model into a graph; into parts, where the engine alone cannot run it.

    Errors are those of `import_onnx`.
    """
    from fourfold.importers.onnx import import_onnx

    try:
        return import_onnx(source)
    except UnsupportedModelError as refused:
        from fourfold.session.in_parts import import_in_parts
        from fourfold.session.runtime import is_installed

        try:
            return import_in_parts(source)
        except UnsupportedModelError:
            if is_installed():
                raise
            raise refused from None
