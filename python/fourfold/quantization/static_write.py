"""Write: a float graph again with some of its values in int8.

A value that is int8 keeps its name. ``name.f32`` is what it stands for, for those who need that.
Convolutions stay ``conv``, with their forms as attributes (``graph.passes.pack_conv``); sums and
products become ``binary_s8``, functions of one value ``lookup``; what moves elements stays as it
is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.pack_conv import RESIDUAL
from fourfold.graph.passes.prune import prune
from fourfold.quantization.calibrate import Calibration
from fourfold.quantization.form import Form
from fourfold.quantization.static_forms import Forms
from fourfold.quantization.static_roles import CONV, JOIN, MEAN, MOVED
from fourfold.quantization.static_tables import chain_table


def scale_inputs(graph: Graph, int8: Collection[str], calibration: Calibration) -> Graph:
    """Return the graph whose convolutions in INT8, by their outputs, read and write float32.

    So it does not matter to any what runs in INT8 beside it.
    """
    nodes = [
        _with_form(node, "input_", calibration.ranges[node.inputs[0]].form())
        if node.op == "conv" and node.outputs[0] in int8
        else node
        for node in graph.nodes
    ]
    return replace(graph, nodes=tuple(nodes))


def without_scales(graph: Graph, int8: Collection[str]) -> Graph:
    """Return the graph of `scale_inputs`, with some of the convolutions only left in INT8."""
    nodes = [
        node if node.outputs[0] in int8 else node.without("input_scale", "input_zero")
        for node in graph.nodes
    ]
    return replace(graph, nodes=tuple(nodes))


def write_forms(graph: Graph, forms: Forms, calibration: Calibration) -> Graph:
    """Return the graph whose values have the forms that were chosen, for ``lower``."""
    writer = _Writer(graph, forms, calibration)
    for info in graph.inputs:
        writer.read_input(info.name)
    for node in graph.nodes:
        writer.write(node)
    return prune(replace(graph, nodes=tuple(writer.nodes), constants=writer.constants))


def in_float(name: str) -> str:
    """Return what an int8 value is called in float32, also as the output of what makes it."""
    return f"{name}.f32"


class _Writer:
    """The nodes that are written, and how they read each other's values."""

    def __init__(self, graph: Graph, forms: Forms, calibration: Calibration) -> None:
        self.graph = graph
        self.forms = forms
        self.ranges = calibration.ranges
        self.values = forms.values
        self.constants = dict(graph.constants)
        self.nodes: list[Node] = []
        self.in_float: set[str] = set()
        self.in_int8: dict[str, str] = {}

    def read_input(self, name: str) -> None:
        """Quantize an input of the graph, if its readers get it so."""
        if name in self.values:
            self.in_int8[name] = f"{name}.s8"
            self._quantize(name, f"{name}.s8", self.values[name])

    def write(self, node: Node) -> None:
        """Write what stands for a node."""
        role = self.forms.roles.of(node)
        root = self.forms.roots.get(node.outputs[0], "")
        if role == CONV:
            self.nodes.append(self._convolution(node))
        elif root in self.values:
            self._lookup(node, root)
        elif role == JOIN and self._has_int8(node):
            self.nodes.append(self._join(node))
        elif role == MEAN and node.inputs[0] in self.values:
            # A mean has no border (`Roles`): the engine need not hear what it would do with one.
            bare = node.without("count_include_pad")
            self.nodes.append(self._with_forms(bare, {"input_": node.inputs[0]}))
        elif role == MOVED and node.outputs[0] in self.values:
            self.nodes.append(self._moved(node))
        elif node.op == "shape":  # reads no element
            self.nodes.append(node)
        else:
            self._float(node)

    def _has_int8(self, node: Node) -> bool:
        return any(name in self.values for name in (*node.inputs, *node.outputs))

    def _with_forms(self, node: Node, read: Mapping[str, str]) -> Node:
        """Return a node with the forms of what it reads, by prefix, and of its output."""
        for prefix, name in {**read, "output_": node.outputs[0]}.items():
            if name in self.values:
                node = _with_form(node, prefix, self.values[name])
        return node

    def _convolution(self, node: Node) -> Node:
        x, residual = node.inputs[0], "".join(node.inputs[RESIDUAL : RESIDUAL + 1])
        written = self._with_forms(node, {"input_": x, "residual_": residual})
        written = replace(written, inputs=self._as_int8(node.inputs))
        if x in self.values:
            return written
        return _with_form(written, "input_", self.ranges[x].form())

    def _join(self, node: Node) -> Node:
        a, b = node.inputs
        named = replace(node, op="binary_s8", attributes={"kind": "add", **node.attributes})
        return self._with_forms(named, {"a_": a, "b_": b})

    def _moved(self, node: Node) -> Node:
        inputs = self._as_int8(node.inputs)
        if node.op == "pad":  # with zeros
            name = f"{node.outputs[0]}.zero"
            self.constants[name] = np.array([self.values[node.outputs[0]].zero], np.int8)
            inputs = (*inputs[:2], name, *inputs[3:])
        return replace(node, inputs=inputs)

    def _float(self, node: Node) -> None:
        """Write a node that computes in float32; what it makes is quantized, if it has to be."""
        inputs = tuple(self._as_float(name) for name in node.inputs)
        outputs = tuple(in_float(name) if name in self.values else name for name in node.outputs)
        self.nodes.append(replace(node, inputs=inputs, outputs=outputs))
        for name, made in zip(node.outputs, outputs, strict=True):
            if name in self.values:
                self._quantize(made, name, self.values[name])

    def _quantize(self, name: str, quantized: str, form: Form) -> None:
        self.nodes.append(Node("quantize_s8", (name,), (quantized,), form.attributes("")))

    def _as_int8(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.in_int8.get(name, name) for name in names)

    def _lookup(self, node: Node, root: str) -> None:
        """Write a table from the root; what lies between is pruned, if nobody else reads it."""
        (output,) = node.outputs
        table = chain_table(self.graph, self.forms.roots, output, root, self.values[root])
        if output in self.values:
            table = self.values[output].quantized(table)
        name = f"{output}.table"
        self.constants[name] = table
        self.nodes.append(Node("lookup", (root, name), node.outputs, {}, node.name))

    def _as_float(self, name: str) -> str:
        """Return the name of a value in float32, which is made where it is first needed."""
        if name not in self.values:
            return name
        made = in_float(name)
        if name not in self.in_float:
            self.in_float.add(name)
            form = self.values[name].attributes("")
            self.nodes.append(Node("dequantize_s8", (name,), (made,), form))
        return made


def _with_form(node: Node, prefix: str, form: Form) -> Node:
    return replace(node, attributes={**node.attributes, **form.attributes(prefix)})
