"""A checked ONNX model to a float graph: what lives, what comes in, what goes out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import onnx

from fourfold.errors import ModelFileError, UnsupportedModelError
from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.importers.onnx.emitter import Names, Store
from fourfold.importers.onnx.folding import Folder
from fourfold.importers.onnx.functions import local_functions
from fourfold.importers.onnx.refusal import REMEDY, Refusal
from fourfold.importers.onnx.scope import Scope
from fourfold.importers.onnx.source import OnnxModel
from fourfold.importers.onnx.tensors import TensorReader
from fourfold.importers.onnx.types import (
    ENGINE,
    HALF,
    element_bits,
    element_type,
    shape_of,
    type_name,
    with_open_sizes,
)
from fourfold.importers.onnx.walk import Walk


def build_graph(model: OnnxModel) -> tuple[Graph, list[Refusal]]:
    """Return the float graph of a model, and the nodes that could not be translated.

    The graph can only run if there are none.

    Raises
    ------
    ModelFileError
        If the model contradicts itself.
    UnsupportedModelError
        If an input or output is no tensor, or of a type that the engine has not.
    """
    graph = model.proto.graph
    nodes = live_nodes(graph)
    names = Names(value_names(graph))
    reader = TensorReader(model.origin, model.folder)
    walk = Walk(local_functions(model.proto), Store(names, reader), Folder(reader))
    claimed = {value.name: value.type for value in graph.value_info}
    scope = Scope(model.opsets, output_names=_half_outputs(graph, names), claimed_types=claimed)
    if graph.sparse_initializer:
        raise UnsupportedModelError(
            f"{model.origin}: its sparse initializers are not supported. {REMEDY}"
        )
    inputs = _add_inputs(model, walk, scope, names)
    read = {name for node in nodes for name in names_read(node)}
    read.update(output.name for output in graph.output)
    walk.add_initializers([tensor for tensor in graph.initializer if tensor.name in read], scope)
    walk.add_nodes(nodes, scope)
    if walk.refusals:
        return Graph(inputs, tuple(walk.nodes), (), walk.constants), walk.refusals
    outputs = [_add_output(model, output, walk, scope, names) for output in graph.output]
    return Graph(inputs, tuple(walk.nodes), tuple(outputs), walk.constants, walk.integers), []


def live_nodes(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return the nodes on which an output depends, in their order."""
    wanted = {output.name for output in graph.output}
    kept = []
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            wanted.update(names_read(node))
            kept.append(node)
    return kept[::-1]


def model_inputs(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    """Return the inputs that no initializer gives a value."""
    given = {tensor.name for tensor in graph.initializer}
    return [value for value in graph.input if value.name not in given]


def tensor_info(value: onnx.ValueInfoProto) -> TensorInfo | None:
    """Return an input as the engine takes it; None if it is no tensor of a type that it has."""
    declared = with_open_sizes(value.type)
    element, shape = element_type(declared), shape_of(declared)
    if element not in ENGINE or shape is None:
        return None
    sizes = tuple(size if isinstance(size, int) else None for size in shape)
    return TensorInfo(value.name, HALF.get(element, ENGINE[element]), sizes)


def names_read(node: onnx.NodeProto) -> Iterator[str]:
    """Yield the names that a node reads, those in its branches and bodies included."""
    yield from node.input
    for attribute in node.attribute:
        for body in [attribute.g, *attribute.graphs]:
            for inner in body.node:
                yield from names_read(inner)
            yield from (output.name for output in body.output)


def value_names(graph: onnx.GraphProto) -> Iterable[str]:
    """Return all names that the graph gives: what else is made gets others."""
    names = {value.name for value in [*graph.input, *graph.output]}
    names.update(tensor.name for tensor in graph.initializer)
    names.update(name for node in graph.node for name in node.output)
    return names


def _half_outputs(graph: onnx.GraphProto, names: Names) -> dict[str, str]:
    """Return what the float32 forms of half-precision outputs are called."""
    half = [value.name for value in graph.output if element_type(value.type) in HALF]
    return {name: names.fresh(f"{name}.float32") for name in half}


def _add_inputs(model: OnnxModel, walk: Walk, scope: Scope, names: Names) -> tuple[TensorInfo, ...]:
    infos = []
    for value in model_inputs(model.proto.graph):
        info = tensor_info(value)
        if info is None:
            raise UnsupportedModelError(
                f"{model.origin}: input {value.name!r}: expected a tensor of numbers or booleans, "
                f"received {type_name(value.type)}. {REMEDY}"
            )
        infos.append(info)
        inner = value.name
        if element_type(value.type) in HALF:
            inner = names.fresh(f"{value.name}.float32")
            walk.nodes.append(Node("cast", (value.name,), (inner,), {"to": "float32"}, value.name))
        scope.define(value.name, inner, with_open_sizes(value.type))
    return tuple(infos)


def _add_output(
    model: OnnxModel, output: onnx.ValueInfoProto, walk: Walk, scope: Scope, names: Names
) -> str:
    """Return the name of an output in the graph; give it its name and type where it has another."""
    name = output.name
    value, element = scope.values.get(name), element_type(output.type)
    if value is not None and not output.type.WhichOneof("value"):  # as branches may leave it open
        element = element_type(value.type)
        if element in HALF:
            raise UnsupportedModelError(f"{model.origin}: output {name!r}: expected its type")
    if value is None or not value.name or element_type(value.type) != element:
        received = (
            "none" if value is None or not value.name else type_name(value.type or output.type)
        )
        raise ModelFileError(
            f"{model.origin}: output {name!r}: expected {type_name(output.type)}, as it is "
            f"declared, received {received}"
        )
    if any(name == given.name for given in model_inputs(model.proto.graph)):
        return name
    source = value.name
    if source == name and source in walk.constants:
        source = names.fresh(f"{name}.constant")
        walk.constants[source] = walk.constants.pop(name)
        walk.nodes = _reading(walk.nodes, name, source)
    if element in HALF:
        walk.nodes.append(Node("cast", (source,), (name,), {"to": HALF[element]}, name))
    elif source != name:
        walk.nodes.append(Node("identity", (source,), (name,), {}, name))
    return name


def _reading(nodes: Sequence[Node], old: str, new: str) -> list[Node]:
    """Return nodes that read one value in place of another."""
    return [
        replace(node, inputs=tuple(new if name == old else name for name in node.inputs))
        for node in nodes
    ]


def parameter_bytes(graph: onnx.GraphProto) -> int:
    """Return the bytes of a graph's constants as the model stores them.

    ai.onnx.ml has the weights of linear models as lists of floats among a node's attributes. Those
    of branches and bodies count as well.
    """
    nodes = live_nodes(graph)
    read = {name for node in nodes for name in names_read(node)}
    attributes = [attribute for node in nodes for attribute in node.attribute]
    tensors = [tensor for tensor in graph.initializer if tensor.name in read]
    tensors += [attribute.t for attribute in attributes if attribute.HasField("t")]
    bits = [math.prod(tensor.dims) * element_bits(tensor.data_type) for tensor in tensors]
    listed = sum(len(attribute.floats) for attribute in attributes)
    bodies = [attribute.g for attribute in attributes if attribute.HasField("g")]
    return int(sum(bits)) // 8 + 4 * listed + sum(map(parameter_bytes, bodies))
