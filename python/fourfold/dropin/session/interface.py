"""What a session has to know of the ONNX model that it stands in for, beside the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from fourfold.model_file.fields import MalformedError, closed, expect, naming, take

# A size, the name of one that may vary, or None for one that may and has no name.
Dimension = int | str | None


@dataclass(frozen=True)
class ValueInfo:
    """An input or an output of an ONNX model, as ``get_inputs()`` and ``get_outputs()`` tell it."""

    name: str

    type: str
    """As onnxruntime writes it: "tensor(float)", "tensor(int64)", "tensor(float16)"."""

    shape: tuple[Dimension, ...] | None
    """None where the model does not tell even the number of dimensions."""


@dataclass(frozen=True)
class ModelMetadata:
    """The fields of onnxruntime's ``get_modelmeta()``; "" and 0 where the model leaves one out."""

    producer_name: str
    graph_name: str
    graph_description: str
    domain: str
    description: str
    version: int
    custom: Mapping[str, str]
    """``custom_metadata_map``."""


@dataclass(frozen=True)
class SessionInterface:
    """The shape of an ONNX model's interface. All of it can be written as JSON.

    The program has these inputs and outputs, by these names, in this order. Its element types are
    the same: what the model declares as float16 or bfloat16 is so at the edge of the program, and
    float32 within.
    """

    inputs: tuple[ValueInfo, ...]
    """Without those that an initializer gives a value: they are constants of the program."""

    outputs: tuple[ValueInfo, ...]

    metadata: ModelMetadata

    def to_record(self) -> dict[str, Any]:
        """Return the interface as plain JSON: what ``from_record`` reads."""
        return {
            "inputs": [_value_record(info) for info in self.inputs],
            "outputs": [_value_record(info) for info in self.outputs],
            "metadata": {**asdict(self.metadata), "custom": dict(self.metadata.custom)},
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> SessionInterface:
        """Return the interface that a record holds.

        Raises
        ------
        ModelFileError
            If it is no such record.
        """
        where = "interface"
        with naming("ONNX drop-in"):
            content = dict(record)
            closed(content, [field.name for field in fields(cls)], where)
            return cls(
                inputs=_value_infos(content, "inputs"),
                outputs=_value_infos(content, "outputs"),
                metadata=_metadata(take(content, "metadata", dict, where)),
            )


def _value_record(info: ValueInfo) -> dict[str, Any]:
    shape = None if info.shape is None else list(info.shape)
    return {"name": info.name, "type": info.type, "shape": shape}


def _value_infos(content: dict[str, Any], key: str) -> tuple[ValueInfo, ...]:
    where = f"interface.{key}"
    return tuple(
        _value_info(expect(item, dict, where), where)
        for item in take(content, key, list, "interface")
    )


def _value_info(record: dict[str, Any], where: str) -> ValueInfo:
    closed(record, [field.name for field in fields(ValueInfo)], where)
    shape = record.get("shape")
    for size in [] if shape is None else expect(shape, list, f"{where}.shape"):
        if not (size is None or type(size) in (int, str)):
            raise MalformedError(f"{where}.shape must hold sizes, names and nulls, not {size!r}")
    return ValueInfo(
        name=take(record, "name", str, where),
        type=take(record, "type", str, where),
        shape=None if shape is None else tuple(shape),
    )


def _metadata(record: dict[str, Any]) -> ModelMetadata:
    where = "interface.metadata"
    names = [field.name for field in fields(ModelMetadata)]
    closed(record, names, where)
    custom = take(record, "custom", dict, where)
    for value in custom.values():
        expect(value, str, f"{where}.custom")
    texts = {name: take(record, name, str, where) for name in names[:5]}
    return ModelMetadata(**texts, version=take(record, "version", int, where), custom=custom)
