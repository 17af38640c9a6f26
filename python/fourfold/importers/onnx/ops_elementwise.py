"""Translators of the ops that work element by element, with NumPy's broadcasting."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from fourfold.importers.onnx.emitter import Emitter
from fourfold.importers.onnx.node import OnnxNode
from fourfold.importers.onnx.refusal import UnsupportedNode
from fourfold.importers.onnx.registry import Result, translates
from fourfold.importers.onnx.types import HALF, element_name

UNARY: Mapping[str, str] = {
    **{name: name.lower() for name in ("Abs", "Neg", "Sign", "Floor", "Ceil", "Round", "Sqrt")},
    **{name: name.lower() for name in ("Reciprocal", "Exp", "Log", "Erf", "Not", "Mish")},
    **{name: name.lower() for name in ("Sin", "Cos", "Tan", "Asin", "Acos", "Atan")},
    **{name: name.lower() for name in ("Sinh", "Cosh", "Asinh", "Acosh", "Atanh")},
    **{name: name.lower() for name in ("Softplus", "Softsign")},
    "BitwiseNot": "bitwise_not",
    "IsNaN": "is_nan",
}

BINARY: Mapping[str, str] = {
    **{name: name.lower() for name in ("Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor")},
    **{name: name.lower() for name in ("Equal", "Less", "Greater", "PRelu")},
    "LessOrEqual": "less_equal",
    "GreaterOrEqual": "greater_equal",
    "BitwiseAnd": "bitwise_and",
    "BitwiseOr": "bitwise_or",
    "BitwiseXor": "bitwise_xor",
}

# Of any number of inputs: taken two by two from the left.
VARIADIC: Mapping[str, str] = {"Sum": "add", "Max": "max", "Min": "min", "Mean": "add"}


@translates(*UNARY, needs=["unary"])
def unary(node: OnnxNode, emitter: Emitter) -> Result:
    """y = f(x)."""
    return emitter.emit("unary", node.input(0), kind=UNARY[node.op_type])


@translates("IsInf", needs=["unary"])
def is_inf(node: OnnxNode, emitter: Emitter) -> Result:
    """Infinite, of either sign or one."""
    signs = {name: node.integer(name, 1) for name in ("detect_negative", "detect_positive")}
    return emitter.emit("unary", node.input(0), kind="is_inf", **signs)


@translates(*BINARY, needs=["binary"])
def binary(node: OnnxNode, emitter: Emitter) -> Result:
    """y = f(a, b)."""
    a, b = (_operand(node, index, emitter) for index in (0, 1))
    return emitter.emit("binary", a, b, kind=BINARY[node.op_type])


@translates("Mod", needs=["binary"])
def mod(node: OnnxNode, emitter: Emitter) -> Result:
    """The remainder with the sign of the divisor, or with fmod that of the dividend."""
    kind = "fmod" if node.integer("fmod", 0) else "mod"
    return emitter.emit("binary", node.input(0), node.input(1), kind=kind)


@translates("BitShift", needs=["binary"])
def bit_shift(node: OnnxNode, emitter: Emitter) -> Result:
    """Bits moved LEFT or RIGHT."""
    kind = f"shift_{node.text('direction').lower()}"
    return emitter.emit("binary", node.input(0), node.input(1), kind=kind)


@translates(*VARIADIC, needs=["binary"])
def variadic(node: OnnxNode, emitter: Emitter) -> Result:
    """One op over any number of inputs, from the left."""
    value = node.input(0)
    for other in node.inputs[1:]:
        value = emitter.emit("binary", value, other, kind=VARIADIC[node.op_type])
    if node.op_type != "Mean":
        return value
    count = emitter.constant(len(node.inputs), node.dtype(), "count")
    return emitter.emit("binary", value, count, kind="div")


@translates("Where", needs=["where"])
def where(node: OnnxNode, emitter: Emitter) -> Result:
    """A where the condition holds, else b."""
    return emitter.emit("where", *node.inputs)


@translates("Clip", needs=["clip", "binary"])
def clip(node: OnnxNode, emitter: Emitter) -> Result:
    """Every value within [low, high]; either bound may be absent."""
    low = emitter.known_scalar(node.input(1)) if node.input(1) else -math.inf
    high = emitter.known_scalar(node.input(2)) if node.input(2) else math.inf
    if node.dtype() == "float32" and low is not None and high is not None and low <= high:
        return emitter.emit("clip", node.input(0), low=float(low), high=float(high))
    value = node.input(0)
    for bound, kind in ((node.input(1), "max"), (node.input(2), "min")):
        value = emitter.emit("binary", value, bound, kind=kind) if bound else value
    return value


@translates("Cast", "CastLike", needs=["cast"])
def cast(node: OnnxNode, emitter: Emitter) -> Result:
    """The nearest value of another type; half precision rounds, and stays in float32."""
    to = node.element(1) if node.op_type == "CastLike" else node.integer("to")
    wide = node.output_dtype()
    if not wide:
        raise UnsupportedNode(f"a cast to {element_name(to)}")
    value = node.input(0)
    if to not in HALF:
        return value if node.dtype() == wide else emitter.emit("cast", value, to=wide)
    if node.element() == to:
        return value
    return emitter.emit("cast", emitter.emit("cast", value, to=HALF[to]), to=wide)


@translates("Identity")
def identity(node: OnnxNode, _emitter: Emitter) -> Result:
    """The input itself: no node."""
    return node.input(0)


@translates("Dropout")
def dropout(node: OnnxNode, emitter: Emitter) -> Result:
    """The input itself, as inference has it, and a mask of ones."""
    training = node.input(2)
    if training and emitter.known_scalar(training) != 0:
        raise UnsupportedNode("dropout in training mode is random")
    if not node.wants(1):
        return node.input(0)
    one = emitter.constant([1], np.bool_ if node.version >= 10 else node.dtype())
    shape = emitter.emit("shape", node.input(0))
    return node.input(0), emitter.emit("constant_of_shape", shape, one)


def _operand(node: OnnxNode, index: int, emitter: Emitter) -> str:
    """Return an operand; a constant without those first axes of size 1 that the other makes up for.

    A bias is often [1, N] or [1, 1, N], and as [N] a linear layer can take it over.
    """
    name, beside = node.input(index), node.input(1 - index)
    array, other = emitter.known(name), node.rank(1 - index)
    # Of two constants neither may: the result has the rank of the larger.
    if array is None or other is None or emitter.known(beside) is not None:
        return name
    if not 1 < array.ndim <= other or array.shape[0] != 1:
        return name
    axes = next((axis for axis, size in enumerate(array.shape[:-1]) if size != 1), array.ndim - 1)
    shape = array.shape[axes:]
    return emitter.derived(name, "inner", lambda values: values.reshape(shape))
