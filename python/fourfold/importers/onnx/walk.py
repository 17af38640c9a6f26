"""The walk over an ONNX graph: every node translated, expanded, folded, or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import onnx
from onnx import defs

from fourfold.errors import ModelFileError
from fourfold.graph.ir import Node
from fourfold.importers.onnx.emitter import Emitter, Store
from fourfold.importers.onnx.folding import Folder
from fourfold.importers.onnx.functions import (
    FunctionKey,
    find_function,
    schema_defaults,
    schema_function,
)
from fourfold.importers.onnx.inference import infer_outputs
from fourfold.importers.onnx.integers import stored_integers
from fourfold.importers.onnx.node import OnnxNode, Value, read_node
from fourfold.importers.onnx.refusal import Refusal, UnsupportedNode, op_name
from fourfold.importers.onnx.registry import TRANSLATORS
from fourfold.importers.onnx.schemas import find_schema, normal_domain
from fourfold.importers.onnx.scope import Scope
from fourfold.importers.onnx.types import ENGINE, element_type, tensor_type, type_name
from fourfold.importers.onnx.upgrades import upgrade

# Functions may call functions: this many deep, and this many nodes in all.
MAX_DEPTH = 16
MAX_NODES = 50_000


class Walk:
    """Translates nodes one after the other.

    Parameters
    ----------
    functions : mapping
        The model's own functions.
    store : Store
        Where constants and names of values come from and go.
    folder : Folder
        What runs constant nodes.

    Attributes
    ----------
    nodes : list of Node
        The graph so far.
    constants, integers : dict
        The store's.
    refusals : list of Refusal
        The nodes that cannot be translated. The walk goes on behind them: it finds all.
    """

    def __init__(
        self, functions: Mapping[FunctionKey, onnx.FunctionProto], store: Store, folder: Folder
    ) -> None:
        self._functions = functions
        self._store = store
        self._folder = folder
        self._count = 0
        self.constants = store.constants
        self.integers = store.integers
        self.nodes: list[Node] = []
        self.refusals: list[Refusal] = []

    def add_initializers(self, tensors: Sequence[onnx.TensorProto], scope: Scope) -> None:
        """Make constants of tensors. What is of no type of the engine's, its reader refuses."""
        for tensor in tensors:
            name = self._name(tensor.name, scope)
            scope.define(tensor.name, name, tensor_type(tensor.data_type, tuple(tensor.dims)))
            with suppress(UnsupportedNode):
                self.constants[name] = self._store.read_tensor(tensor)

    def add_nodes(self, protos: Sequence[onnx.NodeProto], scope: Scope) -> None:
        """Translate nodes in their order."""
        for proto in protos:
            self.add_node(scope.with_attributes(proto), scope)

    def add_node(self, proto: onnx.NodeProto, scope: Scope) -> None:
        """Translate one node, or note down why it cannot be.

        Raises
        ------
        ModelFileError
            If the node is wrong in itself.
        """
        label = scope.label(proto)
        self._count += 1
        if self._count > MAX_NODES or scope.depth > MAX_DEPTH:
            raise ModelFileError(
                f"node {label!r}: expected at most {MAX_NODES} nodes, and functions nested at most "
                f"{MAX_DEPTH} deep"
            )
        op = op_name(normal_domain(proto.domain), proto.op_type)
        try:
            self._translate(proto, scope, label)
        except UnsupportedNode as refused:
            self.refusals.append(Refusal(label, op, str(refused)))
        except ModelFileError:
            raise
        except (ValueError, TypeError, IndexError, OverflowError) as error:
            raise ModelFileError(f"node {label!r} ({op}): {error}") from error
        for name in proto.output:
            if name and name not in scope.values:
                scope.define(name, self._name(name, scope), None)

    def _translate(self, proto: onnx.NodeProto, scope: Scope, label: str) -> None:
        inputs = scope.inputs(proto)
        local = find_function(proto, self._functions)
        if local is not None:
            self._expand(proto, local, scope, label, ())
            return
        domain = normal_domain(proto.domain)
        opset = scope.opsets.get(domain, 0)
        schema = find_schema(domain, proto.op_type, opset)
        if schema is None:
            raise UnsupportedNode(f"no such op in opset {opset} of ONNX")
        if proto.op_type == "If" and not domain and self._take_branch(proto, inputs, scope, label):
            return
        types = infer_outputs(proto, schema, inputs, self.constants, scope.opset_imports, label)
        self._declare(proto, types, scope)
        node = read_node(proto, schema, opset, label, inputs, types, scope.claimed_types)
        try:
            self._take_over(node, scope)
        except UnsupportedNode as refused:
            body = schema_function(schema, proto, inputs, opset)
            if body is None or not self._expand_fully(proto, body, scope, label, schema):
                self._declare(proto, types, scope)
                raise refused from None

    def _take_over(self, node: OnnxNode, scope: Scope) -> None:
        """Translate a node by its op's translator, and fold it if it is constant."""
        translator = TRANSLATORS.get((node.domain, node.op_type))
        if translator is None:
            raise UnsupportedNode("there is no translator for this op")
        if not self._has_known_types(node):
            return
        emitter = Emitter(self._store, node.label)
        result = translator.translate(upgrade(node, emitter), emitter)
        results = (result,) if isinstance(result, str) else result
        self._bind(node, results, emitter, scope)

    def _has_known_types(self, node: OnnxNode) -> bool:
        """Return whether a node's types are known, and refuse those that the engine has not."""
        for name, kind in zip(node.inputs, node.types, strict=True):
            if not name or name in self.constants:
                continue
            if kind is None:
                return False
            if element_type(kind) not in ENGINE:
                raise UnsupportedNode(f"an input is of type {type_name(kind)}")
        for name, kind in zip(node.outputs, node.output_types, strict=True):
            if name and kind is not None and element_type(kind) not in ENGINE:
                raise UnsupportedNode(f"an output is of type {type_name(kind)}")
        return True

    def _bind(
        self, node: OnnxNode, results: tuple[str, ...], emitter: Emitter, scope: Scope
    ) -> None:
        """Say which values the node's outputs are, under the names that the model gave them."""
        made = {name for emitted in emitter.nodes for name in emitted.outputs}
        renamed: dict[str, str] = {}
        for index, name in enumerate(node.outputs):
            if not name:
                continue
            result = results[index] if index < len(results) else ""
            if not result:
                raise UnsupportedNode(f"its output {index} is not supported")
            if result in made and result not in renamed:
                renamed[result] = scope.values[name].name
            value = renamed.get(result, result)
            scope.define(name, value, node.output_types[index])
        emitter.rename(renamed)
        values = [scope.values[name].name if name else "" for name in node.outputs]
        folded = self._folder.fold(node, emitter.nodes, values, self.constants)
        if folded is None:
            self.nodes += emitter.nodes
            return
        self.constants.update(folded)
        self.integers.update(stored_integers(emitter.nodes, self.constants))
        for name, value, kind in zip(node.outputs, values, node.output_types, strict=True):
            if value in folded and kind is not None:
                scope.define(name, value, tensor_type(element_type(kind), folded[value].shape))

    def _expand(
        self,
        proto: onnx.NodeProto,
        function: onnx.FunctionProto,
        scope: Scope,
        label: str,
        defaults: Sequence[onnx.AttributeProto],
    ) -> None:
        """Put a function's body in the node's place."""
        inner = scope.body(proto, function, label, defaults)
        self.add_nodes(function.node, inner)
        scope.leave(inner, function.output, proto.output)

    def _expand_fully(
        self,
        proto: onnx.NodeProto,
        function: onnx.FunctionProto,
        scope: Scope,
        label: str,
        schema: defs.OpSchema,
    ) -> bool:
        """Put the body that ONNX has for an op in the node's place, if all of it can be done."""
        nodes, refusals = len(self.nodes), len(self.refusals)
        # Wrong inputs were found out by now: what the body does not like is its own affair.
        with suppress(ModelFileError):
            self._expand(proto, function, scope, label, schema_defaults(schema))
            if len(self.refusals) == refusals:
                return True
        del self.nodes[nodes:], self.refusals[refusals:]
        return False

    def _take_branch(
        self, proto: onnx.NodeProto, inputs: Sequence[Value], scope: Scope, label: str
    ) -> bool:
        """Put the branch of an If in its place, if the condition is a constant."""
        condition = self.constants.get(inputs[0].name)
        if condition is None or condition.size != 1:
            return False
        wanted = "then_branch" if condition.reshape(()).item() else "else_branch"
        branch = next((item.g for item in proto.attribute if item.name == wanted), None)
        if branch is None or branch.sparse_initializer:
            return False
        inner = scope.branch(proto, branch, label)
        self.add_initializers(branch.initializer, inner)
        self.add_nodes(branch.node, inner)
        scope.leave(inner, [value.name for value in branch.output], proto.output)
        return True

    def _declare(
        self, proto: onnx.NodeProto, types: Sequence[onnx.TypeProto | None], scope: Scope
    ) -> None:
        """Name the values that a node makes, and say what they are."""
        for name, kind in zip(proto.output, types, strict=True):
            if name:
                scope.define(name, self._name(name, scope), kind)

    def _name(self, name: str, scope: Scope) -> str:
        """Return what a value is called in the graph that is built."""
        if name in scope.output_names:
            return scope.output_names[name]
        return self._store.names.fresh(scope.prefix + name) if scope.prefix else name
