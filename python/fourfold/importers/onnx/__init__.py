"""ONNX models to float graphs.

``source`` reads and checks a file, ``model`` takes its graph apart, ``walk`` goes from node to
node: each is translated (``ops_*``, found by ``registry``) in the newest form of its op
(``upgrades``), expanded into the function that ONNX's schema or the model defines it by
(``functions``), run at once if it is constant (``folding``), or refused. All refusals come in one
error.
"""

from __future__ import annotations

from fourfold.graph.ir import Graph
from fourfold.graph.partitioned import PartitionedGraph
from fourfold.graph.passes.simplify import simplify
from fourfold.importers.imported import ImportedModel
from fourfold.importers.onnx import (  # noqa: F401  importing them registers their translators
    ops_activation,
    ops_attention,
    ops_convolution,
    ops_elementwise,
    ops_image,
    ops_linear,
    ops_ml,
    ops_ml_lookup,
    ops_movement,
    ops_normalization,
    ops_quantization,
    ops_recurrent,
    ops_reduction,
)
from fourfold.importers.onnx.interface import session_interface
from fourfold.importers.onnx.model import build_graph, parameter_bytes
from fourfold.importers.onnx.refusal import Refusal, unsupported
from fourfold.importers.onnx.source import OnnxModel, Source, read_source

__all__ = ["Refusal", "find_unsupported", "import_onnx", "imported_model", "read_graph"]


def import_onnx(source: Source) -> ImportedModel:
    """Turn an ONNX model into a graph.

    Parameters
    ----------
    source : path, bytes or onnx.ModelProto
        The model, of opset 6 to the newest that the installed onnx knows. External data is read
        only from the folder that a path leads to.

    Returns
    -------
    ImportedModel
        Its ``graph`` has the model's inputs and outputs, by name and in order, and computes half
        precision in float32; its ``interface`` is a ``dropin.session.SessionInterface`` record.

    Raises
    ------
    UnsupportedModelError
        If the model holds ops or types that fourfold does not have; it names all of their nodes.
    ModelFileError
        If the model is truncated, cyclic, inconsistent, or its data lies outside its folder.
    OSError
        If the file cannot be read.
    TypeError
        If ``source`` is none of these.

    Examples
    --------
    >>> from onnx import parser
    >>> model = parser.parse_model('''
    ...     <ir_version: 8, opset_import: ["" : 17]>
    ...     agraph (float[N, 4] x) => (float[N, 4] y) { y = Relu(x) }''')
    >>> imported = import_onnx(model)
    >>> [node.op for node in imported.graph.nodes], imported.graph.outputs
    (['activation'], ('y',))
    """
    model = read_source(source)
    return imported_model(model, read_graph(model))


def read_graph(model: OnnxModel) -> Graph:
    """Return the graph of a model that is read and checked; errors as those of `import_onnx`."""
    graph, refusals = build_graph(model)
    if refusals:
        raise unsupported(model.origin, refusals)
    return simplify(graph)


def imported_model(model: OnnxModel, graph: Graph | PartitionedGraph) -> ImportedModel:
    """Return the graph of a model with what else is to know of it."""
    return ImportedModel(
        kind="session",
        graph=graph,
        method="__call__",
        parameter_bytes=parameter_bytes(model.proto.graph),
        interface=session_interface(model.proto).to_record(),
    )


def find_unsupported(source: Source) -> list[Refusal]:
    """Return the nodes of an ONNX model that fourfold cannot run, each with the reason.

    Parameters and errors are those of `import_onnx`, but for what this returns.
    """
    return build_graph(read_source(source))[1]
