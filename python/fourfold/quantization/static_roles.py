"""Roles: what a node can do with int8 values that have one scale each, by its op.

========== ========================================================================================
role       what it reads and writes
========== ========================================================================================
``conv``   an INT8 convolution: x and residual, and its output, int8 or float32
``join``   a sum or product of two values: both, and the result, int8 or float32
``point``  a function of each element of one value, by a table: int8 to int8 or float32
``moved``  elements of its inputs elsewhere: all int8 with one scale, or all float32
``mean``   a mean, or the largest, of an image or of windows: int8 to int8 or float32
``float``  float32 only
========== ========================================================================================
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.fuse import ROW_WISE

CONV, JOIN, POINT, MOVED, MEAN, FLOAT = "conv", "join", "point", "moved", "mean", "float"

# Functions whose slope is bounded, so that an error of their argument stays one of the result.
SMOOTH = frozenset(
    ["abs", "neg", "relu", "sigmoid", "tanh", "erf", "softplus", "softsign", "mish", "clip"]
)
WITH_NUMBER = frozenset(["add", "sub", "mul", "div", "max", "min", "prelu"])

# Sums and products; ``binary_s8`` is one of float32 with an activation (``static_joins``).
JOINS = frozenset({"add", "binary", "binary_s8"})

MOVES = frozenset(
    [
        "transpose",
        "reshape",
        "flatten",
        "squeeze",
        "unsqueeze",
        "identity",
        "slice",
        "split",
        "concat",
        "depth_to_space",
        "space_to_depth",
        "resize",
        "pad",
        "pool",
    ]
)


class Roles:
    """The role of each node of a graph.

    Parameters
    ----------
    graph : Graph
        The graph, channels last.
    dtypes : mapping of str to str
        Of all its values.
    int8 : collection of str
        The first outputs of the convolutions that run in INT8.
    """

    def __init__(self, graph: Graph, dtypes: Mapping[str, str], int8: Collection[str]) -> None:
        self._constants = graph.constants
        self._dtypes = dtypes
        self._int8 = frozenset(int8)

    def of(self, node: Node) -> str:
        """Return a node's role."""
        if node.outputs[0] in self._int8:
            return CONV
        if not all(self.is_float32(name) for name in (*self.data(node), *node.outputs)):
            return FLOAT
        if self._is_point(node):
            return POINT
        if node.op in JOINS and node.attributes.get("kind", "add") in ("add", "mul"):
            return JOIN
        if _is_mean(node):
            return MEAN
        return MOVED if _is_move(node, self._constants) else FLOAT

    def is_float32(self, name: str) -> bool:
        """Return whether a value or constant is of float32."""
        array = self._constants.get(name)
        return (self._dtypes.get(name) if array is None else array.dtype.name) == "float32"

    def data(self, node: Node) -> tuple[str, ...]:
        """Return the inputs whose elements come out again in some form; not shapes and the like."""
        return node.inputs if node.op in JOINS or node.op == "concat" else node.inputs[:1]

    def operands(self, node: Node) -> tuple[str, ...]:
        """Return those of the data that are values, not constants."""
        return tuple(name for name in self.data(node) if name not in self._constants)

    def _is_point(self, node: Node) -> bool:
        """Return whether this is a function of its one operand, element by element."""
        if node.op in ("activation", "unary", "clip"):
            kind = node.attributes.get("kind", node.op)
            return kind in SMOOTH or (node.op == "activation" and kind not in ROW_WISE)
        if node.op in JOINS and node.attributes.get("kind", "add") in WITH_NUMBER:
            numbers = [self._constants[name] for name in node.inputs if name in self._constants]
            same = len(set(self.operands(node))) == 1
            return same and all(number.size == 1 for number in numbers)
        return False


def _is_move(node: Node, constants: Mapping[str, np.ndarray]) -> bool:
    if node.op not in MOVES:
        return False
    if node.op == "concat":
        return not any(name in constants for name in node.inputs)
    if node.op == "resize":
        mode, places = (node.attributes.get(name) for name in ("mode", "coordinate"))
        return mode in (None, "nearest") and places != "tf_crop_and_resize"
    if node.op == "pad":
        value = constants.get(node.inputs[2]) if any(node.inputs[2:3]) else np.zeros(1)
        return value is not None and not value.any()
    if node.op == "pool":
        return _is_last(node) and node.attributes["kind"] == "max"
    return True


def _is_mean(node: Node) -> bool:
    kind = node.attributes.get("kind")
    if node.op == "pool":
        return _is_last(node) and kind == "average" and not _counts_border(node)
    return node.op == "global_pool" and _is_last(node) and kind in ("average", "max")


def _counts_border(node: Node) -> bool:
    """Return whether points beside the image may count: 0 in float32, but any byte in int8."""
    pads, automatic = (node.attributes.get(name) for name in ("pads", "auto_pad"))
    without = not np.any(pads or 0) and automatic in (None, "notset", "valid")
    without = without and not node.attributes.get("ceil_mode")
    return bool(node.attributes.get("count_include_pad")) and not without


def _is_last(node: Node) -> bool:
    return node.attributes.get("layout") == "nhwc"
