"""Forms: which values of a graph are int8 from step to step, and in which form.

The rules, none of which asks what a model is:

1. A value is int8 if somebody wants it so and its maker can give it so. INT8 begins at
   convolutions: they can give it, and whatever works on what is int8 already.
2. INT8 convolutions want their input and their residual, and means what a convolution made. To give
   int8, a table wants its argument, a sum or product those operands that are as large as it: a gate
   of one number per channel stays float32, which costs nothing.
3. Values whose elements are one another's (by concat, resize, transpose, ...) are one group: all of
   them are int8 in one form, or none is. A group with an output of the graph is float32.
4. What float32 arithmetic makes, and an input of the graph, is quantized where it is made if only
   convolutions read its group, several of them or after its elements were moved: bytes are moved
   faster. Else its group is float32.
5. Who needs float32 of an int8 value reads it dequantized; a convolution that gets float32
   quantizes it on reading. So no other value is ever rounded: not those of a softmax, a
   normalization, a mask.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.pack_conv import RESIDUAL
from fourfold.quantization.calibrate import Calibration
from fourfold.quantization.form import Form
from fourfold.quantization.observers import RangeObserver
from fourfold.quantization.static_roles import CONV, FLOAT, JOIN, MEAN, MOVED, POINT, Roles


@dataclass(frozen=True)
class Forms:
    """What each value is, in a graph that runs in INT8."""

    values: Mapping[str, Form]
    """Of the values that are int8: what their bytes stand for."""

    roots: Mapping[str, str]
    """By the output of a ``point``: the value that it is a function of, through others maybe."""

    roles: Roles


def choose_forms(graph: Graph, int8: Collection[str], calibration: Calibration) -> Forms:
    """Return which values are int8.

    Parameters
    ----------
    graph : Graph
        The graph, channels last.
    int8 : collection of str
        The first outputs of the convolutions that run in INT8.
    calibration : Calibration
        What was seen of the graph's values.
    """
    chooser = _Chooser(graph, Roles(graph, calibration.dtypes, int8), calibration)
    chosen = chooser.choose()
    values: dict[str, Form] = {}
    for members in chooser.members.values():
        if chooser.group[members[0]] not in chosen:
            continue
        together = RangeObserver()
        for name in members:
            together.merge(calibration.ranges[name])
        values.update(dict.fromkeys(members, together.form()))
    return Forms(values, chooser.roots, chooser.roles)


class _Chooser:
    """Groups of values, and who makes and reads them."""

    def __init__(self, graph: Graph, roles: Roles, calibration: Calibration) -> None:
        self.graph = graph
        self.roles = roles
        self.shapes = calibration.shapes
        self.role = {node.outputs[0]: roles.of(node) for node in graph.nodes}
        self.roots: dict[str, str] = {}
        self.group = self._groups()
        self.makers: dict[str, list[Node]] = {}
        self.members: dict[str, list[str]] = {}
        for info in graph.inputs:
            self.members.setdefault(self.group[info.name], []).append(info.name)
        for node in graph.nodes:
            for name in node.outputs:
                self.members.setdefault(self.group[name], []).append(name)
                if self.role[node.outputs[0]] != MOVED:
                    self.makers.setdefault(self.group[name], []).append(node)
        self.quantizable = self._read_by_convolutions()

    def choose(self) -> frozenset[str]:
        """Return the groups that are int8: the largest set that the rules allow."""
        unquantized = {self.group[info.name] for info in self.graph.inputs} - self.quantizable
        outputs = {self.group[name] for name in self.graph.outputs if name in self.group}
        chosen = frozenset(self.members) - unquantized - outputs
        while True:
            able = frozenset(group for group in chosen if self._can_be_int8(group, chosen))
            wanted = self._wanted(able)
            if wanted == chosen:
                return chosen
            chosen = wanted

    def _groups(self) -> dict[str, str]:
        """Return the group of each value, by the name of one of its members."""
        parent: dict[str, str] = {info.name: info.name for info in self.graph.inputs}

        def top(name: str) -> str:
            while parent[name] != name:
                name = parent[name]
            return name

        for node in self.graph.nodes:
            parent.update((name, name) for name in node.outputs)
            role = self.role[node.outputs[0]]
            operands = self.roles.operands(node)
            if role == POINT:
                self.roots[node.outputs[0]] = self.roots.get(operands[0], operands[0])
            if role == JOIN:
                self._note_square(node, operands)
            if role == MOVED:
                for name in (*operands, *node.outputs[1:]):
                    parent[top(name)] = top(node.outputs[0])
        return {name: top(name) for name in parent}

    def _read_by_convolutions(self) -> set[str]:
        """Return the groups of float32 that only convolutions read, and more than once."""
        reads = Counter[str]()
        barred = {
            self.group[name]
            for name in self.group
            if not self.roles.is_float32(name) or name in self.graph.outputs
        }
        for node in self.graph.nodes:
            role = self.role[node.outputs[0]]
            for place, name in enumerate(node.inputs):
                if name not in self.group or node.op == "shape":
                    continue
                reads[self.group[name]] += 1
                convolved = role == CONV and place in (0, RESIDUAL)
                if not convolved and not (role == MOVED and name in self.roles.operands(node)):
                    barred.add(self.group[name])
        return {group for group, count in reads.items() if count > 1} - barred

    def _note_square(self, node: Node, operands: tuple[str, ...]) -> None:
        """Note what joins two functions of one value: it is another function of that."""
        roots = {self.roots.get(name, name) for name in operands}
        if len(operands) == 2 and len(roots) == 1:
            self.roots[node.outputs[0]] = roots.pop()

    def _can_be_int8(self, group: str, chosen: Collection[str]) -> bool:
        return group in self.quantizable or all(
            self._gives_int8(node, chosen) for node in self.makers.get(group, [])
        )

    def _gives_int8(self, node: Node, chosen: Collection[str]) -> bool:
        role, name = self.role[node.outputs[0]], node.outputs[0]
        if role == FLOAT:
            return False
        if self.group.get(self.roots.get(name, "")) in chosen:
            return True
        operands = self.roles.operands(node)
        if role in (JOIN, MEAN):
            return any(self.group[operand] in chosen for operand in operands)
        return role == CONV

    def _wanted(self, able: frozenset[str]) -> frozenset[str]:
        """Return which of the groups that can be int8 somebody wants so."""
        wanted: set[str] = set()
        waiting = [self.group[name] for name in self._first_wanted() if name in self.group]
        while waiting:
            group = waiting.pop()
            if group in able and group not in wanted:
                wanted.add(group)
                for node in self.makers.get(group, []):
                    names = self._wants_for_int8(node, able)
                    waiting.extend(self.group[name] for name in names if name in self.group)
        return frozenset(wanted)

    def _first_wanted(self) -> Iterable[str]:
        for node in self.graph.nodes:
            role = self.role[node.outputs[0]]
            if role == CONV:
                yield from (node.inputs[0], *node.inputs[RESIDUAL : RESIDUAL + 1])
            if role == MEAN and self._is_of_convolutions(node.inputs[0]):
                yield node.inputs[0]

    def _is_of_convolutions(self, name: str) -> bool:
        makers = self.makers.get(self.group[name], [])
        return any(self.role[node.outputs[0]] == CONV for node in makers)

    def _wants_for_int8(self, node: Node, able: Collection[str]) -> Iterable[str]:
        """Yield what a node wants to be int8, if its output is."""
        role, name = self.role[node.outputs[0]], node.outputs[0]
        root = self.roots.get(name)
        if root is not None and self.group[root] in able:
            yield root
        elif role == JOIN:
            size = math.prod(self.shapes[name])
            operands = self.roles.operands(node)
            yield from (each for each in operands if math.prod(self.shapes[each]) == size)
        elif role == MEAN:
            yield node.inputs[0]
