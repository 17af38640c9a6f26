"""Fold: a scaler (affine step) into the weights of the linear layer that follows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from fourfold.graph.ir import Graph, Node

# Folding a shift adds shift * scale to the bias and takes it off again in the products: of
# float32's 24 bits that costs log2 of this at most.
MAX_SHIFT = 16.0


def fold_affine(graph: Graph, int8: Collection[str]) -> Graph:
    """Return the graph without those affine nodes that the next linear layer can take over.

    ``((x - shift) * scale + offset) @ W + b`` is ``x @ (scale * W) + (b + (offset - shift * scale)
    @ W)``. For a layer in float32 that changes rounding only. An INT8 layer quantizes its input by
    row, so there it is done only where the rows keep their direction: one scale for all columns,
    no shift and no offset. A scaler that evens out the columns, or centres them, stays.

    Parameters
    ----------
    graph : Graph
        The graph.
    int8 : collection of str
        First outputs of the linear nodes that will run in INT8.
    """
    readers = Counter(name for node in graph.nodes for name in node.inputs)
    readers.update(graph.outputs)
    constants = dict(graph.constants)
    affine: dict[str, Node] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        before = affine.get(node.inputs[0])
        foldable = (
            before is not None
            and node.op == "linear"
            and readers[before.outputs[0]] == 1
            and _exact(before, constants, node.outputs[0] in int8)
        )
        if before is not None and foldable:
            nodes.remove(before)
            nodes.append(_folded(before, node, constants))
            continue
        if node.op == "affine":
            affine[node.outputs[0]] = node
        nodes.append(node)
    used = {name for node in nodes for name in node.inputs}
    kept = {name: array for name, array in constants.items() if name in used}
    return replace(graph, nodes=tuple(nodes), constants=kept)


def _exact(affine: Node, constants: dict[str, np.ndarray], int8: bool) -> bool:
    shift, scale, offset = (constants[name] for name in affine.inputs[1:])
    if int8:
        return not shift.any() and not offset.any() and bool(scale[0]) and bool(np.ptp(scale) == 0)
    return bool(np.all(np.abs(offset - shift * scale) <= MAX_SHIFT))


def _folded(affine: Node, linear: Node, constants: dict[str, np.ndarray]) -> Node:
    """Return the linear node with new constants, made in float64 and rounded once."""
    shift, scale, offset = (constants[name].astype(np.float64) for name in affine.inputs[1:])
    weight = constants[linear.inputs[1]].astype(np.float64)
    bias = (offset - shift * scale) @ weight
    if linear.inputs[2]:
        bias += constants[linear.inputs[2]]
    names = tuple(f"{linear.outputs[0]}.folded_{part}" for part in ("weight", "bias"))
    constants[names[0]] = (scale[:, None] * weight).astype(np.float32)
    constants[names[1]] = bias.astype(np.float32)
    return replace(linear, inputs=(affine.inputs[0], *names))
