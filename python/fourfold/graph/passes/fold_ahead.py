"""Fold: what a layer's input is multiplied with, and what is added to it, into the layer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.fold import MAX_SHIFT
from fourfold.graph.passes.fold_steps import MAX_SCALE
from fourfold.graph.passes.rewriting import Rewriting
from fourfold.graph.passes.scalars import affine_source
from fourfold.graph.passes.weighted import CHANNEL_AXIS, weight_of, with_inputs
from fourfold.graph.shapes import Shape

LAYERS = ("linear", "conv")


def fold_ahead(graph: Graph, shapes: Mapping[str, Shape]) -> Graph:
    """Return the graph without those steps by one number that the layer after them can take over.

    ``layer(scale * x + shift)`` has the weights times scale, and in its bias shift times the sum of
    each output channel's weights. A shift only goes into a convolution without padding, which adds
    its zeros after it, and only a small one: ``fold.MAX_SHIFT`` says why. One factor for each
    channel stays: it would change which weights are large, and INT8 has one scale for them.
    """
    rewriting = Rewriting(graph, shapes)

    def rule(node: Node) -> tuple[Node, ...] | None:
        weight = weight_of(node, rewriting) if node.op in LAYERS else None
        if weight is None or rewriting.reads(node.inputs[1]) != 1:
            return None
        x, scale, shift = affine_source(node.inputs[0], rewriting)
        if x == node.inputs[0] or not 0 < abs(scale) <= MAX_SCALE:
            return None
        if shift and (_is_padded(node) or abs(shift) > MAX_SHIFT):
            return None
        base = node.outputs[0]
        doubles = weight.astype(np.float64)
        taps = (0,) if node.op == "linear" else tuple(range(1, weight.ndim))
        bias = rewriting.constants[node.inputs[2]] if any(node.inputs[2:]) else 0.0
        bias = (bias + shift * doubles.sum(axis=taps)).astype(np.float32)
        weight = (doubles * scale).astype(np.float32)
        places = {"x": x, "weight": rewriting.add_constant(weight, f"{base}.weight")}
        axis = CHANNEL_AXIS[node.op]
        factors = np.full(weight.shape[axis], scale)
        rewriting.scale_integers(node.inputs[1], places["weight"], factors, axis)
        if shift:
            places["bias"] = rewriting.add_constant(bias, f"{base}.bias")
        return (with_inputs(node, **places),)

    return rewriting.apply(rule)


def _is_padded(node: Node) -> bool:
    """Return whether a layer may see zeros beside its input."""
    pads = node.attributes.get("pads", ())
    assert isinstance(pads, tuple)
    automatic = node.attributes.get("auto_pad", "notset") not in ("notset", "valid")
    return any(pads) or automatic
