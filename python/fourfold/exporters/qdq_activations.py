"""Activations of an ONNX graph to 8 bits and back: QuantizeLinear, DequantizeLinear behind them.

As uint8, all 128 higher than the engine's int8: OpenVINO 2026 gives wrong results for some int8
ones (of a Concat, in PP-OCR's det: F1 0 in place of 0.94), and onnxruntime's kernels of two int8
operands are slower.
"""

from __future__ import annotations

import numpy as np
import onnx

from fourfold.exporters.additions import Additions
from fourfold.quantization.activations import ActivationForms
from fourfold.quantization.form import Form

SHIFT = 128


def quantize_activations(graph: onnx.GraphProto, forms: ActivationForms) -> None:
    """Quantize values of a graph, in place, for those of its own nodes that read them.

    Parameters
    ----------
    graph : onnx.GraphProto
        Of opset 13 or newer. Every node has a name.
    forms : ActivationForms
        Which values, and which nodes' first inputs alone; what the graph does not have is ignored.
    """
    made = Additions(graph)
    writer = _Writer(made, forms)
    given = {tensor.name for tensor in graph.initializer}
    for value in graph.input:
        if value.name not in given:
            writer.made(value.name)
    for node in graph.node:
        writer.add(node)
    made.finish()


class _Writer:
    def __init__(self, made: Additions, forms: ActivationForms) -> None:
        self._made = made
        self._forms = forms
        self._read: dict[str, str] = {}

    def made(self, value: str) -> None:
        """Quantize a value that is there now, if all are to read it so."""
        if value in self._forms.values:
            self._read[value] = self._quantized(value, self._forms.values[value])

    def add(self, node: onnx.NodeProto) -> None:
        """Add a node, which reads what is quantized so."""
        own = self._forms.inputs.get(node.name)
        if own is not None and node.op_type == "Conv" and node.input[0] not in self._read:
            node.input[0] = self._quantized(node.input[0], own)
        for place, name in enumerate(node.input):
            node.input[place] = self._read.get(name, name)
        self._made.nodes.append(node)
        for name in node.output:
            self.made(name)

    def _quantized(self, value: str, form: Form) -> str:
        """Round a value to 8 bits, and make float32 of that again; return what it is called."""
        zero = np.array(form.zero + SHIFT, np.uint8)
        constants = [
            self._made.initializer(f"{value}_activation_scale", np.array(form.scale, np.float32)),
            self._made.initializer(f"{value}_activation_zero", zero),
        ]
        rounded = self._made.node("QuantizeLinear", [value, *constants], f"{value}_quantized")
        return self._made.node("DequantizeLinear", [rounded, *constants], f"{value}_rounded")
