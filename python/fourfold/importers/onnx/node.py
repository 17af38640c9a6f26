"""A node of an ONNX model as translators read it: defaults filled in, attributes by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import onnx
from onnx import defs, helper

from fourfold.errors import ModelFileError
from fourfold.importers.onnx.refusal import op_name
from fourfold.importers.onnx.schemas import attribute_defaults, normal_domain
from fourfold.importers.onnx.types import ENGINE, Shape, element_type, shape_of, static_shape


class Value(NamedTuple):
    """A value of the ONNX model: what it is called in the graph that is built, and its type."""

    name: str
    """"" for an optional input that is absent."""

    type: onnx.TypeProto | None
    """None where it could not be inferred."""


@dataclass(frozen=True)
class OnnxNode:
    """One node. Inputs are values of the graph that is being built, "" where one is absent.

    The attribute accessors give what the node says, else the default of its op's version, else
    ``otherwise``; they raise ``ModelFileError`` where it is of another kind, or missing.
    """

    op_type: str
    domain: str
    version: int
    """Of its op: the opset in which that took the form that this node has."""

    label: str
    """What messages call it, and what names of values made for it start with."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    """By the model's own names; "" where one is not wanted."""

    types: tuple[onnx.TypeProto | None, ...]
    """Of the inputs."""

    output_types: tuple[onnx.TypeProto | None, ...]
    attributes: Mapping[str, Any]
    claimed_types: tuple[onnx.TypeProto | None, ...] = ()
    """Of the inputs, as the model has them, unchecked."""

    def input(self, index: int) -> str:
        """Return an input, or "" if the node does without."""
        return self.inputs[index] if index < len(self.inputs) else ""

    def wants(self, index: int) -> bool:
        """Return whether an output is there and has a name."""
        return index < len(self.outputs) and self.outputs[index] != ""

    def dtype(self, index: int = 0) -> str:
        """Return the dtype of an input within the graph: "float32" for half precision too."""
        return ENGINE.get(self.element(index), "")

    def element(self, index: int = 0) -> int:
        """Return the ONNX element type of an input; 0 where there is none."""
        return element_type(self._type(index))

    def shape(self, index: int = 0) -> Shape | None:
        """Return the shape of an input, or None if even its rank is not known."""
        return shape_of(self._type(index))

    def claimed_shape(self, index: int = 0) -> Shape | None:
        """Return the shape of an input, with what the model says of sizes that are not known.

        For what a run would find out if it were wrong.
        """
        claimed = shape_of(self.claimed_types[index]) if index < len(self.claimed_types) else None
        known = self.shape(index)
        if known is None or claimed is None or len(known) != len(claimed):
            return claimed if known is None else known
        return tuple(a if a is not None else b for a, b in zip(known, claimed, strict=True))

    def rank(self, index: int = 0) -> int | None:
        """Return the number of an input's dimensions, or None if that is not known."""
        shape = self.shape(index)
        return None if shape is None else len(shape)

    def static_shape(self, index: int = 0) -> tuple[int, ...] | None:
        """Return the shape of an input if every size of it is known, else None."""
        return static_shape(self._type(index))

    def output_dtype(self, index: int = 0) -> str:
        """Return the dtype of an output within the graph."""
        known = index < len(self.output_types)
        return ENGINE.get(element_type(self.output_types[index]) if known else 0, "")

    def _type(self, index: int) -> onnx.TypeProto | None:
        return self.types[index] if index < len(self.types) else None

    def has(self, name: str) -> bool:
        """Return whether an attribute is given or has a default."""
        return self.attributes.get(name) is not None

    def integer(self, name: str, otherwise: int | None = None) -> int:
        """Return an integer attribute."""
        value = self._attribute(name, otherwise)
        return value if isinstance(value, int) else self._refuse(name, "an integer")

    def real(self, name: str, otherwise: float | None = None) -> float:
        """Return a float attribute."""
        value = self._attribute(name, otherwise)
        return value if isinstance(value, float) else self._refuse(name, "a float")

    def text(self, name: str, otherwise: str | None = None) -> str:
        """Return a string attribute."""
        value = self._attribute(name, otherwise)
        if isinstance(value, bytes):
            value = value.decode(errors="replace")
        return value if isinstance(value, str) else self._refuse(name, "a string")

    def integers(self, name: str, otherwise: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """Return an attribute that is a list of integers."""
        values = tuple(self._sequence(name, otherwise))
        ok = all(isinstance(value, int) for value in values)
        return values if ok else self._refuse(name, "integers")

    def reals(self, name: str, otherwise: tuple[float, ...] | None = None) -> tuple[float, ...]:
        """Return an attribute that is a list of floats."""
        values = tuple(self._sequence(name, otherwise))
        ok = all(isinstance(value, float) for value in values)
        return values if ok else self._refuse(name, "floats")

    def texts(self, name: str, otherwise: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return an attribute that is a list of strings."""
        values = tuple(self._sequence(name, otherwise))
        texts = tuple(v.decode(errors="replace") if isinstance(v, bytes) else v for v in values)
        return texts if all(isinstance(text, str) for text in texts) else self._refuse(name, "text")

    def _attribute(self, name: str, otherwise: object) -> Any:
        value = self.attributes.get(name)
        return otherwise if value is None else value

    def _sequence(self, name: str, otherwise: object) -> Any:
        value = self._attribute(name, otherwise)
        return value if isinstance(value, (list, tuple)) else self._refuse(name, "a list")

    def _refuse(self, name: str, expected: str) -> Any:
        received = self.attributes.get(name)
        raise ModelFileError(
            f"node {self.label!r} ({op_name(self.domain, self.op_type)}): attribute {name!r} must "
            f"be {expected}, received {'none' if received is None else repr(received)[:60]}"
        )


def read_node(
    proto: onnx.NodeProto,
    schema: defs.OpSchema,
    opset: int,
    label: str,
    inputs: Sequence[Value],
    output_types: Sequence[onnx.TypeProto | None],
    claimed_types: Mapping[str, onnx.TypeProto],
) -> OnnxNode:
    """Return a node in the form that translators read."""
    domain = normal_domain(proto.domain)
    given = {item.name: helper.get_attribute_value(item) for item in proto.attribute}
    return OnnxNode(
        op_type=proto.op_type,
        domain=domain,
        version=schema.since_version,
        label=label,
        inputs=tuple(value.name for value in inputs),
        outputs=tuple(proto.output),
        types=tuple(value.type for value in inputs),
        output_types=tuple(output_types),
        attributes={**attribute_defaults(domain, proto.op_type, opset), **given},
        claimed_types=tuple(claimed_types.get(name) for name in proto.input),
    )
