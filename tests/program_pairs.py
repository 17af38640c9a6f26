"""Graphs before and after a pass: read from ONNX text as they stand, and run side by side."""

import numpy as np

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.passes.lower import lower
from fourfold.graph.passes.prune import prune
from fourfold.graph.shapes import infer_shapes
from fourfold.importers.onnx.model import build_graph
from fourfold.importers.onnx.source import read_source
from onnx_models import model


def graph_of(body, **options):
    """Return the graph of a model in ONNX's text form, before any pass but pruning."""
    graph, refusals = build_graph(read_source(model(body, **options)))
    assert not refusals
    return prune(graph)


def kinds(graph):
    """Return what the nodes do: their kind where they have one, else their op."""
    return [str(node.attributes.get("kind", node.op)) for node in graph.nodes]


def applied(rewrite, graph):
    """Return a graph after a pass that asks for shapes."""
    return rewrite(graph, infer_shapes(graph))


def run(graph, *arrays):
    """Return the outputs of a graph as a tuple."""
    found = CompiledProgram(lower(graph, {}))(*arrays)
    return found if isinstance(found, tuple) else (found,)


def assert_same_results(before, after, *arrays, rtol=2e-6, atol=2e-6):
    """Shapes and dtypes to the letter, values within a few roundings of numbers around one."""
    for old, new in zip(run(before, *arrays), run(after, *arrays), strict=True):
        assert new.dtype == old.dtype
        assert new.shape == old.shape
        np.testing.assert_allclose(new, old, rtol=rtol, atol=atol)
