"""Pack: the layers with weights as the engine runs them, and their constants as it stores them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from fourfold import _core
from fourfold.graph.compiled import aligned
from fourfold.graph.ir import Attribute, Graph, Node
from fourfold.graph.narrow import narrow_floats, narrow_integers
from fourfold.graph.passes.stored import (
    filled,
    is_shallow,
    padded_columns,
    store_s8,
    stored_columns,
)

# A value of the graph by its name; a constant by what it was made into, and from which.
Key = str | tuple[str, ...]


@dataclass(frozen=True)
class QuantizedWeight:
    """A weight as int8 with a scale per output channel or row: ``weight ~ values * scales``."""

    values: np.ndarray
    """int8, in [-127, 127], in the weight's shape."""

    scales: np.ndarray
    """float32, above 0, in a shape that broadcasts: [N] for the columns, [rows, 1] for the rows."""


# The weights of layers in INT8, by their first outputs.
Quantized = Mapping[str, tuple[QuantizedWeight, ...]]


@dataclass(frozen=True)
class Draft:
    """A step whose values have no numbers yet; None is an absent input."""

    node: Node
    op: str
    inputs: tuple[Key | None, ...]
    attributes: Mapping[str, Attribute]


class Constant(NamedTuple):
    """An array as it is stored, and the type that the engine reads it in."""

    stored: np.ndarray
    dtype: str


@dataclass(frozen=True)
class Packing:
    """The constants of a program that is being made from a graph: each stored once."""

    graph: Graph
    ties: Mapping[str, str] = field(default_factory=dict)
    """Tables that are, transposed, the weight of a linear layer in INT8 (`ties`)."""

    made: dict[Key, Constant] = field(default_factory=dict)
    """Constants of other programs of the same graph, and of this one: each is made once."""

    constants: dict[Key, Constant] = field(default_factory=dict)

    def constant(
        self,
        key: Key,
        make: Callable[[], np.ndarray],
        narrow: Callable[[np.ndarray], np.ndarray] = narrow_integers,
    ) -> Key:
        """Add a constant, unless it is there already, in its narrow form."""
        if key not in self.constants:
            if key not in self.made:
                array = make()
                self.made[key] = Constant(aligned(narrow(array)), array.dtype.name)
            self.constants[key] = self.made[key]
        return key

    def by_column(self, key: Key, depth: int, make: Callable[[], np.ndarray]) -> Key:
        """Add float32 values that go with int8 columns of a depth, or with rows of a table."""
        return self.constant(key, make, narrow_floats if is_shallow(depth) else narrow_integers)

    def value(self, name: str) -> Key | None:
        """Return a node's input, added if it is a constant; None for an absent one."""
        array = self.graph.constants.get(name)
        if array is None:
            return name or None
        return self.constant(("plain", name), lambda: np.asarray(array, order="C"))


def plain(node: Node, packing: Packing) -> Draft:
    """Return a step that is its node, as it stands."""
    inputs = tuple(packing.value(name) for name in node.inputs)
    return Draft(node, node.op, inputs, node.attributes)


def linear(node: Node, quantized: tuple[QuantizedWeight, ...] | None, packing: Packing) -> Draft:
    """Return a product with a constant matrix, in float32 or INT8, and what is added to that."""
    x, weight, bias, *residual = node.inputs
    floats = packing.graph.constants[weight]
    depth, columns = floats.shape
    wide = padded_columns(columns) if quantized is None else stored_columns(depth, columns)

    def bias_values() -> np.ndarray:
        values = packing.graph.constants[bias] if bias else np.zeros(columns, np.float32)
        return filled(values, wide, 0)

    keys = [packing.value(x)]
    if quantized is None:
        single = np.ascontiguousarray(floats, np.float32)
        keys += [packing.constant(("f32", weight), lambda: _core.pack_f32(single))]
    else:
        keys += _packed_s8(weight, quantized[0].values, quantized[0].scales, packing)
    bias_key = ("bias", bias, str(columns), str(wide))
    if quantized is None:
        keys.append(packing.constant(bias_key, bias_values))
    else:
        keys.append(packing.by_column(bias_key, depth, bias_values))
    keys += residual
    in_int8 = "linear_add_s8" if residual else "linear_s8"
    op = "linear_f32" if quantized is None else in_int8
    shape = {"depth": depth, "columns": columns}  # which padding hides
    return Draft(node, op, tuple(keys), {**shape, **node.attributes})


def embedding(node: Node, quantized: tuple[QuantizedWeight, ...], packing: Packing) -> Draft:
    """Return a gathering of rows of an INT8 table, or of columns of the weight it is tied to."""
    table, indices = node.inputs
    (found,) = quantized
    scales = found.scales.reshape(-1)
    tied = packing.ties.get(table)
    if tied is not None:
        values, packed_scales = _packed_s8(tied, found.values.T, scales, packing)
        rows, columns = found.values.shape
        keys = (values, packing.value(indices), packed_scales)
        return Draft(node, "gather_s8", keys, {"rows": rows, "columns": columns})
    keys = (
        packing.constant(("rows_s8", table), lambda: np.ascontiguousarray(found.values)),
        packing.value(indices),
        packing.by_column(("row_scales", table), found.values.shape[1], lambda: scales),
    )
    return Draft(node, "gather_s8", keys, {})


def _packed_s8(
    weight: str, values: np.ndarray, scales: np.ndarray, packing: Packing
) -> tuple[Key, Key]:
    """Return the weight [K, N] of a linear layer as it is stored, and its scales."""
    depth, columns = values.shape
    wide = stored_columns(depth, columns)
    return (
        packing.constant(("s8", weight), lambda: store_s8(values)),
        packing.by_column(("scales", weight), depth, lambda: filled(scales, wide, 1)),
    )
