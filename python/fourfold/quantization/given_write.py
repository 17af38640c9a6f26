"""Write: a graph with quantized values again, node by node, as one on int8 (``given_values``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.pack import QuantizedWeight
from fourfold.graph.passes.prune import prune
from fourfold.quantization.form import Form
from fourfold.quantization.given_layers import border, corrected_bias
from fourfold.quantization.given_values import GivenValues
from fourfold.quantization.static_roles import JOIN, MEAN, MOVED, POINT, Roles

Weights = dict[str, tuple[QuantizedWeight, ...]]


def write_given(
    graph: Graph,
    dtypes: Mapping[str, str],
    forms: Mapping[str, Form],
    weights: Mapping[str, QuantizedWeight],
) -> tuple[Graph, Weights]:
    """Return a graph that computes in int8 what is quantized, and the weights that it has so.

    Parameters
    ----------
    graph : Graph
        The graph, channels last where it has convolutions.
    dtypes : mapping of str to str
        Of all its values; "" where it isn't known.
    forms : mapping of str to Form
        Of its quantized and dequantized values (``find_forms``).
    weights : mapping of str to QuantizedWeight
        Of layers that INT8 can run, by their first outputs.
    """
    writer = _Writer(graph, Roles(graph, dtypes, ()), GivenValues(graph, forms), weights)
    for node in graph.nodes:
        if node.op == "quantize_linear" and node.outputs[0] in forms:
            writer.values.quantize(node)
        elif node.op == "dequantize_linear" and node.outputs[0] in forms:
            writer.values.dequantize(node)
        elif not writer.write_int8(node):
            writer.write_float(node)
    for name in graph.outputs:
        writer.values.in_float(name)
    values = writer.values
    written = prune(replace(graph, nodes=tuple(values.nodes), constants=values.constants))
    kept = {name for node in written.nodes for name in node.outputs}
    return written, {name: pair for name, pair in writer.used.items() if name in kept}


class _Writer:
    def __init__(
        self,
        graph: Graph,
        roles: Roles,
        values: GivenValues,
        weights: Mapping[str, QuantizedWeight],
    ) -> None:
        self._graph = graph
        self._roles = roles
        self._weights = weights
        self.values = values
        self.used: Weights = {}

    def write_int8(self, node: Node) -> bool:
        """Write a node as a step on int8, if there is one that does the same."""
        if node.outputs[0] in self._weights:
            return self._write_layer(node)
        role, operands = self._roles.of(node), self._roles.operands(node)
        root = self._root(node, operands) if role in (POINT, JOIN) else ""
        if root:
            self.values.add_point(node, root)
            return True
        int8 = [name for name in operands if name in self.values.int8]
        if role == JOIN and int8 and len(node.inputs) == 2:
            self._write_join(node)
            return True
        if role == MEAN and int8 and not node.attributes.get("count_include_pad"):
            name, form = self.values.int8[int8[0]]
            self.values.add(replace(node, inputs=(name,)), form.attributes("input_"))
            return True
        return role == MOVED and len(int8) == len(operands) > 0 and self._write_moved(node)

    def write_float(self, node: Node) -> None:
        """Write a node that computes in float32, or reads nothing but a shape."""
        if node.op == "shape" and node.inputs[0] in self.values.int8:
            inputs: tuple[str, ...] = (self.values.int8[node.inputs[0]][0],)
        else:
            inputs = tuple(self.values.in_float(name) for name in node.inputs)
        if node.outputs[0] not in self.used:
            node = node.without("activation_bits")
        self.values.nodes.append(replace(node, inputs=inputs))

    def _root(self, node: Node, operands: tuple[str, ...]) -> str:
        """Return the int8 value that a node is a function of, element by element; "" for none."""
        roots = {self.values.roots.get(name, name) for name in operands}
        numbers = [name for name in node.inputs if name in self._graph.constants]
        if len(roots) != 1 or any(self._graph.constants[name].size != 1 for name in numbers):
            return ""
        root = roots.pop()
        return root if root in self.values.int8 else ""

    def _write_layer(self, node: Node) -> bool:
        """Write a convolution or product, or a gathering of a table's rows."""
        weight = self._weights[node.outputs[0]]
        if node.op == "gather" or "activation_bits" in node.attributes:  # reads float32
            self.used[node.outputs[0]] = (weight,)
            return False
        x, _, bias, *rest = node.inputs
        if x not in self.values.int8 or (bias and bias not in self._graph.constants):
            return False
        name, form = self.values.int8[x]
        if form.zero:
            pads = border(node, weight.values.shape[2:]) if node.op == "conv" else ()
            if pads is None:
                return False
            if any(pads):
                node = node.without("pads", "auto_pad")
                name = self._padded(name, form, pads)
            corrected = corrected_bias(node, weight, form, self._graph.constants)
            bias = self.values.constant(f"{node.outputs[0]}.bias", corrected)
        inputs = (name, node.inputs[1], bias, *(self.values.in_float(each) for each in rest))
        made = self.values.add(replace(node, inputs=inputs), {"input_scale": form.scale})
        self.used[made] = (weight,)
        return True

    def _padded(self, name: str, form: Form, pads: tuple[int, ...]) -> str:
        """Return an image with a border that stands for zeros."""
        axes, padded = len(pads) // 2, self.values.fresh(f"{name}.padded")
        every = np.array([0, *pads[:axes], 0, 0, *pads[axes:], 0], np.int64)
        widths = self.values.constant(f"{padded}.widths", every)
        inputs = (name, widths, self._zero(padded, form), "")
        self.values.nodes.append(Node("pad", inputs, (padded,), {"mode": "constant"}))
        return padded

    def _zero(self, base: str, form: Form) -> str:
        return self.values.constant(f"{base}.zero", np.array([form.zero], np.int8))

    def _write_join(self, node: Node) -> None:
        """Write a sum or product, of which at least one operand is int8."""
        names, attributes = [], {"kind": "add", **node.attributes}
        for name, prefix in zip(node.inputs, ("a_", "b_"), strict=True):
            if name in self.values.int8:
                source, form = self.values.int8[name]
                names.append(source)
                attributes |= form.attributes(prefix)
            else:
                names.append(self.values.in_float(name))
        self.values.add(replace(node, op="binary_s8", inputs=tuple(names)), attributes)

    def _write_moved(self, node: Node) -> bool:
        """Write what moves elements, if all of them are of one form, or can be turned to it."""
        operands = self._roles.operands(node)
        form = self.values.int8[operands[0]][1]
        if any(self.values.int8[name][1] != form for name in operands):
            target = self.values.target(node.outputs[0])
            if target is None:
                return False
            form = target
        turned = {name: self.values.in_form(name, form) for name in operands}
        inputs = [turned.get(name, name) for name in node.inputs]
        if node.op == "pad":
            inputs[2:3] = [self._zero(node.outputs[0], form)]
        outputs = tuple(self.values.fresh(f"{name}.s8") for name in node.outputs)
        self.values.nodes.append(replace(node, inputs=tuple(inputs), outputs=outputs))
        for name, made in zip(node.outputs, outputs, strict=True):
            self.values.int8[name] = (made, form)
        return True
