"""What an ONNX model says of its inputs, outputs and itself, for the session that stands in."""

from __future__ import annotations

import onnx

from fourfold.dropin.session.interface import ModelMetadata, SessionInterface, ValueInfo
from fourfold.importers.onnx.model import model_inputs
from fourfold.importers.onnx.types import shape_of, type_name, with_open_sizes


def session_interface(model: onnx.ModelProto) -> SessionInterface:
    """Return the interface of a model."""
    graph = model.graph
    return SessionInterface(
        inputs=tuple(_value_info(value) for value in model_inputs(graph)),
        outputs=tuple(_value_info(value) for value in graph.output),
        metadata=ModelMetadata(
            producer_name=model.producer_name,
            graph_name=graph.name,
            graph_description=graph.doc_string,
            domain=model.domain,
            description=model.doc_string,
            version=model.model_version,
            custom={entry.key: entry.value for entry in model.metadata_props},
        ),
    )


def _value_info(value: onnx.ValueInfoProto) -> ValueInfo:
    declared = with_open_sizes(value.type)
    return ValueInfo(value.name, type_name(declared), shape_of(declared))
