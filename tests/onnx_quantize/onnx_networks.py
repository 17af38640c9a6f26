"""Small ONNX models with weights worth quantizing, built node by node."""

from itertools import pairwise

import numpy as np
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


class Builder:
    """Nodes and initializers of one model."""

    def __init__(self, rng):
        self.rng = rng
        self.nodes = []
        self.initializers = []

    def weight(self, name, *shape, scale=None):
        """A random initializer; columns of very different sizes."""
        array = self.rng.normal(size=shape) * self.rng.lognormal(size=shape[-1])
        array *= (shape[0] ** -0.5) if scale is None else scale
        return self.constant(name, array.astype(np.float32))

    def constant(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op, *inputs, out, **attributes):
        """A node named after its output, or its first; returns that."""
        outputs = [out] if isinstance(out, str) else list(out)
        name = f"{outputs[0]}_{op}"
        self.nodes.append(helper.make_node(op, inputs, outputs, name=name, **attributes))
        return outputs[0]

    def model(self, inputs, outputs, opset=17):
        """The model; inputs and outputs are triples of name, type, shape."""
        graph = helper.make_graph(
            self.nodes,
            "network",
            [helper.make_tensor_value_info(*item) for item in inputs],
            [helper.make_tensor_value_info(*item) for item in outputs],
            self.initializers,
        )
        opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def mlp(rng, widths=(64, 256, 10), opset=17):
    """MatMul, Add of a [1, N] bias, Relu; the weights behind Identity, Transpose and Constant."""
    made = Builder(rng)
    x = "x"
    for number, (depth, columns) in enumerate(pairwise(widths)):
        weight = _hidden_weight(made, number, depth, columns)
        bias = made.weight(f"b{number}", 1, columns, scale=1.0)
        made.node("MatMul", x, weight, out=f"m{number}")
        x = made.node("Add", f"m{number}", bias, out=f"a{number}")
        if number < len(widths) - 2:
            x = made.node("Relu", x, out=f"r{number}")
    made.node("Identity", x, out="y")
    return made.model([("x", FLOAT, ["N", widths[0]])], [("y", FLOAT, ["N", widths[-1]])], opset)


def _hidden_weight(made, number, depth, columns):
    """A weight behind a node of another kind for each layer."""
    name = f"w{number}"
    if number % 3 == 0:
        made.weight(f"{name}_t", columns, depth, scale=depth**-0.5)
        return made.node("Transpose", f"{name}_t", out=name, perm=[1, 0])
    if number % 3 == 1:
        made.weight(f"{name}_flat", depth * columns, scale=depth**-0.5)
        shape = made.constant(f"{name}_shape", np.array([depth, columns], np.int64))
        made.node("Reshape", f"{name}_flat", shape, out=f"{name}_shaped")
        return made.node("Identity", f"{name}_shaped", out=name)
    array = (made.rng.normal(size=(depth, columns)) * depth**-0.5).astype(np.float32)
    return made.node("Constant", out=name, value=numpy_helper.from_array(array))


def embedded(rng, rows=2000, columns=64, outputs=32):
    """Words by number to scores: Gather, MatMul on [batch, words, columns], Tanh, ReduceMean."""
    made = Builder(rng)
    made.weight("table", rows, columns, scale=1.0)
    made.node("Gather", "table", "ids", out="words")
    made.node("MatMul", "words", made.weight("w", columns, 256), out="h")
    made.node("Add", "h", made.weight("b", 256, scale=0.1), out="h_b")
    made.node("Tanh", "h_b", out="t")
    made.node("MatMul", "t", made.weight("w2", 256, outputs), out="tokens")
    made.node("ReduceMean", "tokens", out="pooled", axes=[1], keepdims=0)
    return made.model(
        [("ids", INT64, ["batch", "words"])],
        [("tokens", FLOAT, ["batch", "words", outputs]), ("pooled", FLOAT, ["batch", outputs])],
    )
