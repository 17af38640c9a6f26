"""Convolutions, pools and batch normalizations with channels last: what the pass is there for.

All of them give the same bits in either layout but for the mean of an image, which is summed in
another order. Transposed convolutions whose windows lie side by side, and batch normalizations,
become convolutions by one point, which make the same fmas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import numpy as np

from fourfold.graph.ir import Attribute, Node
from fourfold.graph.passes.channels_last_change import Change, Rule, same_node
from fourfold.graph.passes.channels_last_facts import Facts
from fourfold.graph.shapes.state import integer, integers

LAYOUT: Mapping[str, Attribute] = {"layout": "nhwc"}

# Of what a convolution takes: three spatial axes.
MOST_AXES = 5

# Where a convolution has a residual.
RESIDUAL = 3

# What a transposed convolution may have, and become a plain one.
FUSED = frozenset({"activation", "alpha"})
PLACED = frozenset({"kernel_shape", "strides", "pads", "dilations", "auto_pad", "output_padding"})


def conv(node: Node, facts: Facts) -> Change | None:
    """Change a convolution in float32 with a constant weight, which keeps ONNX's order."""
    weight = facts.constants.get(node.inputs[1])
    if weight is None or weight.dtype != np.float32 or not _is_first(node):
        return None
    if facts.ranks.get(node.inputs[0]) != weight.ndim or not facts.has_layouts(node.inputs[0]):
        return None
    reads = {0}
    if any(node.inputs[RESIDUAL : RESIDUAL + 1]):
        if not facts.has_layouts(node.inputs[RESIDUAL]):
            return None
        reads.add(RESIDUAL)
    channels = weight.shape[1] * integer(node, "group", 1)
    saves = weight.size // max(1, len(weight), channels)
    return replace(same_node(node, frozenset(reads), LAYOUT), saves=saves)


def conv_transpose(node: Node, facts: Facts) -> Change | None:
    """Change a transposed convolution whose windows lie side by side, one for each pixel of x.

    With w [C, F, window...] it is a convolution by one point with [points * F, C, 1...], an output
    channel being (point, f), whose pixels [points * F] are then windows [window..., F].
    """
    weight = facts.constants.get(node.inputs[1])
    bias = facts.constants.get(node.inputs[2]) if any(node.inputs[2:]) else None
    if weight is None or weight.dtype != np.float32 or not facts.has_layouts(node.inputs[0]):
        return None
    window = weight.shape[2:]
    if (
        (any(node.inputs[2:]) and bias is None)
        or any(node.inputs[3:])
        or not _is_side_by_side(node, window)
    ):
        return None
    rank, (channels, filters) = weight.ndim, weight.shape[:2]
    if rank > MOST_AXES or facts.ranks[node.inputs[0]] != rank:
        return None
    points = int(np.prod(window))
    by_point = weight.transpose(*range(2, rank), 1, 0).reshape(points * filters, channels)
    constants = {1: by_point.reshape(points * filters, channels, *(1,) * len(window))}
    if bias is not None:
        constants[2] = np.tile(bias, points)
    attributes = {name: value for name, value in node.attributes.items() if name in FUSED}
    return Change(
        reads=frozenset({0}),
        op="conv",
        attributes={**attributes, "kernel_shape": (1,) * len(window), "group": 1, **LAYOUT},
        constants=constants,
        saves=weight.size // max(1, channels, points * filters),
        window=window,
    )


def _is_side_by_side(node: Node, window: tuple[int, ...]) -> bool:
    """Return whether the windows of a transposed convolution neither overlap nor leave gaps."""
    ones = (1,) * len(window)
    return (
        (PLACED | FUSED | {"group"}).issuperset(node.attributes)
        and integer(node, "group", 1) == 1
        and integers(node, "strides", ones) == window
        and integers(node, "dilations", ones) == ones
        and not any(integers(node, "pads", ()))
        and not any(integers(node, "output_padding", ()))
        and node.attributes.get("auto_pad", "notset") in ("notset", "valid")
    )


def pool(node: Node, facts: Facts) -> Change | None:
    """Change a pool, of a window or of an image, that gives the largest value or the mean."""
    name = node.inputs[0]
    fits = _is_first(node) and node.attributes.get("kind") in ("max", "average")
    if not fits or not facts.has_layouts(name) or name not in facts.float32:
        return None
    return same_node(node, frozenset({0}), LAYOUT)


def batch_norm(node: Node, facts: Facts) -> Change | None:
    """Change a batch normalization to a convolution by one point, channel by channel.

    Both constants are made in float32, in the order of the engine's own op.
    """
    arrays = [facts.constants.get(name) for name in node.inputs[1:]]
    found = [array for array in arrays if array is not None and array.dtype == np.float32]
    if len(found) < 4 or not facts.has_layouts(node.inputs[0]):
        return None
    rank = facts.ranks[node.inputs[0]]
    if rank > MOST_AXES:
        return None
    scale, shift, mean, variance = found
    epsilon = np.float32(cast(float, node.attributes.get("epsilon", 1e-5)))
    factor = scale / np.sqrt(variance + epsilon)
    ones = (1,) * (rank - 2)
    return Change(
        reads=frozenset({0}),
        op="conv",
        attributes={"kernel_shape": ones, "group": len(factor), **LAYOUT},
        constants={1: factor.reshape(-1, 1, *ones), 2: shift - mean * factor},
        dropped=frozenset({3, 4}),
        saves=1,
    )


def _is_first(node: Node) -> bool:
    return node.attributes.get("layout", "nchw") == "nchw"


RULES: Mapping[str, Rule] = {
    "batch_norm": batch_norm,
    "conv": conv,
    "conv_transpose": conv_transpose,
    "global_pool": pool,
    "pool": pool,
}
