"""The importer for ONNX models in all their forms: files, bytes, protos and sessions of them.

What came in decides what the quantized model is measured against. A session is called as it is; a
file, bytes or a ``ModelProto`` are opened in onnxruntime, or where that is not installed, or does
not take the model, on fourfold's own engine in float.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from fourfold.errors import UnsupportedModelError
from fourfold.graph.partitioned import compile_float
from fourfold.importers.imported import Baseline, ImportedModel
from fourfold.model_file import is_model_file
from fourfold.session import InferenceSession

# onnxruntime's level "error": its warnings about a model are not the user's business here.
LOG_ERRORS = 3


def import_source(source: Any) -> ImportedModel:
    """Turn an ONNX model, given as a path, bytes or a ``ModelProto``, into a graph.

    Raises
    ------
    UnsupportedModelError
        If the model holds what the engine does not have, is no ONNX model but a model file, or onnx
        is not installed.
    ModelFileError, OSError
        If it is damaged, or cannot be read.
    """
    if isinstance(source, (bytearray, memoryview)):
        source = bytes(source)
    if isinstance(source, (str, os.PathLike, bytes)) and is_model_file(source):
        raise UnsupportedModelError(
            "this is a model file of fourfold's, and what it holds is no longer an ONNX model: "
            "quantize the one that it was made from"
        )

    def open_baseline(threads: int) -> Baseline:
        return _in_onnxruntime(source, threads) or _in_fourfold(source)

    return replace(_import_onnx(source), open_baseline=open_baseline)


def import_session(session: InferenceSession) -> ImportedModel:
    """Turn what a session of fourfold's was opened from into a graph.

    Raises
    ------
    UnsupportedModelError
        If that was a model file: its program is no model that could be quantized.
    """
    if session.source is None:
        raise UnsupportedModelError(
            "this InferenceSession runs the program of a model file, which is no ONNX model: "
            "quantize the one that it was made from"
        )
    options = session.get_session_options()
    return replace(_import_onnx(session.source), threads=options.intra_op_num_threads)


def import_onnxruntime(session: Any) -> ImportedModel:
    """Turn what an onnxruntime session was opened from into a graph.

    Raises
    ------
    UnsupportedModelError
        If the session does not tell what that was.
    """
    path, content = (getattr(session, name, None) for name in ("_model_path", "_model_bytes"))
    source = path or content
    if source is None:
        raise UnsupportedModelError(
            "this onnxruntime session does not tell which model it was opened from: "
            "pass the model itself"
        )
    threads = session.get_session_options().intra_op_num_threads
    imported = replace(_import_onnx(source), threads=threads)

    def open_baseline(_: int) -> Baseline:
        return Baseline(session, _onnxruntime_name(), threads)

    return replace(imported, open_baseline=open_baseline)


def _import_onnx(source: Any) -> ImportedModel:
    try:
        import onnx  # noqa: F401  only to tell its absence apart from an error of ours
    except ImportError:
        raise UnsupportedModelError(
            "an ONNX model needs the package onnx: pip install 'fourfold[onnx]'"
        ) from None
    from fourfold.session.opening import import_any_onnx

    imported = import_any_onnx(source)
    for info in imported.graph.inputs:
        if not info.dtype:
            raise UnsupportedModelError(
                f"input {info.name!r} is no tensor of numbers or booleans of a known rank: only "
                "models with such inputs can be quantized"
            )
    return replace(
        imported,
        method="run",
        named_inputs=True,
        default_metric=_default_metric(imported),
        onnx_source=source,
    )


def _default_metric(imported: ImportedModel) -> str:
    """Return "binary" where the first output is one column of a sigmoid."""
    graph = imported.graph
    last = next((node for node in graph.nodes if graph.outputs[0] in node.outputs), None)
    shape = imported.interface["outputs"][0]["shape"]
    one_column = shape is not None and len(shape) == 2 and shape[1] == 1
    is_sigmoid = last is not None and last.attributes.get("kind") == "sigmoid"
    return "binary" if one_column and is_sigmoid else "none"


def _in_onnxruntime(source: Any, threads: int) -> Baseline | None:
    """Open a model in onnxruntime; None if it is not installed, or refuses the model."""
    try:
        import onnxruntime
    except ImportError:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = LOG_ERRORS
    readable = source if isinstance(source, (str, os.PathLike, bytes)) else None
    try:
        session = onnxruntime.InferenceSession(
            readable or source.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except Exception:  # it has many classes of errors; fourfold has already taken the model
        return None
    return Baseline(session, _onnxruntime_name(), threads)


def _in_fourfold(source: Any) -> Baseline:
    imported = _import_onnx(source)
    program = compile_float(imported.graph)
    session = InferenceSession.of_program(program, imported.interface, imported.interface_arrays)
    return Baseline(session, "fourfold.InferenceSession, in float")


def _onnxruntime_name() -> str:
    import onnxruntime

    return f"onnxruntime {onnxruntime.__version__}"
