"""What is known of a graph's values before any runs: ranks, axes of size 1, which are float32."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.channels_last_axes import LEAST_RANK, normal_axes

# Their result has the first input's type; that of `where` the second's.
ARITHMETIC = frozenset({"activation", "add", "batch_norm", "clip", "identity", "softmax", "where"})
WINDOWS = frozenset({"conv", "conv_transpose", "global_pool", "lrn", "pool", "resize"})
PRODUCTS = frozenset({"gemm", "linear", "matmul", "reduce"})
COPIES = frozenset({"concat", "expand", "gather", "pad", "slice", "split", "tile", "transpose"})
VIEWS = frozenset({"flatten", "reshape", "squeeze", "unsqueeze"})
SAME_TYPE = ARITHMETIC | WINDOWS | PRODUCTS | COPIES | VIEWS

# Kinds of `binary` and `unary` that give bool.
LOGIC = frozenset({"and", "or", "xor", "not", "is_nan", "is_inf"})
COMPARISONS = frozenset({"equal", "less", "less_equal", "greater", "greater_equal"})

# Of one input, and of the input's shape.
UNARY = frozenset({"activation", "batch_norm", "cast", "clip", "identity", "softmax", "unary"})
BROADCASTING = frozenset({"add", "binary", "where"})


@dataclass(frozen=True)
class Facts:
    """What rules ask about the values of a graph, by name."""

    constants: Mapping[str, np.ndarray]

    ranks: Mapping[str, int]

    single: Mapping[str, frozenset[int]]
    """Axes that are of size 1 in every run; values without any may be missing."""

    float32: frozenset[str]
    """Values, constants included, that are float32 for certain."""

    def has_layouts(self, name: str) -> bool:
        """Return whether a value may be read in either layout."""
        return name not in self.constants and self.ranks.get(name, 0) >= LEAST_RANK

    def moves_by_view(self, name: str) -> bool:
        """Return whether the layouts of a value are the same memory, read as other shapes."""
        axes = self.single.get(name, frozenset())
        return 1 in axes or axes.issuperset(range(2, self.ranks[name]))


def integer(node: Node, name: str, default: int) -> int:
    """Return an attribute that is an integer."""
    return int(cast(int, node.attributes.get(name, default)))


def integers(node: Node, name: str, default: Iterable[int]) -> tuple[int, ...]:
    """Return an attribute that is several integers."""
    return tuple(cast(tuple[int, ...], node.attributes.get(name, default)))


def gather_facts(graph: Graph, ranks: Mapping[str, int]) -> Facts:
    """Return what is known of a graph's values."""
    known = {name: array.ndim for name, array in graph.constants.items()}
    all_ranks = {**ranks, **known}
    float32 = _float32(graph)
    return Facts(graph.constants, all_ranks, _single_axes(graph, all_ranks), float32)


def _float32(graph: Graph) -> frozenset[str]:
    found = {info.name for info in graph.inputs if info.dtype == "float32"}
    found |= {name for name, array in graph.constants.items() if array.dtype == np.float32}
    for node in graph.nodes:
        source = node.inputs[1 if node.op == "where" else 0] if node.inputs else ""
        numbers = node.attributes.get("kind") not in LOGIC | COMPARISONS
        same = node.op in SAME_TYPE or (node.op in ("binary", "unary") and numbers)
        if (same and source in found) or node.attributes.get("to") == "float32":
            found.update(node.outputs)
    return frozenset(found)


def _single_axes(graph: Graph, ranks: Mapping[str, int]) -> dict[str, frozenset[int]]:
    found = {
        info.name: frozenset(axis for axis, size in enumerate(info.shape) if size == 1)
        for info in graph.inputs
    }
    for name, array in graph.constants.items():
        found[name] = frozenset(axis for axis, size in enumerate(array.shape) if size == 1)
    for node in graph.nodes:
        rank = ranks.get(node.outputs[0])
        axes = None if rank is None else _single_of(node, rank, found, ranks, graph.constants)
        if axes:
            found[node.outputs[0]] = frozenset(axes)
    return found


def _single_of(
    node: Node,
    rank: int,
    found: Mapping[str, frozenset[int]],
    ranks: Mapping[str, int],
    constants: Mapping[str, np.ndarray],
) -> set[int]:
    """Return the axes of a node's first output that are of size 1 for certain."""
    x = set(found.get(node.inputs[0], ())) if node.inputs else set()
    if node.op in UNARY:
        return x
    if node.op in BROADCASTING:
        return {
            axis
            for axis in range(rank)
            if all(_is_single(name, axis - rank, found, ranks) for name in node.inputs)
        }
    if node.op == "global_pool":
        return (x & {0, 1}) | set(range(2, rank))
    if node.op == "reduce" and len(node.inputs) > 1 and integer(node, "keepdims", 1):
        axes = constants.get(node.inputs[1])
        return x if axes is None else x | set(normal_axes(axes.reshape(-1).tolist(), rank) or ())
    if node.op == "pool":
        return x & {0, 1}
    if node.op in ("conv", "conv_transpose"):
        return _single_of_convolution(node, x, constants)
    if node.op == "concat":
        (axis,) = normal_axes((integer(node, "axis", 0),), rank) or (0,)
        return x - {axis}
    if node.op == "reshape" and node.inputs[1] in constants:
        return {axis for axis, size in enumerate(constants[node.inputs[1]]) if size == 1}
    if node.op == "unsqueeze" and node.inputs[1] in constants:
        return set(normal_axes(constants[node.inputs[1]].tolist(), rank) or ())
    return set()


def _is_single(
    name: str, axis: int, found: Mapping[str, frozenset[int]], ranks: Mapping[str, int]
) -> bool:
    """Return whether a value has size 1 along an axis, counted from the end, or lacks the axis."""
    rank = ranks.get(name)
    return rank is not None and (-axis > rank or axis + rank in found.get(name, ()))


def _single_of_convolution(
    node: Node, x: set[int], constants: Mapping[str, np.ndarray]
) -> set[int]:
    weight = constants.get(node.inputs[1])
    if weight is None:
        return x & {0}
    plain = node.op == "conv"
    filters = len(weight) if plain else weight.shape[1] * integer(node, "group", 1)
    axes = x & {0}
    if filters == 1:
        axes |= {1}
    if plain and set(weight.shape[2:]) == {1} and not any(integers(node, "pads", ())):
        axes |= x - {0, 1}
    return axes
