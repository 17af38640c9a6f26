"""ONNX files on the command line: what is one, and what its inputs are called."""

from __future__ import annotations

from pathlib import Path

from fourfold.errors import UnsupportedModelError

SUFFIX = ".onnx"


def is_onnx(path: Path) -> bool:
    """Return whether a file is called an ONNX model."""
    return path.suffix == SUFFIX


def input_names(path: Path) -> tuple[str, ...]:
    """Return the names of an ONNX model's inputs.

    Raises
    ------
    UnsupportedModelError
        If onnx is not installed.
    ModelFileError
        If the file is no ONNX model.
    """
    try:
        import onnx  # noqa: F401  only to tell its absence apart from an error of ours
    except ImportError:
        raise UnsupportedModelError(
            f"{path}: an ONNX model needs the package onnx: pip install 'fourfold[onnx]'"
        ) from None
    from fourfold.importers.onnx.source import read_source

    graph = read_source(path).proto.graph
    constants = {tensor.name for tensor in graph.initializer}
    return tuple(value.name for value in graph.input if value.name not in constants)
