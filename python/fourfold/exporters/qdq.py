"""Weights of an ONNX graph to int8 initializers, with what makes float of them again."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import onnx
from onnx import TensorProto, helper

from fourfold.exporters.additions import Additions, replace_items
from fourfold.graph.ir import Graph
from fourfold.graph.passes.pack import QuantizedWeight
from fourfold.importers.onnx.model import live_nodes, names_read
from fourfold.quantization.activations import ActivationForms
from fourfold.quantization.weights import quantize_columns, quantize_rows, quantize_table

# What a node of the float graph came from, if its weight has a form in int8.
EXPORTED = {"conv": {"Conv"}, "linear": {"MatMul", "Gemm"}, "gather": {"Gather"}}

LARGEST_BIAS = np.iinfo(np.int32).max


class QdqWriter:
    """Rewrites a graph in place.

    Parameters
    ----------
    graph : onnx.GraphProto
        Of opset 13 or newer. Every node has a name.
    imported : Graph
        What it was imported as: it knows the weights, wherever they come from.
    activations : ActivationForms
        The forms of what layers read: a bias then is of the products' scales.
    """

    def __init__(
        self, graph: onnx.GraphProto, imported: Graph, activations: ActivationForms
    ) -> None:
        self._forms = activations
        self._graph = graph
        self._constants = imported.constants
        self._layers = {node.name: node for node in imported.nodes if node.op in EXPORTED}
        self._made = Additions(graph)
        self._quantized: dict[str, QuantizedWeight] = {}
        self._dequantized: dict[str, str] = {}
        self._tables: dict[str, tuple[str, str]] = {}

    def write(self, layers: Collection[str]) -> set[str]:
        """Quantize the weights of some layers, given by name; return which have a form in ONNX."""
        written = set()
        for node in self._graph.node:
            if node.name in layers and self._write_layer(node):
                written.add(node.name)
            else:
                self._made.nodes.append(node)
        self._made.finish()
        self._drop_what_nobody_reads()
        return written

    def _write_layer(self, node: onnx.NodeProto) -> bool:
        """Write a layer with its weight in int8, if it is one that has such a form."""
        layer = self._layers.get(node.name)
        if layer is None or node.op_type not in EXPORTED[layer.op]:
            return False
        weight = layer.inputs[0 if layer.op == "gather" else 1]
        if layer.op == "gather":
            self._write_embedding(node, weight)
            return True
        node.input[1] = self._dequantize(weight, axis=0 if layer.op == "conv" else 1)
        form = self._forms.values.get(node.input[0], self._forms.inputs.get(node.name))
        if layer.op == "conv" and layer.inputs[2] in self._constants and form is not None:
            bias = layer.inputs[2]
            node.input[2] = self._dequantized_bias(node.input[2], weight, bias, form.scale)
        # The weight is as the layer has it: transposed, and with its factor.
        kept = [item for item in node.attribute if item.name not in {"transB", "alpha"}]
        del node.attribute[:]
        node.attribute.extend(kept)
        self._made.nodes.append(node)
        return True

    def _dequantize(self, weight: str, axis: int) -> str:
        """Return what a weight is called as float again, with a scale for each filter or column."""
        if weight not in self._dequantized:
            quantized = self._in_int8(weight, axis)
            scales = quantized.scales.reshape(-1)
            inputs = [
                self._made.initializer(f"{weight}_int8", quantized.values),
                self._made.initializer(f"{weight}_scale", scales),
                self._made.initializer(f"{weight}_zero", np.zeros(scales.shape, np.int8)),
            ]
            made = self._made.node("DequantizeLinear", inputs, f"{weight}_dequantized", axis=axis)
            self._dequantized[weight] = made
        return self._dequantized[weight]

    def _in_int8(self, weight: str, axis: int) -> QuantizedWeight:
        """Return a layer's weight with a scale for each filter or column."""
        if weight not in self._quantized:
            quantize = quantize_columns if axis else quantize_rows
            self._quantized[weight] = quantize(self._constants[weight])
        return self._quantized[weight]

    def _dequantized_bias(self, name: str, weight: str, bias: str, scale: float) -> str:
        """Return a bias in int32, in steps of the sums: without it others compute in float.

        One that is too large for that stays as it is.
        """
        steps = np.float32(scale) * self._in_int8(weight, axis=0).scales.reshape(-1)
        values = np.rint(self._constants[bias] / steps.astype(np.float64))
        if np.abs(values).max(initial=0) > LARGEST_BIAS:
            return name
        inputs = [
            self._made.initializer(f"{bias}_int32", values.astype(np.int32)),
            self._made.initializer(f"{bias}_scale", steps),
        ]
        return self._made.node("DequantizeLinear", inputs, f"{bias}_dequantized", axis=0)

    def _write_embedding(self, node: onnx.NodeProto, table: str) -> None:
        """Take rows in int8, and their scales: ``Cast(table[i]) * scales[i]``."""
        indices = node.input[1]
        if table not in self._tables:
            quantized = quantize_table(self._constants[table])
            self._tables[table] = (
                self._made.initializer(f"{table}_int8", quantized.values),
                self._made.initializer(f"{table}_scale", quantized.scales),
            )
        values, scales = self._tables[table]
        name = node.output[0]
        rows = self._made.node("Gather", [values, indices], f"{name}_int8", axis=0)
        floats = self._made.node("Cast", [rows], f"{name}_float", to=TensorProto.FLOAT)
        of_rows = self._made.node("Gather", [scales, indices], f"{name}_scale", axis=0)
        self._made.nodes.append(helper.make_node("Mul", [floats, of_rows], [name], name=node.name))

    def _drop_what_nobody_reads(self) -> None:
        """Drop the weights in float, and the nodes that computed them."""
        graph = self._graph
        kept = live_nodes(graph)
        read = {name for node in kept for name in names_read(node)}
        read.update(output.name for output in graph.output)
        dropped = {tensor.name for tensor in graph.initializer} - read
        tensors = [tensor for tensor in graph.initializer if tensor.name in read]
        inputs = [value for value in graph.input if value.name not in dropped]
        infos = [value for value in graph.value_info if value.name in read]
        for field, items in [
            (graph.node, kept),
            (graph.initializer, tensors),
            (graph.input, inputs),
            (graph.value_info, infos),
        ]:
            replace_items(field, items)
