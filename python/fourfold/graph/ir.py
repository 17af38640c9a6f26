"""The float graph: named values, nodes in execution order, constants as NumPy arrays.

Operators with their inputs and attributes (``activation`` and ``kind``: ``fourfold.ACTIVATIONS``):

============== ======================================= =========================================
op             inputs                                  attributes and meaning
============== ======================================= =========================================
``linear``     x [rows, K], weight [K, N],             ``activation``, ``alpha``:
               bias [N] or ""                          f(x @ weight + bias)
``activation`` x                                       ``kind``, ``alpha``; softmax and
                                                       log_softmax by row
``affine``     x [rows, K], shift [K], scale [K],      (x - shift) * scale + offset
               offset [K]
``clip``       x                                       ``low``, ``high``
``normalize``  x                                       ``norm`` ("l1", "l2", "max"):
                                                       rows to unit norm
``add``        a, b                                    a + b, same shape
============== ======================================= =========================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

Attribute = int | float | str | tuple[int, ...] | tuple[float, ...]


@dataclass(frozen=True)
class TensorInfo:
    """Name, NumPy dtype name and shape of a graph input; ``None`` is a dimension that may vary."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True)
class Node:
    """One operation: named inputs (values, constants, or "" for an absent one) to named outputs."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class Graph:
    """A model in float32, its nodes in an order in which they can run."""

    inputs: tuple[TensorInfo, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    constants: Mapping[str, np.ndarray]
