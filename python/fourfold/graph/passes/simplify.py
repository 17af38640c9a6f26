"""Simplify: the passes that every imported ONNX graph goes through, float sessions' and INT8's."""

from __future__ import annotations

from fourfold.graph.ir import Graph
from fourfold.graph.passes.factor_gates import factor_gates
from fourfold.graph.passes.fold_ahead import fold_ahead
from fourfold.graph.passes.fold_steps import fold_steps
from fourfold.graph.passes.fuse import fuse_activations
from fourfold.graph.passes.fuse_attention import fuse_attention
from fourfold.graph.passes.fuse_post import fuse_post
from fourfold.graph.passes.fuse_residual import fuse_residual
from fourfold.graph.passes.layer_norms import fuse_layer_norms
from fourfold.graph.passes.merge_same import merge_same
from fourfold.graph.passes.prune import prune
from fourfold.graph.passes.spelled_activations import fuse_spelled_activations
from fourfold.graph.passes.zero_states import drop_zero_states
from fourfold.graph.shapes import infer_shapes


def simplify(graph: Graph) -> Graph:
    """Return a graph that computes the same within a few roundings, in fewer and larger steps.

    What is spelled out is recognized first, while it is as the exporter wrote it. Then layers take
    in what is around them, from the inside out: constants before the residual, the residual before
    the activation, and what comes after the activation last; before that, the next layer takes what
    it can have for nothing.

    Parameters
    ----------
    graph : Graph
        As an importer makes it. Inputs and outputs keep their names, and so does every value that
        is left.
    """
    graph = prune(graph)
    shapes = infer_shapes(graph)
    graph = merge_same(graph, shapes)
    graph = drop_zero_states(graph, shapes)
    graph = fuse_spelled_activations(graph, shapes)
    graph = fuse_layer_norms(graph, shapes)
    graph = factor_gates(graph, shapes)
    graph = fold_steps(graph, shapes)
    graph = fold_ahead(graph, shapes)
    graph = fuse_residual(graph, shapes)
    graph = fuse_activations(graph)
    graph = fuse_post(graph, shapes)
    return fuse_attention(graph, shapes)
