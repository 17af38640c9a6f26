"""What fusions ask of the layers with constant float32 weights: linear, conv, conv_transpose.

Their inputs are x, weight, bias, and of a conv perhaps residual, post_scale and post_shift.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fourfold.graph.ir import Node
from fourfold.graph.passes.rewriting import Rewriting

WEIGHTED = ("linear", "conv", "conv_transpose")

# Along which axis of a weight the output channels alone are.
CHANNEL_AXIS = {"linear": 1, "conv": 0}

# Inputs of a conv.
RESIDUAL, POST_SCALE, POST_SHIFT = 3, 4, 5


def weight_of(node: Node, rewriting: Rewriting) -> np.ndarray | None:
    """Return a layer's weight, if it and the bias are float32 constants; None if not."""
    weight, *bias = (rewriting.constants.get(name) for name in node.inputs[1:3] if name)
    fits = all(array is not None and array.dtype == np.float32 for array in (weight, *bias))
    return weight if fits else None


def is_linear(node: Node) -> bool:
    """Return whether a layer's output is yet the sums and the bias alone."""
    return node.attributes.get("activation", "identity") == "identity" and not any(node.inputs[3:])


def has_post(node: Node) -> bool:
    """Return whether a conv scales and shifts what its activation gives."""
    return any(node.inputs[POST_SCALE:])


def output_axis(node: Node, weight: np.ndarray) -> tuple[int, int]:
    """Return which axis of the output the channels are along, and how many they are."""
    if node.op == "linear":  # [K, N]
        return -1, weight.shape[1]
    if node.op == "conv":  # [F, C / group, window...]
        return 1, weight.shape[0]
    group = node.attributes.get("group", 1)  # [C, F / group, window...]
    assert isinstance(group, int)
    return 1, weight.shape[1] * group


def output_rank(node: Node, weight: np.ndarray, rewriting: Rewriting) -> int:
    """Return how many axes the output has; of a linear layer of unknown shape, at least has."""
    if node.op != "linear":
        return weight.ndim
    shape = rewriting.shape(node.outputs[0])
    return 1 if shape is None else len(shape)


def scaled(node: Node, weight: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Return a weight with each output channel times its factor: made in float64, rounded once."""
    spatial = (1,) * (weight.ndim - 2)
    if node.op == "linear":
        return np.asarray(weight * factor, np.float32)
    if node.op == "conv":
        return np.asarray(weight * factor.reshape(-1, 1, *spatial), np.float32)
    channels, columns = weight.shape[:2]
    group = len(factor) // columns
    grouped = weight.reshape(group, channels // group, *weight.shape[1:])
    product = grouped * factor.reshape(group, 1, columns, *spatial)
    return np.reshape(product, weight.shape).astype(np.float32)


def with_inputs(node: Node, **places: str) -> Node:
    """Return a layer with other inputs: weight, bias, residual, post_scale, post_shift."""
    order = ("x", "weight", "bias", "residual", "post_scale", "post_shift")
    inputs = dict(zip(order, node.inputs, strict=False)) | places
    count = max(order.index(name) + 1 for name, value in inputs.items() if value)
    return replace(node, inputs=tuple(inputs.get(name, "") for name in order[: max(count, 3)]))
