"""What quantization asks about a kind of layer; there is one module for each kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fourfold.graph.ir import Node
from fourfold.graph.passes.check import label
from fourfold.graph.passes.pack import QuantizedWeight


class LayerKind(ABC):
    """Nodes of one op, whose constant weights can be stored and computed with in INT8."""

    op: ClassVar[str]
    """The graph's name of the op."""

    multiplies: ClassVar[bool]
    """Whether each element of the weights takes part in one multiply-add per row."""

    activation_bits: ClassVar[tuple[int, ...]]
    """The widths in which INT8 weights can take what they are multiplied with, cheapest first."""

    bias_input: ClassVar[int | None]
    """Which of the inputs is the bias; None if the op has none."""

    calibrated: ClassVar[bool] = False
    """Whether INT8 needs to know beforehand what range the activations have."""

    packs_floats: ClassVar[bool]
    """Whether what stays in float is packed too, and then takes other bytes than the original."""

    @abstractmethod
    def weights(self, node: Node, constants: Mapping[str, np.ndarray]) -> tuple[str, ...]:
        """Return the names of the weights; none if this node is no such layer."""

    @abstractmethod
    def refusal(self, layer: Layer) -> str:
        """Return why INT8 is impossible or not worth it for such a layer; "" if it is."""

    @abstractmethod
    def quantize(self, weight: np.ndarray) -> QuantizedWeight:
        """Return one of the weights in INT8."""

    @abstractmethod
    def stored_bytes(self, layer: Layer, *, int8: bool) -> int:
        """Return the bytes of the weights as stored, with scales and bias."""


@dataclass(frozen=True)
class Layer:
    """A node that may run in INT8."""

    node: Node
    kind: LayerKind
    weight_names: tuple[str, ...]
    weights: tuple[np.ndarray, ...]
    bias: np.ndarray | None

    @property
    def name(self) -> str:
        """What messages and records call it."""
        return label(self.node)

    @property
    def output(self) -> str:
        """Its first output: what tells it apart within the graph."""
        return self.node.outputs[0]

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds per row."""
        return sum(weight.size for weight in self.weights) if self.kind.multiplies else 0
