"""Scopes: which value an ONNX name means inside the graph, a branch or the body of a function."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace

import onnx
from onnx import TypeProto, helper

from fourfold.errors import ModelFileError
from fourfold.importers.onnx.node import Value
from fourfold.importers.onnx.schemas import normal_domain

ABSENT = Value("", None)


@dataclass(frozen=True)
class Scope:
    """Where a node stands."""

    opsets: Mapping[str, int]
    """The version of each domain, ONNX's own as ""."""

    prefix: str = ""
    """What the labels of its nodes start with."""

    depth: int = 0
    """How many function bodies and branches it is inside of."""

    values: MutableMapping[str, Value] = field(default_factory=dict)
    """By the names in this scope."""

    attributes: Mapping[str, onnx.AttributeProto] = field(default_factory=dict)
    """Of the function call that this is the body of."""

    output_names: Mapping[str, str] = field(default_factory=dict)
    """What the values that leave the scope are called outside."""

    known_types: Mapping[str, TypeProto] = field(default_factory=dict)
    """Types of the model's own values where ONNX's rules do not tell them."""

    claimed_types: Mapping[str, TypeProto] = field(default_factory=dict)
    """Types that the model says its own values have, which nobody has checked."""

    @property
    def opset_imports(self) -> list[onnx.OperatorSetIdProto]:
        """The opsets as protos."""
        return [helper.make_opsetid(domain, version) for domain, version in self.opsets.items()]

    def label(self, proto: onnx.NodeProto) -> str:
        """Return what messages call a node."""
        return self.prefix + (proto.name or next(filter(None, proto.output), proto.op_type))

    def inputs(self, proto: onnx.NodeProto) -> list[Value]:
        """Return the values that a node reads.

        Raises
        ------
        ModelFileError
            If there is no such value yet: the nodes are not in order, or form a cycle.
        """
        for name in proto.input:
            if name and name not in self.values:
                raise ModelFileError(
                    f"node {self.label(proto)!r} ({proto.op_type}): expected an input that a node "
                    f"before it makes, received {name!r}"
                )
        return [self.values[name] if name else ABSENT for name in proto.input]

    def with_attributes(self, proto: onnx.NodeProto) -> onnx.NodeProto:
        """Return a node with the attributes that its function's caller gave in place."""
        if not any(item.ref_attr_name for item in proto.attribute):
            return proto
        node = onnx.NodeProto()
        node.CopyFrom(proto)
        node.ClearField("attribute")
        for item in proto.attribute:
            given = self.attributes.get(item.ref_attr_name) if item.ref_attr_name else item
            if given is not None:
                entry = node.attribute.add()
                entry.CopyFrom(given)
                entry.name = item.name
        return node

    def branch(self, call: onnx.NodeProto, body: onnx.GraphProto, label: str) -> Scope:
        """Return the scope of a branch of an If, which sees all of this one's names."""
        return replace(
            self,
            prefix=f"{label}/",
            depth=self.depth + 1,
            values=ChainMap({}, self.values),
            output_names=_outer_names([o.name for o in body.output], call.output, self),
        )

    def body(
        self,
        call: onnx.NodeProto,
        function: onnx.FunctionProto,
        label: str,
        defaults: Sequence[onnx.AttributeProto],
    ) -> Scope:
        """Return the scope of a function's body, which sees its arguments alone."""
        arguments = self.inputs(call)
        arguments += [ABSENT] * (len(function.input) - len(arguments))
        given = {item.name: item for item in [*function.attribute_proto, *defaults]}
        given |= {item.name: item for item in call.attribute}
        return Scope(
            opsets={
                **self.opsets,
                **{normal_domain(entry.domain): entry.version for entry in function.opset_import},
            },
            prefix=f"{label}/",
            depth=self.depth + 1,
            values=dict(zip(function.input, arguments, strict=False)),
            attributes=given,
            output_names=_outer_names(function.output, call.output, self),
        )

    def leave(self, inner: Scope, inner_names: Sequence[str], names: Sequence[str]) -> None:
        """Take over the values that a branch or body hands out."""
        for inner_name, name in zip(inner_names, names, strict=False):
            if name:
                self.values[name] = inner.values.get(inner_name, ABSENT)

    def define(self, name: str, value: str, kind: TypeProto | None) -> None:
        """Say what a name means from now on."""
        self.values[name] = Value(value, kind or self.known_types.get(name))


def _outer_names(inner: Sequence[str], outer: Sequence[str], scope: Scope) -> dict[str, str]:
    """Return what the results of a call are called by the caller, or by the caller's caller."""
    return {
        name: scope.output_names.get(result, result)
        for name, result in zip(inner, outer, strict=False)
        if result and (not scope.prefix or result in scope.output_names)
    }
