"""Given spelled: ONNX's quantized layers as the float layers that they are, between roundings.

QLinearConv and QLinearMatMul become what QDQ form has in their place: values are dequantized, a
layer computes in float32, its result is quantized. So there is one way to INT8 for both forms. What
moves bytes without a look at them (MaxPool, Flatten) is put between such roundings, too, which give
the same bytes again. Scaled sums are rounded in float32 then, not in float64: a result may be a
step apart where it is near the middle of two.

DynamicQuantizeLinear, MatMulInteger, Cast and Mul by the scales are one linear layer, whose INT8
form quantizes rows as they come: each with a scale of its own, symmetric, in place of one scale and
zero point for all. That is another rounding of what is rounded anyhow. The weights and their scales
stay those of the model. Of ConvInteger, which has no INT8 form with such a scale, it is a float32
convolution with the model's weights: faster than any that packs bytes anew for each image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fourfold.graph.integers import centred_integers, symmetric_integers
from fourfold.graph.ir import Attribute, Graph, Node
from fourfold.graph.passes.rewriting import Rewriting
from fourfold.graph.shapes import Shape

# The width in which a linear layer quantizes its rows: what marks one that is to do so.
ROW_BITS = 8

# Weights of so many bytes, which have no INT8 form, are multiplied in float32: that takes 0.7 times
# as long as MatMulInteger for 64 x 256, and 1.6 times as long for 384 x 1536.
MOST_IN_FLOAT = 65536

DYNAMIC = {"matmul_integer": "linear", "conv_integer": "conv"}

# Which axis of a constant factor its scales are along.
COLUMNS, FILTERS = 1, 0

MOVES = frozenset(
    [
        "depth_to_space",
        "flatten",
        "identity",
        "pool",
        "reshape",
        "slice",
        "space_to_depth",
        "split",
        "squeeze",
        "transpose",
        "unsqueeze",
    ]
)


def spell_out(graph: Graph, shapes: Mapping[str, Shape]) -> Graph:
    """Return a graph whose quantized layers are float ones, between roundings.

    Layers whose weights and scales are no constants stay as they are, and so do products of
    MatMulInteger with large weights that do not fit [-127, 127] less their zero point.
    """
    rewriting = Rewriting(graph, shapes)
    return rewriting.apply(_Speller(rewriting).spelled)


class _Speller:
    def __init__(self, rewriting: Rewriting) -> None:
        self._rewriting = rewriting
        self._constants = rewriting.constants
        # The scale and zero point of quantized values, by name.
        self._forms: dict[str, tuple[str, str]] = {}

    def spelled(self, node: Node) -> tuple[Node, ...] | None:
        """Return what a node is spelled as; None for itself."""
        if node.op == "quantize_linear" and self._is_form(*node.inputs[1:]):
            self._forms[node.outputs[0]] = (node.inputs[1], node.inputs[2])
        elif node.op == "qlinear_conv":
            return self._conv(node)
        elif node.op == "qlinear_matmul":
            return self._product(node)
        elif node.op == "binary" and node.attributes["kind"] == "mul":
            return self._dynamic(node)
        elif node.op in MOVES and node.attributes.get("kind", "max") == "max":
            return self._moved(node)
        return None

    def _conv(self, node: Node) -> tuple[Node, ...] | None:
        """QLinearConv: the bias is in steps of the sums."""
        x, x_scale, x_zero, *weight, y_scale, y_zero, bias = node.inputs
        if not self._is_form(x_scale, x_zero) or not self._is_form(y_scale, y_zero):
            return None
        floats = self._weight(weight, FILTERS, f"{node.outputs[0]}.weight")
        if not floats or (bias and bias not in self._constants):
            return None
        if bias:
            steps = self._constants[x_scale].reshape(-1) * self._constants[weight[1]].reshape(-1)
            values = (self._constants[bias] * steps.astype(np.float64)).astype(np.float32)
            bias = self._rewriting.add_constant(values, f"{node.outputs[0]}.bias")
        read = self._dequantized(x, x_scale, x_zero)
        made = Node("conv", (read.outputs[0], floats, bias), ("",), node.attributes, node.name)
        return (read, *self._quantized(made, node.outputs, y_scale, y_zero))

    def _product(self, node: Node) -> tuple[Node, ...] | None:
        """QLinearMatMul: of a value with a constant matrix, or with another value."""
        a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero = node.inputs
        if not self._is_form(a_scale, a_zero) or not self._is_form(y_scale, y_zero):
            return None
        reads = [self._dequantized(a, a_scale, a_zero)]
        if b in self._constants:
            floats = self._weight((b, b_scale, b_zero), COLUMNS, f"{node.outputs[0]}.weight")
            if not floats or self._constants[b].ndim != 2:
                return None
            attributes: dict[str, Attribute] = {"activation": "identity", "alpha": 0.0}
            inputs = (reads[0].outputs[0], floats, "")
            made = Node("linear", inputs, ("",), attributes, node.name)
        else:
            if not self._is_form(b_scale, b_zero):
                return None
            reads.append(self._dequantized(b, b_scale, b_zero))
            values = tuple(read.outputs[0] for read in reads)
            made = Node("matmul", values, ("",), {}, node.name)
        return (*reads, *self._quantized(made, node.outputs, y_scale, y_zero))

    def _moved(self, node: Node) -> tuple[Node, ...] | None:
        """Put what moves bytes of one form between roundings."""
        form = self._forms.get(node.inputs[0])
        if form is None:
            return None
        read = self._dequantized(node.inputs[0], *form)
        moved = replace(node, inputs=(read.outputs[0], *node.inputs[1:]))
        return (read, *self._quantized(moved, node.outputs, *form))

    def _dynamic(self, node: Node) -> tuple[Node, ...] | None:
        """Multiply the floats that integers were made of, in place of those and a scaling."""
        for product, scale in (node.inputs, node.inputs[::-1]):
            cast = self._rewriting.maker(product, "cast")
            integers = cast and self._rewriting.maker(cast.inputs[0], *DYNAMIC)
            if cast is None or integers is None or cast.attributes["to"] != "float32":
                continue
            q, weight, zero, weight_zero = integers.inputs
            source = self._rewriting.maker(q, "dynamic_quantize_linear")
            if source is None or (q, zero) != (source.outputs[0], source.outputs[2]):
                continue
            factor = self._other_factor(scale, source.outputs[1])
            layer = factor and self._layer(integers, (weight, factor, weight_zero))
            if layer:
                inputs = (source.inputs[0], *layer.inputs[1:])
                return (replace(layer, inputs=inputs, outputs=node.outputs),)
        return None

    def _other_factor(self, scale: str, one: str) -> str:
        """Return the constant with which a product has some value as the other factor; or ""."""
        node = self._rewriting.maker(scale, "binary")
        if node is None or node.attributes["kind"] != "mul" or one not in node.inputs:
            return ""
        other = node.inputs[1 - node.inputs.index(one)]
        return other if other in self._constants else ""

    def _layer(self, node: Node, weight: tuple[str, str, str]) -> Node | None:
        """Return the float layer of a product of integers, if it can be had."""
        op, (values, scales, _) = DYNAMIC[node.op], (self._constants.get(name) for name in weight)
        axis = COLUMNS if op == "linear" else FILTERS
        if values is None or scales is None or scales.ndim > 1:
            return None
        if op == "conv" and scales.size > 1:  # they would be those of the last axis
            return None
        if op == "linear" and values.ndim != 2:
            return None
        floats = self._weight(weight, axis, f"{node.outputs[0]}.weight")
        if not floats:
            return None
        fits = self._rewriting.integers.pop(floats, None)
        if op == "conv":
            return Node(op, ("", floats, ""), ("",), node.attributes, node.name)
        attributes: dict[str, Attribute] = {"activation": "identity", "alpha": 0.0}
        if fits is not None:
            attributes["activation_bits"] = ROW_BITS
            self._rewriting.integers[floats] = fits
        elif values.size > MOST_IN_FLOAT:
            return None
        return Node(op, ("", floats, ""), ("",), attributes, node.name)

    def _is_form(self, scale: str, zero: str) -> bool:
        """Return whether these are one scale and one zero point, of a byte."""
        numbers = [self._constants.get(name) for name in (scale, zero)]
        if any(number is None or number.size != 1 for number in numbers):
            return False
        return self._constants[scale].dtype == np.float32 and _is_byte(self._constants[zero])

    def _weight(self, names: tuple[str, ...] | list[str], axis: int, base: str) -> str:
        """Return a constant as float32, "" for what cannot be; its integers are noted."""
        values, scales, zeros = (self._constants.get(name) for name in names)
        if values is None or scales is None or not _is_byte(values) or (names[2] and zeros is None):
            return ""
        if scales.dtype != np.float32 or scales.size not in (1, values.shape[axis]):
            return ""
        if zeros is not None and zeros.size not in (1, values.shape[axis]):
            return ""
        shape = [1] * values.ndim
        shape[axis] = scales.size
        floats = centred_integers(values, zeros, axis).astype(np.float32) * scales.reshape(shape)
        made = self._rewriting.add_constant(floats, base)
        integers = symmetric_integers(values, scales, zeros, axis)
        if integers is not None:
            self._rewriting.integers[made] = integers
        return made

    def _dequantized(self, value: str, scale: str, zero: str) -> Node:
        made = self._rewriting.fresh(f"{value}.float")
        return Node("dequantize_linear", (value, scale, zero), (made,), _PER_TENSOR)

    def _quantized(
        self, node: Node, outputs: tuple[str, ...], scale: str, zero: str
    ) -> tuple[Node, ...]:
        """Return a node, and what makes bytes of its outputs, by the outputs' names."""
        floats = tuple(self._rewriting.fresh(f"{name}.float") for name in outputs)
        to = self._constants[zero].dtype.name
        roundings = [
            Node("quantize_linear", (made, scale, zero), (name,), {**_PER_TENSOR, "to": to})
            for made, name in zip(floats, outputs, strict=True)
        ]
        self._forms.update(dict.fromkeys(outputs, (scale, zero)))
        return (replace(node, outputs=floats), *roundings)


_PER_TENSOR: Mapping[str, Attribute] = {"axis": 1, "block_size": 0}


def _is_byte(array: np.ndarray) -> bool:
    return array.dtype in (np.int8, np.uint8)
