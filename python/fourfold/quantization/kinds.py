"""What quantization asks about a kind of layer; there is one module for each kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from fourfold.graph.ir import Node
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

    packs_floats: ClassVar[bool]
    """Whether what stays in float is packed too, and then takes other bytes than the original."""

    @abstractmethod
    def weights(self, node: Node, constants: Mapping[str, np.ndarray]) -> tuple[str, ...]:
        """Return the names of the weights; none if this node is no such layer."""

    @abstractmethod
    def refusal(self, weights: Sequence[np.ndarray]) -> str:
        """Return why INT8 is impossible or not worth it with such weights; "" if it is."""

    @abstractmethod
    def quantize(self, weight: np.ndarray) -> QuantizedWeight:
        """Return one of the weights in INT8."""

    @abstractmethod
    def stored_bytes(self, weights: Sequence[np.ndarray], *, int8: bool) -> int:
        """Return the bytes of such weights as stored, with scales and bias."""
