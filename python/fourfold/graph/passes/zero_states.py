"""Drop: first states of recurrent layers that are zeros, as they are where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.rewriting import Rewriting
from fourfold.graph.shapes import Shape

# Of x, weights, recurrent weights, biases, lengths, states of h and c, peepholes.
STATES = (5, 6)


def drop_zero_states(graph: Graph, shapes: Mapping[str, Shape]) -> Graph:
    """Return the graph without states that are made of zeros for the batch at hand.

    Exporters write them as a shape that is put together and filled.
    """
    rewriting = Rewriting(graph, shapes)

    def rule(node: Node) -> tuple[Node, ...] | None:
        if node.op not in ("lstm", "gru", "rnn"):
            return None
        inputs = tuple(
            "" if place in STATES and _is_zeros(name, rewriting) else name
            for place, name in enumerate(node.inputs)
        )
        return None if inputs == node.inputs else (replace(node, inputs=inputs),)

    return rewriting.apply(rule)


def _is_zeros(name: str, rewriting: Rewriting) -> bool:
    fill = rewriting.maker(name, "constant_of_shape", "expand")
    if fill is None:
        return False
    place = 1 if fill.op == "constant_of_shape" else 0
    value = rewriting.constant(fill.inputs[place])
    return value is not None and value.size == 1 and bool(np.all(value == 0))
