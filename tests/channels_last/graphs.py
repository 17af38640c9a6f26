"""Graphs before and after the pass, run on the engine."""

from dataclasses import replace

import numpy as np

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.graph.passes.channels_last import to_channels_last
from fourfold.graph.passes.lower import lower

# Enough that a convolution 3x3 of so many channels is worth its transposes.
CHANNELS = 64


def image(*sizes, name="x"):
    return TensorInfo(name, "float32", sizes)


def chain(*nodes, constants, inputs, outputs=None):
    """A graph of nodes; of those given as (op, inputs, attributes), the results are h0, h1, ..."""
    made = [
        node if isinstance(node, Node) else Node(node[0], tuple(node[1]), (f"h{i}",), node[2])
        for i, node in enumerate(nodes)
    ]
    return Graph(tuple(inputs), tuple(made), outputs or made[-1].outputs, constants)


def conv(source, weight="w", bias="", **attributes):
    """A convolution 3x3 that keeps the sizes of an image."""
    window = {"kernel_shape": (3, 3), "pads": (1, 1, 1, 1), "group": 1, **attributes}
    return ("conv", (source, weight, bias), window)


def values(graph, feeds):
    """All values of a graph by name."""
    names = [name for node in graph.nodes for name in node.outputs]
    program = CompiledProgram(lower(replace(graph, outputs=tuple(names)), {}))
    results = program(*(feeds[info.name] for info in graph.inputs))
    made = results if isinstance(results, tuple) else (results,)
    return {**feeds, **dict(zip(names, made, strict=True))}


def run(graph, feeds):
    """The outputs of a graph."""
    results = CompiledProgram(lower(graph, {}))(*(feeds[info.name] for info in graph.inputs))
    return results if isinstance(results, tuple) else (results,)


def ranks_of(graph, feeds):
    return {name: np.ndim(array) for name, array in values(graph, feeds).items()}


def converted(graph, feeds):
    """The graph channels last, after a check that each new value is what it is said to be."""
    before = values(graph, feeds)
    last, origin = to_channels_last(graph, {name: np.ndim(a) for name, a in before.items()})
    assert (last.inputs, last.outputs) == (graph.inputs, graph.outputs)
    after = values(last, feeds)
    for name, array in after.items():
        old = before[origin.get(name, name)] if name in origin or name in before else None
        if old is None:
            assert array.dtype == np.int64 and array.ndim == 1
        elif name in before:
            assert_close(array, old)
        else:
            assert_close(np.sort(array, axis=None), np.sort(old, axis=None))
            if name.rstrip("_").endswith(".nhwc"):
                assert_close(np.moveaxis(array, -1, 1), old)
    return last


def assert_close(found, expected):
    """But for the rounding of sums in another order."""
    assert found.dtype == expected.dtype and found.shape == expected.shape
    if found.dtype.kind == "f":
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * size_of(expected))
    else:
        np.testing.assert_array_equal(found, expected)


def size_of(array):
    """The largest of the finite numbers, or 1."""
    return max(1, float(np.abs(array[np.isfinite(array)]).max(initial=0)))


def transposes(graph):
    return [node for node in graph.nodes if node.op == "transpose"]


def layouts(graph):
    """Of every convolution and pool, whether its channels are last."""
    windows = ("conv", "conv_transpose", "pool", "global_pool")
    return [n.attributes.get("layout") == "nhwc" for n in graph.nodes if n.op in windows]
