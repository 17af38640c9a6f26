"""Older forms of an op, rewritten to its newest: attributes that became inputs, names that changed.

A node's form is that of its op's own version (``OnnxNode.version``), so the table holds, for each
op, the version in which the new form came. Softmax and its kin keep their own rule
(``ops_reduction``): no newest form says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from fourfold.importers.onnx.emitter import Emitter
from fourfold.importers.onnx.node import OnnxNode

Upgrade = Callable[[OnnxNode, Emitter], OnnxNode]


def upgrade(node: OnnxNode, emitter: Emitter) -> OnnxNode:
    """Return a node in the newest form of its op."""
    if node.domain:
        return node
    for until, change in UPGRADES.get(node.op_type, ()):
        if node.version < until:
            node = change(node, emitter)
    return node


def _with_inputs(node: OnnxNode, first: int, *names: str) -> OnnxNode:
    """Return a node with its inputs from ``first`` on replaced."""
    inputs = (*node.inputs[:first], *[""] * (first - len(node.inputs)), *names)
    types = (*node.types[:first], *[None] * (len(inputs) - len(node.types[:first])))
    return replace(node, inputs=inputs, types=types)


def _integers_to_input(attribute: str, index: int) -> Upgrade:
    """Return an upgrade that makes an input of a list of integers."""

    def change(node: OnnxNode, emitter: Emitter) -> OnnxNode:
        if not node.has(attribute):
            return node
        return _with_inputs(node, index, emitter.integers(*node.integers(attribute)))

    return change


def _slice(node: OnnxNode, emitter: Emitter) -> OnnxNode:
    starts = node.integers("starts")
    axes = node.integers("axes", tuple(range(len(starts))))
    parts = (starts, node.integers("ends"), axes)
    return _with_inputs(node, 1, *(emitter.integers(*part) for part in parts))


def _pad(node: OnnxNode, emitter: Emitter) -> OnnxNode:
    value = emitter.constant(node.real("value", 0.0), node.dtype())
    return _with_inputs(node, 1, emitter.integers(*node.integers("pads")), value)


def _clip(node: OnnxNode, emitter: Emitter) -> OnnxNode:
    # The defaults are the largest finite floats: no bound but for infinities.
    bounds = (emitter.constant(node.real(name), node.dtype()) for name in ("min", "max"))
    return _with_inputs(node, 1, *bounds)


def _top_k(node: OnnxNode, emitter: Emitter) -> OnnxNode:
    return _with_inputs(node, 1, emitter.integers(node.integer("k")))


def _upsample_scales(node: OnnxNode, emitter: Emitter) -> OnnxNode:
    return _with_inputs(node, 1, emitter.constant(node.reals("scales"), np.float32))


def _upsample(node: OnnxNode, _emitter: Emitter) -> OnnxNode:
    """Upsample, and Resize before 11: x, scales, and what the newer Resize calls asymmetric."""
    attributes = {
        **node.attributes,
        "coordinate_transformation_mode": "asymmetric",
        "nearest_mode": "floor",
    }
    return replace(_with_inputs(node, 1, "", node.input(1)), attributes=attributes)


def _roi_align(node: OnnxNode, _emitter: Emitter) -> OnnxNode:
    attributes = {**node.attributes, "coordinate_transformation_mode": "output_half_pixel"}
    return replace(node, attributes=attributes)


def _broadcast(node: OnnxNode, emitter: Emitter) -> OnnxNode:
    """Before 7 b starts at a's axis ``axis``: it gets axes of size 1 behind its own."""
    rank, inner = node.rank(0), node.rank(1)
    if not node.has("axis") or rank is None or inner is None:
        return node
    behind = rank - inner - node.integer("axis") % rank
    return _with_axes_behind(node, emitter, inner, behind)


def _channel_slope(node: OnnxNode, emitter: Emitter) -> OnnxNode:
    """Before 7 PRelu's slope is one per channel, which is axis 1."""
    rank, shape = node.rank(0), node.static_shape(1)
    if rank is None or shape is None or len(shape) != 1 or shape == (1,):
        return node
    return _with_axes_behind(node, emitter, 1, rank - 2)


def _with_axes_behind(node: OnnxNode, emitter: Emitter, rank: int, count: int) -> OnnxNode:
    if count <= 0:
        return node
    axes = emitter.integers(*range(rank, rank + count))
    return _with_inputs(node, 1, emitter.emit("unsqueeze", node.input(1), axes))


REDUCE = ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "SumSquare")

UPGRADES: Mapping[str, tuple[tuple[int, Upgrade], ...]] = {
    **{f"Reduce{kind}": ((18, _integers_to_input("axes", 1)),) for kind in REDUCE},
    **dict.fromkeys(("Add", "Sub", "Mul", "Div", "Pow"), ((7, _broadcast),)),
    **dict.fromkeys(("And", "Or", "Xor", "Equal", "Less", "Greater"), ((7, _broadcast),)),
    "PRelu": ((7, _channel_slope),),
    "ReduceSum": ((13, _integers_to_input("axes", 1)),),
    "Squeeze": ((13, _integers_to_input("axes", 1)),),
    "Unsqueeze": ((13, _integers_to_input("axes", 1)),),
    "Split": ((13, _integers_to_input("split", 1)),),
    "Slice": ((10, _slice),),
    "Pad": ((11, _pad),),
    "Clip": ((11, _clip),),
    "TopK": ((10, _top_k),),
    "Upsample": ((9, _upsample_scales), (99, _upsample)),
    "Resize": ((11, _upsample),),
    "RoiAlign": ((16, _roi_align),),
}
