"""Rewriting: what every fusion shares. One walk over the nodes, a rule tried at each.

A rule looks at a node and at what makes its inputs, and returns what shall stand in its place:
nodes that compute the same outputs from values further up. What nothing reads any more is pruned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np

from fourfold.graph.ir import Graph, Integers, Node
from fourfold.graph.passes.prune import prune
from fourfold.graph.shapes import Shape

Rule = Callable[[Node], tuple[Node, ...] | None]


class Rewriting:
    """A graph in the course of being rewritten.

    Parameters
    ----------
    graph : Graph
        The graph as it was.
    shapes : mapping of str to tuple
        Those of its values that are known; values keep their names, and so their shapes.

    Attributes
    ----------
    constants : dict of str to ndarray
        The graph's, and those that rules add.
    integers : dict of str to Integers
        Likewise.
    """

    def __init__(self, graph: Graph, shapes: Mapping[str, Shape]) -> None:
        self._graph = graph
        self._shapes = shapes
        self._makers: dict[str, Node] = {}
        self._readers = Counter(name for node in graph.nodes for name in node.inputs)
        self._readers.update(graph.outputs)
        self._order = {node.outputs[0]: index for index, node in enumerate(graph.nodes)}
        self._asked = Counter(node.inputs[0] for node in graph.nodes if node.op == "shape")
        self._taken = {info.name for info in graph.inputs} | graph.constants.keys()
        self._taken.update(name for node in graph.nodes for name in node.outputs)
        self._finite: dict[str, bool] = {}
        self.constants = dict(graph.constants)
        self.integers = dict(graph.integers)

    def apply(self, rule: Rule) -> Graph:
        """Return the graph with a rule tried at each node, in their order."""
        nodes: list[Node] = []
        for node in self._graph.nodes:
            for placed in rule(node) or (node,):
                nodes.append(placed)
                self._makers.update(dict.fromkeys(placed.outputs, placed))
        return self.written(nodes)

    def written(self, nodes: Iterable[Node]) -> Graph:
        """Return the graph with other nodes, and the constants that were added."""
        return prune(
            replace(
                self._graph,
                nodes=tuple(nodes),
                constants=self.constants,
                integers=self.integers,
            )
        )

    def maker(self, value: str, *ops: str) -> Node | None:
        """Return the node that makes a value, if it is one of these ops."""
        node = self._makers.get(value)
        return node if node is not None and node.op in ops else None

    def inner(
        self, value: str, *ops: str, reads: int = 1, shape_aside: bool = False
    ) -> Node | None:
        """Return the node of one of these ops that makes a value which only the pattern reads.

        The value has so many readers in all, is the node's first output, and the only one. With
        ``shape_aside``, those that ask for its shape do not count: the value stays for them.
        """
        node = self.maker(value, *ops)
        readers = self._readers[value] - (self._asked[value] if shape_aside else 0)
        fits = node is not None and len(node.outputs) == 1 and readers == reads
        return node if fits else None

    def terms(self, node: Node) -> list[tuple[str, str]]:
        """Return the operands of a float sum, each with the other; what is made later comes first.

        No other node has any: a sum in INT8 has scales of its own.
        """
        if node.op != "add" and (node.op != "binary" or node.attributes["kind"] != "add"):
            return []
        a, b = node.inputs
        return sorted([(a, b), (b, a)], key=lambda pair: -self._order.get(pair[0], -1))

    def reads(self, value: str) -> int:
        """Return how often a value or constant was read, as an output of the graph, too."""
        return self._readers[value]

    def shape(self, value: str) -> Shape | None:
        """Return the shape of a value of the graph as it was, if it is known."""
        return self._shapes.get(value)

    def constant(self, name: str) -> np.ndarray | None:
        """Return a float32 constant, all of it finite; None for anything else."""
        array = self.constants.get(name)
        if array is None or array.dtype != np.float32:
            return None
        if name not in self._finite:  # once: a large one may be read by thousands of nodes
            self._finite[name] = bool(np.isfinite(array).all())
        return array if self._finite[name] else None

    def is_wide(self, value: str, rank: int) -> bool:
        """Return whether a value has at least so many axes: a constant of them adds none."""
        found = self.shape(value)
        return rank == 0 or (found is not None and len(found) >= rank)

    def add_constant(self, array: np.ndarray, base: str) -> str:
        """Add a constant, and return its name."""
        name = self.fresh(base)
        self.constants[name] = array
        return name

    def scale_integers(self, weight: str, made: str, factors: np.ndarray, axis: int) -> None:
        """Note what integers a constant has that was made of another, times factors along an axis.

        None, if the other has none, or scales along another axis, or there are factors of 0.
        """
        given = self.integers.get(weight)
        if given is None or not np.all(factors) or (len(given.scales) > 1 and given.axis != axis):
            return
        shape = [1] * given.values.ndim
        shape[axis] = len(factors)
        values = given.values * np.sign(factors).astype(np.int8).reshape(shape)
        scales = (given.scales * np.abs(factors)).astype(np.float32)
        self.integers[made] = Integers(values, scales, axis)

    def fresh(self, base: str) -> str:
        """Return a name for a new value."""
        name, number = base, 1
        while name in self._taken:
            name, number = f"{base}.{number}", number + 1
        self._taken.add(name)
        return name
