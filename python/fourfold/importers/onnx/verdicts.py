"""Which nodes of a model the engine can run, one by one, and what is known of the values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx

from fourfold.importers.onnx.emitter import Names, Store
from fourfold.importers.onnx.folding import Folder
from fourfold.importers.onnx.functions import local_functions
from fourfold.importers.onnx.model import live_nodes, model_inputs, names_read, value_names
from fourfold.importers.onnx.scope import Scope
from fourfold.importers.onnx.source import OLDEST_OPSET, OnnxModel
from fourfold.importers.onnx.tensors import TensorReader
from fourfold.importers.onnx.types import CONSTANT_ONLY, ENGINE, element_type, tensor_type
from fourfold.importers.onnx.walk import Walk


@dataclass(frozen=True)
class JudgedNode:
    """A node on which an output depends."""

    proto: onnx.NodeProto

    label: str

    reads: tuple[str, ...]
    """Values outside of it that it reads, those that its branches or body see included."""

    runs_here: bool
    """Whether the engine can run it."""

    is_constant: bool
    """Whether its outputs are known by now, and none of them is an output of the model."""


@dataclass(frozen=True)
class Verdicts:
    """The live nodes of a model in order, and its values by name."""

    nodes: tuple[JudgedNode, ...]

    types: Mapping[str, onnx.TypeProto | None]
    """None where ONNX's rules do not tell it."""

    constants: Mapping[str, np.ndarray]
    """What nodes were folded to, in the types that the engine holds them in."""

    @property
    def untyped(self) -> list[str]:
        """The names of all values whose element type is not known."""
        made = [name for node in self.nodes for name in node.proto.output if name]
        kinds = {name: self.types.get(name) for name in made}
        return [name for name, kind in kinds.items() if kind is None]


def judge(model: OnnxModel, known_types: Mapping[str, onnx.TypeProto]) -> Verdicts:
    """Return which nodes of a model the engine can run.

    Parameters
    ----------
    model : OnnxModel
        The model, of any opset, with inputs of any type.
    known_types : mapping of str to onnx.TypeProto
        Types that ONNX's rules do not tell.

    Raises
    ------
    ModelFileError
        If the model contradicts itself.
    """
    graph = model.proto.graph
    protos = live_nodes(graph)
    walk, scope = _begin(model, protos, known_types)
    # Opsets that the importer does not read, and tensors that it cannot hold.
    is_old = 0 < model.opsets.get("", OLDEST_OPSET) < OLDEST_OPSET
    foreign = {sparse.values.name for sparse in graph.sparse_initializer}
    outputs = {output.name for output in graph.output}
    nodes = []
    for proto in protos:
        if is_old:
            for name in filter(None, proto.output):
                scope.define(name, name, None)
            runs_here = False
        else:
            runs_here = _try(proto, walk, scope)
        reads = tuple(dict.fromkeys(name for name in names_read(proto) if name in scope.values))
        runs_here = runs_here and foreign.isdisjoint(reads)
        made = {name for name in proto.output if name}
        is_known = all(scope.values[name].name in walk.constants for name in made)
        is_constant = runs_here and is_known and made.isdisjoint(outputs)
        nodes.append(JudgedNode(proto, scope.label(proto), reads, runs_here, is_constant))
    values = scope.values.items()
    known = {name: value.name for name, value in values if value.name in walk.constants}
    return Verdicts(
        tuple(nodes),
        {name: value.type for name, value in values},
        {name: walk.constants[inner] for name, inner in known.items()},
    )


def _begin(
    model: OnnxModel, protos: Sequence[onnx.NodeProto], known_types: Mapping[str, onnx.TypeProto]
) -> tuple[Walk, Scope]:
    """Return a walk at the first node of a model, and a scope with inputs and initializers."""
    graph = model.proto.graph
    reader = TensorReader(model.origin, model.folder)
    store = Store(Names(value_names(graph)), reader)
    walk = Walk(local_functions(model.proto), store, Folder(reader))
    scope = Scope(model.opsets, known_types=known_types)
    for value in model_inputs(graph):
        scope.define(value.name, value.name, value.type)
    for sparse in graph.sparse_initializer:
        kind = tensor_type(sparse.values.data_type, tuple(sparse.dims))
        scope.define(sparse.values.name, sparse.values.name, kind)
    read = {name for proto in protos for name in names_read(proto)}
    walk.add_initializers([tensor for tensor in graph.initializer if tensor.name in read], scope)
    return walk, scope


def _try(proto: onnx.NodeProto, walk: Walk, scope: Scope) -> bool:
    """Return whether a node can be translated, by doing so."""
    refusals = len(walk.refusals)
    walk.add_nodes([proto], scope)
    return len(walk.refusals) == refusals and _has_engine_types(proto, scope, walk)


def _has_engine_types(proto: onnx.NodeProto, scope: Scope, walk: Walk) -> bool:
    """Return whether the types of a node's inputs and outputs are known, and the engine's."""
    for name in filter(None, [*proto.input, *proto.output]):
        value = scope.values[name]
        element = element_type(value.type)
        if element not in ENGINE and not (
            value.name in walk.constants and element in CONSTANT_ONLY
        ):
            return False
    return True
