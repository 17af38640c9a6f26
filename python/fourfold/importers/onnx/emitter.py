"""What a translator writes to: the nodes of the graph that take one ONNX node's place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import onnx
from numpy.typing import ArrayLike, DTypeLike

from fourfold import _core
from fourfold.graph.ir import Attribute, Integers, Node
from fourfold.importers.onnx.refusal import UnsupportedNode
from fourfold.importers.onnx.tensors import TensorReader

# "linear" is lowered to one of the engine's linear layers.
GRAPH_OPS = frozenset([*_core.op_names(), "linear"])

# How many inputs an op has of which some may be absent: the engine wants to hear of each.
OPTIONAL_INPUTS: Mapping[str, int] = {
    "conv": 3,
    "conv_integer": 4,
    "conv_transpose": 3,
    "deform_conv": 5,
    "dequantize_linear": 3,
    "gemm": 3,
    "gru": 6,
    "layer_norm": 3,
    "linear": 3,
    "lstm": 8,
    "matmul_integer": 4,
    "max_unpool": 3,
    "non_max_suppression": 5,
    "pad": 4,
    "qlinear_conv": 9,
    "quantize_linear": 3,
    "reduce": 2,
    "resize": 4,
    "rnn": 6,
    "slice": 5,
    "split": 2,
    "squeeze": 2,
    "tensor_scatter": 3,
    "trilu": 2,
}


class Names:
    """Names of values, each given out once."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        # Where to go on counting: a model may give all of its nodes one name.
        self._numbers: dict[str, int] = {}

    def fresh(self, base: str) -> str:
        """Return a name that nobody has: the base itself, or the base and a number."""
        name, number = base, self._numbers.get(base, 1)
        while name in self._taken:
            name, number = f"{base}.{number}", number + 1
        self._taken.add(name)
        self._numbers[base] = number
        return name


@dataclass(frozen=True)
class Store:
    """The constants of the graph that is being built, and the names of its values."""

    names: Names

    read_tensor: TensorReader
    """What makes an array of a TensorProto."""

    constants: dict[str, np.ndarray] = field(default_factory=dict)

    derived: dict[tuple[str, str], str] = field(default_factory=dict)
    """Constants made from others: by the other's name and what was done to it."""

    integers: dict[str, Integers] = field(default_factory=dict)
    """Of constants that the model has in int8."""


class Emitter:
    """The nodes and constants that take one ONNX node's place.

    Parameters
    ----------
    store : Store
        Where constants and names of values come from and go.
    label : str
        The ONNX node's: what the new nodes are named.

    Attributes
    ----------
    nodes : list of Node
        What was emitted so far.
    """

    def __init__(self, store: Store, label: str) -> None:
        self._store = store
        self._label = label
        self.nodes: list[Node] = []

    def emit(self, op: str, /, *inputs: str, **attributes: Attribute) -> str:
        """Add a node with one output, and return its name."""
        return self.emit_all(op, inputs, 1, **attributes)[0]

    def emit_all(
        self, op: str, inputs: Sequence[str], count: int, /, **attributes: Attribute
    ) -> tuple[str, ...]:
        """Add a node with several outputs, and return their names.

        Raises
        ------
        UnsupportedNode
            If the engine has no such op.
        """
        if op not in GRAPH_OPS:
            raise UnsupportedNode(f"the engine has no op {op!r}")
        absent = ("",) * (OPTIONAL_INPUTS.get(op, 0) - len(inputs))
        names = tuple(self._store.names.fresh(f"{self._label}.{op}") for _ in range(count))
        self.nodes.append(Node(op, (*inputs, *absent), names, attributes, self._label))
        return names

    def constant(self, values: ArrayLike, dtype: DTypeLike, part: str = "constant") -> str:
        """Add a constant, and return its name."""
        name = self._store.names.fresh(f"{self._label}.{part}")
        self._store.constants[name] = np.asarray(values, dtype=dtype)
        return name

    def tensor(self, tensor: onnx.TensorProto) -> str:
        """Add a constant that an attribute holds, and return its name."""
        array = self._store.read_tensor(tensor)
        return self.constant(array, array.dtype)

    def integers(self, *values: int) -> str:
        """Add a constant int64 vector, and return its name."""
        return self.constant(values, np.int64)

    def known(self, name: str) -> np.ndarray | None:
        """Return the value of a constant; None for any other, and for an absent one."""
        return self._store.constants.get(name)

    def known_scalar(self, name: str) -> float | None:
        """Return the one number that a constant holds; None for whatever else."""
        array = self.known(name)
        return None if array is None or array.size != 1 else array.reshape(()).item()

    def derived(self, name: str, part: str, make: Callable[[np.ndarray], np.ndarray]) -> str:
        """Add a constant made from another, once for all that ask for the same; return its name.

        So a weight that two nodes share stays shared.
        """
        found = self._store.derived.get((name, part))
        if found is None:
            array = np.asarray(make(self._store.constants[name]), order="C")
            found = self._store.names.fresh(f"{name}.{part}")
            self._store.constants[found] = array
            self._store.derived[name, part] = found
        return found

    def transposed(self, name: str) -> str:
        """Add a constant matrix transposed, and return its name."""
        made = self.derived(name, "transposed", np.transpose)
        integers = self._store.integers.get(name)
        if integers is not None:
            values, axis = np.ascontiguousarray(integers.values.T), 1 - integers.axis
            self._store.integers[made] = replace(integers, values=values, axis=axis)
        return made

    def rename(self, names: dict[str, str]) -> None:
        """Give values of the nodes emitted here other names."""

        def renamed(values: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(names.get(value, value) for value in values)

        self.nodes = [
            replace(node, inputs=renamed(node.inputs), outputs=renamed(node.outputs))
            for node in self.nodes
        ]
