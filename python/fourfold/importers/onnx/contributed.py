"""Contributed ops: onnxruntime's own quantized ones, as functions of ONNX's ops.

They are what ``quantize_static`` writes with ``QuantFormat.QOperator``, and ``quantize_dynamic`` of
an LSTM. Each is the float op between DequantizeLinear and QuantizeLinear: that form the engine runs
in INT8.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import onnx
from onnx import FunctionProto, NodeProto, TensorProto, helper

DOMAIN = "com.microsoft"

# The newest opset whose ops are those that the functions are made of.
OPSET = 13

# Of each op with one operand, the float op.
UNARY = {
    "QLinearAveragePool": "AveragePool",
    "QLinearGlobalAveragePool": "GlobalAveragePool",
    "QLinearLeakyRelu": "LeakyRelu",
    "QLinearSigmoid": "Sigmoid",
    "QLinearSoftmax": "Softmax",
}
BINARY = {"QLinearAdd": "Add", "QLinearMul": "Mul"}

# What onnxruntime's ops have beside the attributes of the float ones.
OWN_ATTRIBUTES = frozenset(["channels_last", "opset"])


def contributed_function(node: NodeProto) -> FunctionProto | None:
    """Return a node of onnxruntime's as a function with its inputs and outputs; None for others."""
    make = _MAKERS.get(node.op_type) if node.domain == DOMAIN else None
    given = {item.name: helper.get_attribute_value(item) for item in node.attribute}
    if make is None or given.get("channels_last"):
        return None
    names = [f"i{place}" for place in range(len(node.input))]
    nodes = make(node, names)
    if nodes is None:
        return None
    opset = min(OPSET, int(given.get("opset", OPSET)))
    outputs = [f"o{place}" for place in range(len(node.output))]  # one for each, absent or not
    imports = [helper.make_opsetid("", opset)]
    return helper.make_function(DOMAIN, node.op_type, names, outputs, nodes, imports)


def _float_node(op: str, node: NodeProto, inputs: Sequence[str], output: str) -> NodeProto:
    """Return a node of ONNX's with those attributes that the contributed one shares."""
    made = helper.make_node(op, inputs, [output])
    made.attribute.extend(item for item in node.attribute if item.name not in OWN_ATTRIBUTES)
    return made


def _dequantized(names: Sequence[str], output: str) -> NodeProto:
    return helper.make_node("DequantizeLinear", names, [output])


def _quantized(value: str, form: Sequence[str]) -> NodeProto:
    return helper.make_node("QuantizeLinear", [value, *form], ["o0"])


def _unary(node: NodeProto, names: Sequence[str]) -> list[NodeProto] | None:
    """Read x, x_scale, x_zero, y_scale, y_zero."""
    if len(names) != 5 or not all(node.input):
        return None
    made = _float_node(UNARY[node.op_type], node, ["x"], "y")
    return [_dequantized(names[:3], "x"), made, _quantized("y", names[3:])]


def _binary(node: NodeProto, names: Sequence[str]) -> list[NodeProto] | None:
    """Read a, a_scale, a_zero, b, b_scale, b_zero, c_scale, c_zero."""
    if len(names) != 8 or not all(node.input):
        return None
    made = _float_node(BINARY[node.op_type], node, ["a", "b"], "c")
    reads = [_dequantized(names[:3], "a"), _dequantized(names[3:6], "b")]
    return [*reads, made, _quantized("c", names[6:])]


def _concat(node: NodeProto, names: Sequence[str]) -> list[NodeProto] | None:
    """Read y_scale, y_zero, then each x, x_scale, x_zero."""
    if len(names) < 5 or len(names) % 3 != 2 or not all(node.input):
        return None
    values = [names[start : start + 3] for start in range(2, len(names), 3)]
    floats = [f"x{place}" for place in range(len(values))]
    reads = [_dequantized(*pair) for pair in zip(values, floats, strict=True)]
    return [*reads, _float_node("Concat", node, floats, "y"), _quantized("y", names[:2])]


def _gemm(node: NodeProto, names: Sequence[str]) -> list[NodeProto] | None:
    """Read a, a_scale, a_zero, b, b_scale, b_zero, c by the sums' scale, y_scale, y_zero."""
    given = {item.name: helper.get_attribute_value(item) for item in node.attribute}
    if len(names) != 9 or not all(node.input) or given.get("alpha", 1.0) != 1:
        return None
    axis = 0 if given.get("transB") else 1
    return [
        _dequantized(names[:3], "a"),
        helper.make_node("DequantizeLinear", names[3:6], ["b"], axis=axis),
        helper.make_node("Mul", [names[1], names[4]], ["steps"]),
        helper.make_node("Cast", [names[6]], ["sums"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["sums", "steps"], ["c"]),
        _float_node("Gemm", node, ["a", "b", "c"], "y"),
        _quantized("y", names[7:]),
    ]


def _lstm(node: NodeProto, names: Sequence[str]) -> list[NodeProto] | None:
    """Read as LSTM, w and r transposed, in bytes; then w_scale, w_zero, r_scale, r_zero.

    Those are by direction, or by direction and column. What is multiplied with w and r is float32
    here, where onnxruntime rounds it to bytes first.
    """
    if len(names) != 12 or not all(node.input[place] for place in (1, 2, 8, 9, 10, 11)):
        return None
    nodes = [helper.make_node("Constant", [], ["columns"], value_ints=[0, 1, -1])]
    for weight, scale, zero, out in ((1, 8, 9, "w"), (2, 10, 11, "r")):
        for place, end in ((scale, "scale"), (zero, "zero")):
            nodes.append(helper.make_node("Reshape", [names[place], "columns"], [f"{out}_{end}"]))
        for value, end in ((names[weight], "bytes"), (f"{out}_zero", "shift")):
            nodes.append(helper.make_node("Cast", [value], [f"{out}_{end}"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Sub", [f"{out}_bytes", f"{out}_shift"], [f"{out}_centred"]))
        nodes.append(
            helper.make_node("Mul", [f"{out}_centred", f"{out}_scale"], [f"{out}_columns"])
        )
        nodes.append(helper.make_node("Transpose", [f"{out}_columns"], [out], perm=[0, 2, 1]))
    others = [
        name if given else "" for name, given in zip(names[3:8], node.input[3:8], strict=True)
    ]
    made = helper.make_node("LSTM", [names[0], "w", "r", *others], _outputs(node))
    made.attribute.extend(node.attribute)
    return [*nodes, made]


def _outputs(node: NodeProto) -> list[str]:
    return [f"o{place}" if name else "" for place, name in enumerate(node.output)]


_Make = Callable[[NodeProto, Sequence[str]], "list[onnx.NodeProto] | None"]

_MAKERS: dict[str, _Make] = {
    **dict.fromkeys(UNARY, _unary),
    **dict.fromkeys(BINARY, _binary),
    "DynamicQuantizeLSTM": _lstm,
    "QLinearConcat": _concat,
    "QGemm": _gemm,
}
