"""Fuse: the value that is added to the output of a linear layer in INT8 into the layer."""

from __future__ import annotations

from dataclasses import replace

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.pack import Quantized
from fourfold.graph.passes.rewriting import Rewriting
from fourfold.graph.passes.weighted import is_linear


def fuse_linear_residuals(graph: Graph, quantized: Quantized) -> tuple[Graph, Quantized]:
    """Return the graph with each ``linear + x`` of an INT8 layer done by the layer.

    And the weights by the outputs that the layers then have. x is no constant and may have any
    shape that broadcasts: only the call tells. The layer has no activation, makes float32, and
    nothing else reads its output. Of two layers that one takes the other in which comes later.
    The bits are the same: the layer rounds once before it adds, and once after.
    """
    if not quantized:
        return graph, quantized
    rewriting = Rewriting(graph, {})
    moved = dict(quantized)

    def rule(node: Node) -> tuple[Node, ...] | None:
        for value, other in rewriting.terms(node):
            layer = rewriting.inner(value, "linear")
            if layer is None or value not in moved or other in rewriting.constants:
                continue
            if is_linear(layer) and "output_scale" not in layer.attributes:
                moved[node.outputs[0]] = moved.pop(value)
                inputs = (*layer.inputs, other)
                return (replace(layer, inputs=inputs, outputs=node.outputs),)
        return None

    return rewriting.apply(rule), moved
