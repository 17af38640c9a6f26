"""Networks, and what onnxruntime's static quantization makes of them."""

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)

from onnx_quantize.onnx_networks import FLOAT, Builder


class Batches(CalibrationDataReader):
    """Some random batches of one input."""

    def __init__(self, rng, shape, count=3):
        self._left = [{"x": rng.normal(size=shape).astype(np.float32)} for _ in range(count)]

    def get_next(self):
        return self._left.pop() if self._left else None


def static_qdq(model, rng, shape, folder, *, activations="QUInt8", per_channel=True, form="QDQ"):
    """The path of a model in QDQ form, or as QOperator, as quantize_static writes it."""
    paths = folder / "float.onnx", folder / "qdq.onnx"
    onnx.save(onnx.shape_inference.infer_shapes(model), paths[0])
    quantize_static(
        paths[0],
        paths[1],
        Batches(rng, shape),
        quant_format=QuantFormat[form],
        per_channel=per_channel,
        activation_type=QuantType[activations],
        weight_type=QuantType.QInt8,
    )
    return paths[1]


class Layers(Builder):
    """Layers with random weights."""

    def conv(self, x, channels, filters, size, out, group=1, **attributes):
        """A convolution that keeps the image's size, or halves it by its strides."""
        weight = self.weight(f"{out}_w", filters, channels // group, size, size, scale=0.15)
        bias = self.weight(f"{out}_b", filters, scale=0.1)
        pads = [size // 2] * 4
        return self.node("Conv", x, weight, bias, out=out, pads=pads, group=group, **attributes)

    def linear(self, x, depth, columns, out):
        """MatMul, then Add of a bias."""
        self.node("MatMul", x, self.weight(f"{out}_w", depth, columns), out=f"{out}_product")
        return self.node("Add", f"{out}_product", self.weight(f"{out}_b", columns), out=out)

    def relu(self, x):
        return self.node("Relu", x, out=f"{x}_relu")


def mlp(rng):
    made, x = Layers(rng), "x"
    for number, (depth, columns) in enumerate([(64, 128), (128, 96), (96, 40)]):
        weight = made.weight(f"w{number}", columns, depth, scale=depth**-0.5)
        bias = made.weight(f"b{number}", columns, scale=0.1)
        x = made.node("Gemm", x, weight, bias, out=f"g{number}", transB=1)
        x = made.relu(x) if number < 2 else x
    return made.model([("x", FLOAT, ["N", 64])], [(x, FLOAT, ["N", 40])])


def cnn(rng):
    """Strides, a residual, depthwise, squeeze and excite, pools, a concatenation, a classifier."""
    made = Layers(rng)
    x = made.relu(made.conv("x", 3, 24, 3, "c0", strides=[2, 2]))
    wide = made.relu(made.conv(made.relu(made.conv(x, 24, 48, 1, "c1")), 48, 48, 3, "c2", group=48))
    gate = made.node("GlobalAveragePool", wide, out="mean")
    gate = made.node("Sigmoid", made.conv(gate, 48, 48, 1, "c3"), out="gate")
    back = made.conv(made.node("Mul", wide, gate, out="gated"), 48, 24, 1, "c4")
    x = made.node("Add", x, back, out="sum")
    largest = made.node("MaxPool", x, out="max", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    half = made.relu(made.conv(x, 24, 40, 5, "c5", strides=[2, 2]))
    both = made.node("Concat", largest, half, out="both", axis=1)
    mean = made.node("GlobalAveragePool", made.conv(both, 64, 80, 1, "c6"), out="all")
    made.linear(made.node("Flatten", mean, out="flat"), 80, 60, "y")
    return made.model([("x", FLOAT, ["N", 3, 24, 30])], [("y", FLOAT, ["N", 60])])


def block(rng, width=64, heads=4):
    """A transformer block: attention and gelu, both spelled out."""
    made = Layers(rng)
    split = made.constant("split", np.array([0, 0, heads, width // heads], np.int64))
    joined = made.constant("joined", np.array([0, 0, width], np.int64))
    parts = []
    for name, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
        apart = made.node("Reshape", made.linear("x", width, width, name), split, out=f"{name}4")
        parts.append(made.node("Transpose", apart, out=f"{name}t", perm=order))
    scores = made.node("MatMul", *parts[:2], out="scores")
    scores = made.node("Mul", scores, made.constant("scale", np.float32(0.25)), out="scaled")
    weights = made.node("Softmax", scores, out="weights", axis=-1)
    mixed = made.node("MatMul", weights, parts[2], out="mixed")
    mixed = made.node("Transpose", mixed, out="back", perm=[0, 2, 1, 3])
    mixed = made.linear(made.node("Reshape", mixed, joined, out="flat"), width, width, "o")
    x = made.node("Add", "x", mixed, out="first")
    wide = made.linear(x, width, 4 * width, "wide")
    root = made.constant("root", np.float32(2**0.5))
    error = made.node("Erf", made.node("Div", wide, root, out="part"), out="erf")
    error = made.node("Add", error, made.constant("one", np.float32(1)), out="more")
    gelu = made.node("Mul", made.node("Mul", wide, error, out="twice"), "half", out="gelu")
    made.constant("half", np.float32(0.5))
    y = made.node("Add", x, made.linear(gelu, 4 * width, width, "narrow"), out="y")
    return made.model([("x", FLOAT, ["N", 20, width])], [(y, FLOAT, ["N", 20, width])])
