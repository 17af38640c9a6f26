"""Factor out: ``x + x * gate`` to ``x * (gate + 1)``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.rewriting import Rewriting
from fourfold.graph.shapes import Shape

# Between 0 and 1: gate + 1 loses no digits that matter.
GATES = frozenset({"sigmoid", "hard_sigmoid"})


def factor_gates(graph: Graph, shapes: Mapping[str, Shape]) -> Graph:
    """Return the graph with each gated value that is added to itself as one product.

    A squeeze-and-excitation gate has one number for a whole plane of x: the sum moves to where
    there is little to add, and the convolution that makes the gate takes it over. Only where the
    gate is a sigmoid or hard_sigmoid that nothing else reads, and nothing else the product.
    """
    rewriting = Rewriting(graph, shapes)

    def rule(node: Node) -> tuple[Node, ...] | None:
        if node.op != "binary" or node.attributes["kind"] != "add":
            return None
        for x, gated in (node.inputs, node.inputs[::-1]):
            product = rewriting.inner(gated, "binary")
            if product is None or product.attributes["kind"] != "mul" or x not in product.inputs:
                continue
            gate = product.inputs[1 - product.inputs.index(x)]
            activation = rewriting.inner(gate, "activation")
            if activation is None or activation.attributes["kind"] not in GATES:
                continue
            one = rewriting.add_constant(np.ones((), np.float32), f"{gate}.one")
            more = rewriting.fresh(f"{gate}.plus_one")
            return (
                Node("binary", (gate, one), (more,), {"kind": "add"}, node.name),
                Node("binary", (x, more), node.outputs, {"kind": "mul"}, node.name),
            )
        return None

    return rewriting.apply(rule)
