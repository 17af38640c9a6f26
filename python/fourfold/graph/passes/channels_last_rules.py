"""Ops that work on values whose channels are last: each element for itself, or along given axes.

All of them give the same bits either way, but for sums: ``reduce`` adds in another order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from fourfold.graph.ir import Node
from fourfold.graph.passes.channels_last_axes import (
    LEAST_RANK,
    moved_axes,
    normal_axes,
    transpose_constant,
)
from fourfold.graph.passes.channels_last_change import Change, Rule, same_node
from fourfold.graph.passes.channels_last_facts import Facts
from fourfold.graph.shapes.state import integer, integers

BY_ROW = frozenset({"softmax", "log_softmax"})


def elementwise(node: Node, facts: Facts) -> Change | None:
    """Change an op on each element by itself, under NumPy broadcasting.

    A constant is transposed, and loses its leading axes of size 1: [1, C, 1, 1] becomes [C]. Other
    inputs have the result's rank, or none at all.
    """
    rank = facts.ranks.get(node.outputs[0], 0)
    if rank < LEAST_RANK or node.attributes.get("kind") in BY_ROW:
        return None
    reads, constants = set(), {}
    for place, name in enumerate(node.inputs):
        array = facts.constants.get(name)
        if not name:
            continue
        if array is not None:
            if array.size != 1:
                constants[place] = _without_leading_ones(transpose_constant(array, rank))
        elif facts.ranks.get(name) == rank:
            reads.add(place)
        elif facts.ranks.get(name) != 0:
            return None
    return replace(same_node(node, frozenset(reads)), constants=constants) if reads else None


def quantization(node: Node, facts: Facts) -> Change | None:
    """Change a step between float32 and bytes that has one scale for all."""
    scale = facts.constants.get(node.inputs[1])
    return elementwise(node, facts) if scale is not None and scale.size == 1 else None


def _without_leading_ones(array: np.ndarray) -> np.ndarray:
    while array.ndim and array.shape[0] == 1:
        array = array[0]
    return array


def along_axis(node: Node, facts: Facts) -> Change | None:
    """Change an op along one axis, which stays: softmax, split, gather."""
    rank, axis = _rank_and_axis(node, facts)
    moved = moved_axes((axis,), rank) if rank >= LEAST_RANK else None
    stays = all(facts.ranks.get(name) == rank for name in node.outputs)
    if moved is None or not stays or not facts.has_layouts(node.inputs[0]):
        return None
    return same_node(node, frozenset({0}), {"axis": moved[0]})


def concat(node: Node, facts: Facts) -> Change | None:
    """Change a concatenation; constants in it are transposed."""
    rank, axis = _rank_and_axis(node, facts)
    moved = moved_axes((axis,), rank) if rank >= LEAST_RANK else None
    if moved is None or any(facts.ranks.get(name) != rank for name in node.inputs):
        return None
    known = {place: facts.constants.get(name) for place, name in enumerate(node.inputs)}
    constants = {
        place: transpose_constant(array, rank)
        for place, array in known.items()
        if array is not None
    }
    reads = frozenset(known) - frozenset(constants)
    change = replace(same_node(node, reads, {"axis": moved[0]}), constants=constants)
    return change if reads else None


def along_listed_axes(node: Node, facts: Facts) -> Change | None:
    """Change a slice or pad, whose axes are input 3, or else the first ones, as many as needed."""
    rank = facts.ranks.get(node.inputs[0], 0)
    if rank < LEAST_RANK or not facts.has_layouts(node.inputs[0]):
        return None
    axes: Sequence[int] | None = range(rank)
    if any(node.inputs[3:4]):
        axes = _constant_axes(node.inputs[3], facts)
    elif node.op == "slice":
        starts = facts.constants.get(node.inputs[1])
        axes = None if starts is None else range(starts.size)
    moved = None if axes is None else moved_axes(axes, rank)
    if moved is None:
        return None
    change = same_node(node, frozenset({0}))
    return replace(change, constants={3: np.array(moved, np.int64)})


def resize(node: Node, facts: Facts) -> Change | None:
    """Change a resize: its scales, sizes and roi follow the order of the attribute ``axes``."""
    rank = facts.ranks.get(node.inputs[0], 0)
    if rank < LEAST_RANK or not facts.has_layouts(node.inputs[0]):
        return None
    moved = moved_axes(integers(node, "axes", tuple(range(rank))), rank)
    return None if moved is None else same_node(node, frozenset({0}), {"axes": moved})


def reduce(node: Node, facts: Facts) -> Change | None:
    """Change a reduction along axes that are an input, or along all of them."""
    rank = facts.ranks.get(node.inputs[0], 0)
    listed: Sequence[int] | None = ()
    if any(node.inputs[1:2]):
        listed = _constant_axes(node.inputs[1], facts)
    if listed is None or rank < LEAST_RANK or not facts.has_layouts(node.inputs[0]):
        return None
    if not listed and node.attributes.get("noop_with_empty_axes"):
        return elementwise(node, facts)
    change = _over_axes(node, listed or range(rank), rank, facts)
    return None if change is None else replace(change, attributes=node.attributes)


def arg_reduce(node: Node, facts: Facts) -> Change | None:
    """Change the search along an axis that is an attribute."""
    rank, axis = _rank_and_axis(node, facts)
    if rank < LEAST_RANK or not facts.has_layouts(node.inputs[0]):
        return None
    change = _over_axes(node, (axis,), rank, facts)
    if change is None:
        return None
    attributes = {**node.attributes, "axis": int(change.constants[1][0])}
    return replace(change, attributes=attributes, constants={})


def squeeze(node: Node, facts: Facts) -> Change | None:
    """Change a squeeze of given axes."""
    rank = facts.ranks.get(node.inputs[0], 0)
    axes = _constant_axes(node.inputs[1], facts) if any(node.inputs[1:2]) else None
    if axes is None or rank < LEAST_RANK or not facts.has_layouts(node.inputs[0]):
        return None
    return _over_axes(node, axes, rank, facts)


def unsqueeze(node: Node, facts: Facts) -> Change | None:
    """Change an unsqueeze that adds spatial axes."""
    rank = facts.ranks.get(node.outputs[0], 0)
    axes = _constant_axes(node.inputs[1], facts)
    listed = None if axes is None else normal_axes(axes, rank)
    if listed is None or not facts.has_layouts(node.inputs[0]) or min(listed, default=0) < 2:
        return None
    moved = np.array([axis - 1 for axis in listed], np.int64)
    return replace(same_node(node, frozenset({0})), constants={1: moved})


def _over_axes(node: Node, axes: Sequence[int], rank: int, facts: Facts) -> Change | None:
    """Return the change of what makes axes vanish, or shrink to size 1; they are input 1.

    Without the channels, the images and the spatial axes are in the same order as ever; without
    all spatial axes, so is the rest; without the images, there is no layout that fits.
    """
    listed, moved = normal_axes(axes, rank), moved_axes(axes, rank)
    kept = bool(node.attributes.get("keepdims", 1)) and node.op != "squeeze"
    if listed is None or moved is None or (0 in listed and not kept and len(listed) < rank):
        return None
    left = facts.ranks.get(node.outputs[0], 0)
    writes = kept or (1 not in listed and left >= LEAST_RANK)
    change = same_node(node, frozenset({0}))
    return replace(change, constants={1: np.array(moved, np.int64)}, writes=writes)


def _rank_and_axis(node: Node, facts: Facts) -> tuple[int, int]:
    default = {"softmax": -1}.get(node.op, 0)
    rank = facts.ranks.get(node.outputs[0] if node.op == "concat" else node.inputs[0], 0)
    return rank, integer(node, "axis", default)


def _constant_axes(name: str, facts: Facts) -> Sequence[int] | None:
    array = facts.constants.get(name)
    return None if array is None else array.reshape(-1).tolist()


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("activation", "add", "binary", "cast", "clip", "identity"), elementwise),
    **dict.fromkeys(("unary", "where"), elementwise),
    **dict.fromkeys(("quantize_linear", "dequantize_linear"), quantization),
    **dict.fromkeys(("gather", "softmax", "split"), along_axis),
    **dict.fromkeys(("pad", "slice"), along_listed_axes),
    "arg_reduce": arg_reduce,
    "concat": concat,
    "reduce": reduce,
    "resize": resize,
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
}
