"""Activations of an ONNX graph to int8 and back: QuantizeLinear, DequantizeLinear behind them."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from fourfold.importers.onnx.emitter import Names
from fourfold.importers.onnx.model import value_names
from fourfold.quantization.activations import ActivationScales


def quantize_activations(graph: onnx.GraphProto, scales: ActivationScales) -> None:
    """Quantize values of a graph, in place, for those of its own nodes that read them.

    Parameters
    ----------
    graph : onnx.GraphProto
        Of opset 13 or newer. Every node has a name.
    scales : ActivationScales
        Which values, and which nodes' first inputs alone; what the graph does not have is ignored.
    """
    writer = _Writer(graph, scales)
    kept = list(graph.node)
    given = {tensor.name for tensor in graph.initializer}
    for value in graph.input:
        if value.name not in given:
            writer.made(value.name)
    for node in kept:
        writer.add(node)
    copies = [type(node).FromString(node.SerializeToString()) for node in writer.nodes]
    del graph.node[:]
    graph.node.extend(copies)


class _Writer:
    def __init__(self, graph: onnx.GraphProto, scales: ActivationScales) -> None:
        self._graph = graph
        self._scales = scales
        self._names = Names([*value_names(graph), *(node.name for node in graph.node)])
        self._read: dict[str, str] = {}
        self.nodes: list[onnx.NodeProto] = []

    def made(self, value: str) -> None:
        """Quantize a value that is there now, if all are to read it so."""
        if value in self._scales.values:
            self._read[value] = self._quantized(value, self._scales.values[value])

    def add(self, node: onnx.NodeProto) -> None:
        """Add a node, which reads what is quantized so."""
        own = self._scales.inputs.get(node.name)
        if own is not None and node.op_type == "Conv" and node.input[0] not in self._read:
            node.input[0] = self._quantized(node.input[0], own)
        for place, name in enumerate(node.input):
            node.input[place] = self._read.get(name, name)
        self.nodes.append(node)
        for name in node.output:
            self.made(name)

    def _quantized(self, value: str, scale: float) -> str:
        """Add what rounds a value to int8, and makes float32 of that; return what it is called."""
        constants = [
            self._constant(f"{value}_activation_scale", np.array(scale, np.float32)),
            self._constant(f"{value}_activation_zero", np.array(0, np.int8)),
        ]
        made = value
        for op, end in (("QuantizeLinear", "quantized"), ("DequantizeLinear", "rounded")):
            output = self._names.fresh(f"{value}_{end}")
            name = self._names.fresh(f"{output}_{op}")
            self.nodes.append(helper.make_node(op, [made, *constants], [output], name=name))
            made = output
        return made

    def _constant(self, name: str, array: np.ndarray) -> str:
        made = self._names.fresh(name)
        self._graph.initializer.append(numpy_helper.from_array(array, made))
        return made
