"""Fold: a batch normalization into the weights of the convolution before it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from fourfold.graph.ir import Graph, Node

CONVOLUTIONS = ("conv", "conv_transpose")


def fold_batch_norm(graph: Graph) -> Graph:
    """Return the graph without those batch normalizations that a convolution can take over.

    ``(conv(x, w) + b - mean) * f + shift`` with ``f = scale / sqrt(variance + epsilon)`` is
    ``conv(x, w * f) + (b - mean) * f + shift``, f by output channel: made in float64, rounded once.
    Only where all of it is constant and nothing else reads the convolution's output.
    """
    readers = Counter(name for node in graph.nodes for name in node.inputs)
    readers.update(graph.outputs)
    constants = dict(graph.constants)
    convolutions: dict[str, int] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        before = convolutions.get(node.inputs[0]) if node.op == "batch_norm" else None
        if before is not None and readers[node.inputs[0]] == 1:
            folded = _folded(nodes[before], node, constants)
            if folded is not None:
                nodes[before] = folded
                convolutions[folded.outputs[0]] = before
                continue
        if node.op in CONVOLUTIONS:
            convolutions[node.outputs[0]] = len(nodes)
        nodes.append(node)
    return replace(graph, nodes=tuple(nodes), constants=constants)


def _folded(conv: Node, norm: Node, constants: dict[str, np.ndarray]) -> Node | None:
    """Return the convolution with new constants, or None if it cannot take the other node over."""
    parts = [constants.get(name) for name in (*conv.inputs[1:], *norm.inputs[1:]) if name]
    if any(part is None or part.dtype != np.float32 for part in parts):
        return None
    weight = constants[conv.inputs[1]]
    scale, shift, mean, variance = (constants[name].astype(np.float64) for name in norm.inputs[1:])
    factor = scale / np.sqrt(variance + float(norm.attributes["epsilon"]))  # type: ignore[arg-type]
    scaled = _scaled(conv, weight, factor)
    if scaled is None:
        return None
    bias = constants[conv.inputs[2]] if any(conv.inputs[2:]) else 0.0
    names = tuple(f"{norm.outputs[0]}.folded_{part}" for part in ("weight", "bias"))
    constants[names[0]] = scaled.astype(np.float32)
    constants[names[1]] = ((bias - mean) * factor + shift).astype(np.float32)
    return replace(conv, inputs=(conv.inputs[0], *names), outputs=norm.outputs)


def _scaled(conv: Node, weight: np.ndarray, factor: np.ndarray) -> np.ndarray | None:
    """Return weights with each output channel times its factor; None if their numbers differ."""
    spatial = (1,) * (weight.ndim - 2)
    if conv.op == "conv":  # [M, C / group, ...]
        fits = factor.shape == weight.shape[:1]
        return weight * factor.reshape(-1, 1, *spatial) if fits else None
    group = int(conv.attributes.get("group", 1))  # type: ignore[arg-type]
    channels, columns = weight.shape[:2]  # [C, M / group, ...]
    if group < 1 or channels % group or factor.shape != (columns * group,):
        return None
    grouped = weight.reshape(group, channels // group, columns, *weight.shape[2:])
    return np.reshape(grouped * factor.reshape(group, 1, columns, *spatial), weight.shape)
