"""Values of a graph with quantized ones, as it is written again: which are int8, and in what form.

A quantized value keeps its name. What it stands for is made, under the dequantized value's name,
only where somebody needs float32 of it. ``name.s8`` is int8 that the model does not name: elements
of a quantized value, moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fourfold.graph.ir import Attribute, Graph, Node
from fourfold.quantization.form import Form
from fourfold.quantization.static_tables import chain_table


class GivenValues:
    """The nodes that are written so far, and what is known of their values.

    Parameters
    ----------
    graph : Graph
        The graph as it was.
    forms : mapping of str to Form
        Of quantized values, and of dequantized ones how they are read (``find_forms``).

    Attributes
    ----------
    nodes, constants
        Those of the graph that is written.
    int8 : dict of str to tuple of str and Form
        By the value that it stands for, and by its own name.
    roots : dict of str to str
        By functions of one int8 value, element by element: what that stands for.
    """

    def __init__(self, graph: Graph, forms: Mapping[str, Form]) -> None:
        self._graph = graph
        self._forms = forms
        self._taken = {name for node in graph.nodes for name in (*node.inputs, *node.outputs)}
        self._in_float: set[str] = set()
        self._targets = _find_targets(graph, forms)
        self.constants = dict(graph.constants)
        self.nodes: list[Node] = []
        self.int8: dict[str, tuple[str, Form]] = {}
        self.roots: dict[str, str] = {}

    def target(self, output: str) -> Form | None:
        """Return in which form a value is quantized, if that is all that becomes of it."""
        name = self._targets.get(output)
        return None if name is None else self._forms[name]

    def add(self, node: Node, attributes: Mapping[str, Attribute]) -> str:
        """Write a step that gives int8, if its output is only there to be quantized."""
        (output,) = node.outputs
        merged, form = {**node.attributes, **attributes}, self.target(output)
        if form is not None:
            output = self._targets[output]
            merged |= form.attributes("output_")
            self.int8[output] = (output, form)
        self.nodes.append(replace(node, outputs=(output,), attributes=merged))
        return output

    def add_point(self, node: Node, root: str) -> None:
        """Note a function of an int8 value; write its table, if it is quantized again."""
        (output,) = node.outputs
        self.roots[output] = root
        form = self.target(output)
        if form is not None:
            name = self._targets[output]
            self.look_up(root, form.quantized(self._table(output)), name)
            self.int8[name] = (name, form)

    def quantize(self, node: Node) -> None:
        """Write what quantizes a value, unless its maker has done so."""
        x, output = node.inputs[0], node.outputs[0]
        form = self._forms[output]
        if output in self.int8:
            return
        name = output
        if x in self.int8:
            name = self.in_form(x, form)
        elif x in self.roots:
            self.look_up(self.roots[x], form.quantized(self._table(x)), output)
        else:
            scale = self.constant(f"{output}.scale", np.array(form.scale, np.float32))
            zero = self.constant(f"{output}.zero", np.array(form.zero, np.int8))
            inputs = (self.in_float(x), scale, zero)
            self.nodes.append(Node("quantize_linear", inputs, (output,), {"to": "int8"}, node.name))
        self.int8[output] = (name, form)

    def dequantize(self, node: Node) -> None:
        """Note in what form a quantized value is read."""
        output = node.outputs[0]
        self.int8[output] = (self.int8[node.inputs[0]][0], self._forms[output])

    def in_form(self, name: str, form: Form) -> str:
        """Return an int8 value in some form; another one is made of it by a table."""
        source, own = self.int8[name]
        if own == form:
            return source
        turned = self.fresh(f"{name}.turned")
        self.look_up(name, form.quantized(own.values()), turned)
        return turned

    def in_float(self, name: str) -> str:
        """Return a value that is float32: made now, if it is int8 and was not needed before."""
        if name not in self._in_float and name in self.int8:
            source, form = self.int8[name]
            self.nodes.append(Node("dequantize_s8", (source,), (name,), form.attributes("")))
            self._in_float.add(name)
        elif name not in self._in_float and name in self.roots:
            self.look_up(self.roots[name], self._table(name), name)
            self._in_float.add(name)
        return name

    def look_up(self, root: str, table: np.ndarray, output: str) -> None:
        """Write a function of an int8 value."""
        inputs = (self.int8[root][0], self.constant(f"{output}.table", table))
        self.nodes.append(Node("lookup", inputs, (output,)))

    def constant(self, base: str, array: np.ndarray) -> str:
        """Add a constant, and return its name."""
        name = self.fresh(base)
        self.constants[name] = array
        return name

    def fresh(self, name: str) -> str:
        """Return a name that nothing has: this one, or it with so many ``_`` behind it."""
        while name in self._taken or name in self.constants:
            name += "_"
        self._taken.add(name)
        return name

    def _table(self, output: str) -> np.ndarray:
        """Return what a function gives for each of the 256 values, float32."""
        root = self.roots[output]
        return chain_table(self._graph, self.roots, output, root, self.int8[root][1])


def _find_targets(graph: Graph, forms: Mapping[str, Form]) -> dict[str, str]:
    """Return, by each value that is only there to be quantized, what it is then."""
    readers = Counter(name for node in graph.nodes for name in node.inputs)
    readers.update(graph.outputs)
    return {
        node.inputs[0]: node.outputs[0]
        for node in graph.nodes
        if node.op == "quantize_linear" and node.outputs[0] in forms
        if readers[node.inputs[0]] == 1
    }
