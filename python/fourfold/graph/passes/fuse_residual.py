"""Fuse: the value that is added to a convolution's output into the convolution."""

from __future__ import annotations

from collections.abc import Mapping

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.rewriting import Rewriting
from fourfold.graph.passes.weighted import is_linear, weight_of, with_inputs
from fourfold.graph.shapes import Shape


def fuse_residual(graph: Graph, shapes: Mapping[str, Shape]) -> Graph:
    """Return the graph with each ``conv + x`` done by the convolution, as its residual.

    Only where both are known to have the same shape whenever the graph runs (`infer_shapes`: a
    number, or the same expression of the inputs' sizes, on every axis): a residual is not
    broadcast. The convolution is of float32, has no activation or residual yet, and nothing else
    reads its output. Of two convolutions that one takes the other in which comes later.
    """
    rewriting = Rewriting(graph, shapes)

    def rule(node: Node) -> tuple[Node, ...] | None:
        for value, other in rewriting.terms(node):
            conv = rewriting.inner(value, "conv")
            shape = rewriting.shape(value)
            if conv is None or shape is None or shape != rewriting.shape(other):
                continue
            if weight_of(conv, rewriting) is None or not is_linear(conv):
                continue
            attributes = dict(conv.attributes)
            fused = with_inputs(conv, residual=other)
            return (Node("conv", fused.inputs, node.outputs, attributes, conv.name),)
        return None

    return rewriting.apply(rule)
