"""What a session says about its inputs, its outputs and its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fourfold.dropin.session import interface
from fourfold.dropin.session.interface import ValueInfo

# ONNX's names of the element types, and NumPy's. bfloat16 is not NumPy's: its bits are uint16.
ELEMENT_TYPES = {
    "float": "float32",
    "double": "float64",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "bool": "bool",
    "int8": "int8",
    "uint8": "uint8",
    "int16": "int16",
    "uint16": "uint16",
    "int32": "int32",
    "uint32": "uint32",
    "int64": "int64",
    "uint64": "uint64",
}
_NAMES = {numpy_name: name for name, numpy_name in ELEMENT_TYPES.items()}


def tensor_type(dtype: np.dtype[Any]) -> str:
    """Return an array's type as ``"tensor(float)"``, or with NumPy's name if ONNX has none."""
    return f"tensor({_NAMES.get(dtype.name, dtype.name)})"


@dataclass(frozen=True)
class NodeArg:
    """An input or output of a model.

    Attributes
    ----------
    name : str
        Its name.
    type : str
        Its type: ``"tensor(float)"``.
    shape : list
        Its sizes: an int, or a name or None for one that may vary. Empty, too, where the model
        does not tell the number of dimensions.

    Examples
    --------
    >>> import fourfold as ort
    >>> ort.NodeArg("ids", "tensor(int64)", ["batch", 128]).dtype
    'int64'
    """

    name: str
    type: str
    shape: list[int | str | None]
    any_rank: bool = field(default=False, repr=False)

    @classmethod
    def of(cls, info: ValueInfo) -> NodeArg:
        """Return an input or output as the importer noted it down."""
        return cls(info.name, info.type, list(info.shape or ()), info.shape is None)

    @property
    def is_numeric(self) -> bool:
        """Whether it is a tensor of numbers or booleans that NumPy, or its user, has a type for."""
        return self._element in ELEMENT_TYPES

    @property
    def dtype(self) -> str:
        """The element type by NumPy's name."""
        return ELEMENT_TYPES[self._element]

    @property
    def _element(self) -> str:
        return self.type.removeprefix("tensor(").removesuffix(")")


@dataclass(frozen=True)
class ModelMetadata:
    """Where a model comes from, as its file says."""

    producer_name: str = ""
    graph_name: str = ""
    domain: str = ""
    description: str = ""
    graph_description: str = ""
    version: int = 0
    custom_metadata_map: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, noted: interface.ModelMetadata) -> ModelMetadata:
        """Return what the importer noted down."""
        return cls(
            producer_name=noted.producer_name,
            graph_name=noted.graph_name,
            domain=noted.domain,
            description=noted.description,
            graph_description=noted.graph_description,
            version=noted.version,
            custom_metadata_map=dict(noted.custom),
        )
