"""Additions: initializers and nodes that an ONNX graph gets, under names that it does not have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from fourfold.importers.onnx.emitter import Names
from fourfold.importers.onnx.model import value_names


class Additions:
    """Writes the nodes of a graph anew, one after the other.

    Parameters
    ----------
    graph : onnx.GraphProto
        Every node has a name. It gets initializers at once, and the nodes by ``finish``.

    Attributes
    ----------
    nodes : list of onnx.NodeProto
        Those written so far.
    """

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph = graph
        self._names = Names([*value_names(graph), *(node.name for node in graph.node)])
        self.nodes: list[onnx.NodeProto] = []

    def initializer(self, name: str, array: np.ndarray) -> str:
        """Add an array; return what it is called."""
        made = self._names.fresh(name)
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(array, order="C"), made))
        return made

    def node(self, op: str, inputs: list[str], output: str, **attributes: int) -> str:
        """Add a node, named after its output; return what that is called."""
        made = self._names.fresh(output)
        name = self._names.fresh(f"{made}_{op}")
        node = helper.make_node(op, inputs, [made], name=name)
        node.attribute.extend(helper.make_attribute(*item) for item in attributes.items())
        self.nodes.append(node)
        return made

    def finish(self) -> None:
        """Give the graph the nodes that were written, in place of its own."""
        replace_items(self._graph.node, self.nodes)


def replace_items(field: Any, items: Iterable[Any]) -> None:
    """Put messages, which may be some of a repeated field's own, in place of what it has."""
    copies = [type(item).FromString(item.SerializeToString()) for item in items]
    del field[:]
    field.extend(copies)
