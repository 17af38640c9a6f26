"""Graphs of one layer with weights, with something before or behind it."""

import numpy as np

from fourfold.graph.ir import Graph, Node, TensorInfo

ROWS = TensorInfo("x", "float32", (None, 3, 4))
IMAGES = TensorInfo("x", "float32", (None, 4, None, None))
NUMBERS = {"half": np.float32(0.5), "two": np.float32(-2), "one": np.array([1], np.float32)}


def layer(op, source="x", result="h", weight="w", bias="b", **attributes):
    """Return a linear layer, or a convolution with a window of 3 x 3 unless told otherwise."""
    more = {} if op == "linear" else {"pads": (1, 1, 1, 1), **attributes}
    return Node(op, (source, weight, bias), (result,), more, result)


def binary(kind, a, b, result):
    return Node("binary", (a, b), (result,), {"kind": kind}, result)


def graph_of(op, nodes, outputs=("y",), group=1, **constants):
    """Return a graph; w is the weight of a layer of 4 inputs and 6 outputs, b its bias."""
    rng = np.random.default_rng(len(nodes))
    shape = {
        "linear": (4, 6),
        "conv": (6, 4 // group, 3, 3),
        "conv_transpose": (4, 6 // group, 3, 3),
    }[op]
    arrays = {
        "w": rng.standard_normal(shape),
        "b": rng.standard_normal(6),
        "sixes": rng.uniform(0.5, 2, 6),
        "planes": rng.uniform(0.5, 2, (6, 1, 1)),
        "batch": rng.uniform(0.5, 2, (1, 1, 6) if op == "linear" else (1, 6, 1, 1)),
        **NUMBERS,
        **constants,
    }
    kept = {name: np.asarray(array, np.float32) for name, array in arrays.items()}
    info = ROWS if op == "linear" else IMAGES
    return Graph((info,), tuple(nodes), outputs, kept)


def x_for(op, rng):
    shape = (2, 3, 4) if op == "linear" else (2, 4, 5, 7)
    return rng.standard_normal(shape).astype(np.float32)
