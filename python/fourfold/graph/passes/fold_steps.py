"""Fold: what a layer's output is multiplied with, and what is added, into its weights and bias."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.rewriting import Rewriting
from fourfold.graph.passes.scalars import (
    ConstantStep,
    along_axis,
    constant_step,
    scalar_step,
)
from fourfold.graph.passes.weighted import (
    CHANNEL_AXIS,
    WEIGHTED,
    is_linear,
    output_axis,
    output_rank,
    scaled,
    weight_of,
    with_inputs,
)
from fourfold.graph.shapes import Shape

# Weights times more might leave float32's range, which the sums themselves need not.
MAX_SCALE = 2.0**40

# What a factor moves through on its way to the weights, and how far.
VIEWS = ("reshape", "transpose", "squeeze", "unsqueeze", "flatten", "identity")
MAX_PATH = 6


@dataclass(frozen=True)
class Affine:
    """What becomes of a layer's output: ``scale * y + shift`` by channel, in float64."""

    scale: np.ndarray
    shift: np.ndarray

    def then(self, scale: np.ndarray, shift: np.ndarray) -> Affine:
        """Return both, one after the other."""
        return Affine(self.scale * scale, self.shift * scale + shift)


def fold_steps(graph: Graph, shapes: Mapping[str, Shape]) -> Graph:
    """Return the graph without those steps by constants that the layer before them can take over.

    Sums, differences, products and quotients with one number or one for each output channel, and
    batch normalizations: all that follow a layer are put together in float64, and its weights and
    bias rounded once. Only where these are float32 constants, the layer has no activation yet,
    nothing else reads its output, and, for a factor, nothing else its weight: two of them would be
    stored. One factor for all also moves up to a linear layer through views and products of
    matrices: the scale of an attention's scores.
    """
    rewriting = Rewriting(graph, shapes)
    pending: dict[str, Affine] = {}

    def rule(node: Node) -> tuple[Node, ...] | None:
        found = _into_layer(node, pending, rewriting) or _through_views(node, pending, rewriting)
        return None if found is None else (found,)

    graph = rewriting.apply(rule)
    nodes = [
        _folded(node, pending[node.outputs[0]], rewriting) if node.outputs[0] in pending else node
        for node in graph.nodes
    ]
    return rewriting.written(nodes)


def _into_layer(node: Node, pending: dict[str, Affine], rewriting: Rewriting) -> Node | None:
    """Return the layer that also does what a node does, and note what that is."""
    step = _batch_norm(node, rewriting) or constant_step(node, rewriting)
    layer = rewriting.inner(step.value, *WEIGHTED) if step is not None else None
    weight = weight_of(layer, rewriting) if layer is not None else None
    if step is None or layer is None or weight is None:
        return None
    axis, channels = output_axis(layer, weight)
    rank = output_rank(layer, weight, rewriting)
    if node.op == "batch_norm":
        if axis != 1 and rank != 2:
            return None
        axis, rank = 0, 1  # its vectors are [C], whatever follows in x
    scale = along_axis(step.scale, rank, axis, channels)
    shift = along_axis(step.shift, rank, axis, channels)
    if scale is None or shift is None:
        return None
    before = pending.get(step.value, Affine(np.ones(channels), np.zeros(channels)))
    after = before.then(scale, shift)
    if not _can_take(layer, after, rewriting):
        return None
    pending.pop(step.value, None)
    pending[node.outputs[0]] = after
    return replace(layer, outputs=node.outputs)


def _batch_norm(node: Node, rewriting: Rewriting) -> ConstantStep | None:
    """Return a batch normalization as the step that it is, by channel."""
    parts = [rewriting.constant(name) for name in node.inputs[1:]]
    if node.op != "batch_norm" or any(part is None for part in parts):
        return None
    scale, shift, mean, variance = (part.astype(np.float64) for part in parts if part is not None)
    epsilon = node.attributes.get("epsilon", 1e-5)
    assert isinstance(epsilon, float)
    if not np.all(variance + epsilon > 0):
        return None
    factor = scale / np.sqrt(variance + epsilon)
    return ConstantStep(node.inputs[0], factor, shift - mean * factor)


def _through_views(node: Node, pending: dict[str, Affine], rewriting: Rewriting) -> Node | None:
    """Return the view or product whose factor a linear layer above takes, and note the factor."""
    step = scalar_step(node, rewriting)
    found = step[0] if step is not None else ""
    last = rewriting.inner(found, "matmul", *VIEWS, shape_aside=True)
    if step is None or last is None or step[2] != 0:
        return None
    layer = _source(last, rewriting, MAX_PATH)
    weight = weight_of(layer, rewriting) if layer is not None else None
    if layer is None or weight is None:
        return None
    channels = weight.shape[1]
    before = pending.get(layer.outputs[0], Affine(np.ones(channels), np.zeros(channels)))
    after = before.then(np.full(channels, step[1]), np.zeros(channels))
    if not _can_take(layer, after, rewriting):
        return None
    pending[layer.outputs[0]] = after
    return replace(last, outputs=node.outputs)


def _source(node: Node, rewriting: Rewriting, path: int) -> Node | None:
    """Return the linear layer that alone feeds a chain of views, or either side of a product."""
    if node.op == "linear":
        return node if is_linear(node) else None
    for value in node.inputs[: 2 if node.op == "matmul" else 1] if path else ():
        inner = rewriting.inner(value, "linear", "matmul", *VIEWS, shape_aside=True)
        source = _source(inner, rewriting, path - 1) if inner is not None else None
        if source is not None:
            return source
    return None


def _can_take(layer: Node, affine: Affine, rewriting: Rewriting) -> bool:
    moderate = np.abs(affine.scale).max(initial=0) <= MAX_SCALE
    unshared = rewriting.reads(layer.inputs[1]) == 1 or bool(np.all(affine.scale == 1))
    return is_linear(layer) and bool(moderate) and unshared


def _folded(layer: Node, affine: Affine, rewriting: Rewriting) -> Node:
    """Return a layer with its new weight and bias."""
    base = layer.outputs[0]
    bias = rewriting.constants[layer.inputs[2]] if any(layer.inputs[2:]) else np.float64(0)
    shift = (bias * affine.scale + affine.shift).astype(np.float32)
    places = {"bias": rewriting.add_constant(shift, f"{base}.bias")}
    if not np.all(affine.scale == 1):
        weight = scaled(layer, rewriting.constants[layer.inputs[1]], affine.scale)
        places["weight"] = rewriting.add_constant(weight, f"{base}.weight")
        if layer.op in CHANNEL_AXIS:
            axis = CHANNEL_AXIS[layer.op]
            rewriting.scale_integers(layer.inputs[1], places["weight"], affine.scale, axis)
    return with_inputs(layer, **places)
