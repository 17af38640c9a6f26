"""Building a float graph node by node, along one chain of values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from fourfold.graph.ir import Attribute, Graph, Node, TensorInfo


class GraphBuilder:
    """A chain of nodes over float32 rows, and the bytes of the parameters that went into it.

    Every method that adds a node returns the name of its result, and the next node takes that as
    its input unless it is told another one.

    Parameters
    ----------
    columns : int
        Columns of the one input, which is named "X".

    Attributes
    ----------
    prefix : str
        What the names of new nodes start with.
    value : str
        The result of the last node.
    columns : int
        Columns of that result.
    parameter_bytes : int
        Bytes of all arrays handed to ``count``.
    """

    def __init__(self, columns: int) -> None:
        self._input = TensorInfo("X", "float32", (None, columns))
        self._nodes: list[Node] = []
        self._constants: dict[str, np.ndarray] = {}
        self.prefix = ""
        self.value = self._input.name
        self.columns = columns
        self.parameter_bytes = 0

    @property
    def is_empty(self) -> bool:
        """Whether no node was added yet."""
        return not self._nodes

    def count(self, *arrays: ArrayLike) -> None:
        """Count arrays of the original, as it stores them, among its parameters."""
        self.parameter_bytes += sum(np.asarray(array).nbytes for array in arrays)

    def linear(
        self,
        name: str,
        weight: np.ndarray,
        bias: np.ndarray,
        activation: str = "identity",
    ) -> str:
        """Add ``activation(value @ weight + bias)``; weight [K, N], bias [N]."""
        self.columns = weight.shape[1]
        constants = {"weight": weight, "bias": bias}
        attributes: dict[str, Attribute] = {"activation": activation, "alpha": 0.0}
        return self._append("linear", name, constants, attributes)

    def affine(self, name: str, shift: ArrayLike, scale: ArrayLike, offset: ArrayLike) -> str:
        """Add ``(value - shift) * scale + offset``, one number each per column."""
        constants = {"shift": shift, "scale": scale, "offset": offset}
        return self._append("affine", name, constants, {})

    def clip(self, name: str, low: float, high: float) -> str:
        """Add a clamp of every value to [low, high]."""
        return self._append("clip", name, {}, {"low": float(low), "high": float(high)})

    def normalize(self, name: str, norm: str) -> str:
        """Add a division of every row by its norm: "l1", "l2" or "max"."""
        return self._append("normalize", name, {}, {"norm": norm})

    def activation(self, name: str, kind: str) -> str:
        """Add an activation of its own: one that is not fused into a linear node."""
        return self._append("activation", name, {}, {"kind": kind, "alpha": 0.0})

    def graph(self, *outputs: str) -> Graph:
        """Return what was built."""
        return Graph((self._input,), tuple(self._nodes), outputs, self._constants)

    def _append(
        self,
        op: str,
        name: str,
        constants: Mapping[str, ArrayLike],
        attributes: Mapping[str, Attribute],
    ) -> str:
        name = self.prefix + name
        inputs = [self.value]
        for part, array in constants.items():
            inputs.append(f"{name}.{part}")
            # A copy: the graph must not change when the estimator does. A float64 parameter beyond
            # float32 becomes Inf, which quantization refuses by name.
            with np.errstate(over="ignore"):
                self._constants[inputs[-1]] = np.array(array, dtype=np.float32, order="C")
        self._nodes.append(Node(op, tuple(inputs), (name,), attributes, name))
        self.value = name
        return name
