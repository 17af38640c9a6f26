"""Reading an ONNX model: a path, bytes or a ModelProto, checked before anything looks at it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx import checker

from fourfold.errors import ModelFileError, UnsupportedModelError, describe_type
from fourfold.importers.onnx.schemas import normal_domain

Source = str | os.PathLike[str] | bytes | onnx.ModelProto

# Before it many ops had an attribute for memory reuse, and broadcast in a way of their own.
OLDEST_OPSET = 6


@dataclass(frozen=True)
class OnnxModel:
    """A model that the onnx checker accepts."""

    origin: str
    """Its path, "<bytes>" or "<ModelProto>": what messages call it."""

    proto: onnx.ModelProto

    folder: Path | None
    """Where it lies; None for one that is in no folder."""

    @property
    def opsets(self) -> dict[str, int]:
        """The version of each domain that it imports."""
        return {normal_domain(entry.domain): entry.version for entry in self.proto.opset_import}


def read_source(source: Source, *, any_opset: bool = False) -> OnnxModel:
    """Return a model, checked; of ``any_opset`` where something else than the engine may run it.

    Raises
    ------
    ModelFileError
        If it is truncated, cyclic, inconsistent, or no ONNX model at all.
    UnsupportedModelError
        If its opset is older than 6 or newer than the installed onnx.
    TypeError
        If the source is of another kind.
    """
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        origin, folder = str(path), path.parent
    elif isinstance(source, (bytes, onnx.ModelProto)):
        origin, folder = f"<{type(source).__name__}>", None
    else:
        raise TypeError(
            "an ONNX model must be a path, bytes or an onnx.ModelProto, "
            f"got {describe_type(source)}"
        )
    _check_head(OnnxModel(origin, _read(source, origin), folder), any_opset)
    # The checker parses the model once more, so by then nothing of it is held here: reading it
    # again takes less than a copy of all weights would.
    _check(source, origin)
    return OnnxModel(origin, _read(source, origin), folder)


def _read(source: Source, origin: str) -> onnx.ModelProto:
    if isinstance(source, onnx.ModelProto):
        return source
    return _parse(source if isinstance(source, bytes) else Path(source).read_bytes(), origin)


def _check_head(model: OnnxModel, any_opset: bool) -> None:
    _check_texts(model)
    if not any_opset:
        _check_opsets(model)


def check_part(content: bytes, origin: str) -> None:
    """Check some nodes of a model, as a model of their own, whose values may be of open types.

    Raises
    ------
    ModelFileError
        As `read_source` raises it.
    """
    proto = _parse(content, origin)
    for value in proto.graph.input:
        if value.type.WhichOneof("value") in (None, "tensor_type"):
            tensor = value.type.tensor_type  # of which onnx's checker wants to know these
            tensor.elem_type = tensor.elem_type or onnx.TensorProto.FLOAT
            tensor.shape.SetInParent()
    del proto.graph.output[:]
    _check_texts(OnnxModel(origin, proto, None))
    _check(proto, origin)


def _parse(content: bytes, origin: str) -> onnx.ModelProto:
    proto = onnx.ModelProto()
    try:
        proto.ParseFromString(content)
    except DecodeError as error:
        raise ModelFileError(f"{origin}: truncated, or no ONNX model ({error})") from None
    if not proto.HasField("graph"):
        raise ModelFileError(f"{origin}: no ONNX model: it has no graph")
    return proto


def _check_texts(model: OnnxModel) -> None:
    """Refuse texts that are none: protobuf gives those as bytes, and onnx's checker passes them."""
    proto = model.proto
    about = (proto.producer_name, proto.producer_version, proto.domain, proto.doc_string)
    metadata = [text for entry in proto.metadata_props for text in (entry.key, entry.value)]
    functions = (text for function in proto.functions for text in _node_texts(function.node))
    for text in (*about, *metadata, *functions, *_graph_texts(proto.graph)):
        if isinstance(text, bytes):
            raise ModelFileError(f"{model.origin}: expected names in UTF-8, found {text[:80]!r}")


def _graph_texts(graph: onnx.GraphProto) -> Iterator[str | bytes]:
    yield graph.name
    for tensor in graph.initializer:
        yield tensor.name
    for value in (*graph.input, *graph.output, *graph.value_info):
        yield value.name
        for dim in value.type.tensor_type.shape.dim:
            yield dim.dim_param
    yield from _node_texts(graph.node)


def _node_texts(nodes: Iterable[onnx.NodeProto]) -> Iterator[str | bytes]:
    for node in nodes:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        for attribute in node.attribute:
            yield attribute.name
            for graph in (attribute.g, *attribute.graphs):
                yield from _graph_texts(graph)


def _check_opsets(model: OnnxModel) -> None:
    newest = onnx.defs.onnx_opset_version()
    version = model.opsets.get("")
    if version is not None and not OLDEST_OPSET <= version <= newest:
        raise UnsupportedModelError(
            f"{model.origin}: its opset is {version}; expected {OLDEST_OPSET} to {newest}, the "
            f"newest that onnx {onnx.__version__} knows"
        )


def _check(source: Source, origin: str) -> None:
    """Let onnx's checker say whether names, order, attributes and tensors are consistent."""
    try:
        checker.check_model(source)
    except checker.ValidationError as error:
        raise ModelFileError(f"{origin}: {' '.join(str(error).split())}") from None
    except (ValueError, UnicodeDecodeError, RuntimeError) as error:
        # RuntimeError: what the file system says of a location of external data
        raise ModelFileError(f"{origin}: {error}") from None
