"""The graph that results: nodes in either layout, and the transposes between them, where needed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fourfold.graph.ir import Attribute, Graph, Node
from fourfold.graph.passes.channels_last_axes import to_first, to_last
from fourfold.graph.passes.channels_last_change import Change
from fourfold.graph.passes.channels_last_facts import Facts
from fourfold.graph.shapes.state import integer, integers


class Rewriter:
    """Writes a graph anew, node by node, in the order of the old one.

    A value keeps its name in channels first. In channels last it is called so too, with ``.nhwc``
    behind it, and so is a constant; what a name that is taken gets is in `_fresh`.

    Attributes
    ----------
    nodes : list of Node
        The nodes so far.
    constants : dict of str to ndarray
        The old graph's, and new ones.
    origin : dict of str to str
        By the name of each new value, the old one that has the same elements, in another order.
    """

    def __init__(self, graph: Graph, facts: Facts) -> None:
        self._facts = facts
        self._taken = {info.name for info in graph.inputs} | set(graph.constants)
        self._taken.update(name for node in graph.nodes for name in node.outputs)
        self._first = {info.name: info.name for info in graph.inputs}
        self._last: dict[str, str] = {}
        self._made: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self.nodes: list[Node] = []
        self.constants = dict(graph.constants)
        self.origin: dict[str, str] = {}

    def keep(self, node: Node) -> None:
        """Add a node that stays as it is."""
        inputs = tuple(self._in_first(name) for name in node.inputs)
        self.nodes.append(Node(node.op, inputs, node.outputs, node.attributes, node.name))
        self._first.update(zip(node.outputs, node.outputs, strict=True))

    def change(self, node: Node, change: Change) -> None:
        """Add a node that works on values that are channels last."""
        places = max([len(node.inputs), *(place + 1 for place in change.constants)])
        inputs = [
            self._input(node, place, change)
            for place in range(places)
            if place not in change.dropped
        ]
        if any(size != 1 for size in change.window):
            (y,) = node.outputs
            pixels = self._new(f"{y}.pixels", y)
            self._add(change.op, inputs, pixels, change.attributes, node.name)
            self._spread(pixels, y, change.window, len(self.constants[inputs[1]]))
            return
        make = self._make_last if change.writes else self._make_first
        outputs = tuple(make(name) for name in node.outputs)
        self.nodes.append(Node(change.op, tuple(inputs), outputs, change.attributes, node.name))

    def transpose(self, node: Node, last: bool) -> None:
        """Add a transpose that reads what there is; none, if that is what it would give."""
        (x, y), rank = (node.inputs[0], node.outputs[0]), self._facts.ranks[node.outputs[0]]
        given = integers(node, "perm", tuple(reversed(range(rank))))
        wanted = [given[axis] for axis in (to_last(rank) if last else range(rank))]
        ways = []
        if x in self._first or x in self.constants:
            ways.append((self._in_first(x), tuple(wanted)))
        if x in self._last:
            ways.append((self._last[x], tuple(to_first(rank)[axis] for axis in wanted)))
        same = [source for source, permutation in ways if permutation == tuple(range(rank))]
        if same:
            (self._last if last else self._first)[y] = same[0]
            return
        source, permutation = ways[0]
        name = self._make_last(y) if last else self._make_first(y)
        self._add("transpose", [source], name, {"perm": permutation}, node.name)

    def shape(self, node: Node) -> None:
        """Add what reads the sizes of a value; a value that is channels last tells them as well."""
        (x,), (y,) = node.inputs, node.outputs
        if x in self._first or x not in self._last:
            self.keep(node)
            return
        rank = self._facts.ranks[x]
        axes = to_first(rank)[integer(node, "start", 0) : integer(node, "end", rank)]
        sizes = self._new(f"{y}.nhwc", "")
        self._add("shape", [self._last[x]], sizes, {}, node.name)
        inputs = [sizes, self._constant(f"{y}.axes", np.array(axes, np.int64))]
        self._add("gather", inputs, self._make_first(y), {"axis": 0})

    def output(self, name: str) -> None:
        """See to it that an output is there, channels first and under its own name."""
        source = self._in_first(name)
        if source != name:
            self._add("identity", [source], self._make_first(name), {})

    def _input(self, node: Node, place: int, change: Change) -> str:
        name = node.inputs[place] if place < len(node.inputs) else ""
        array = change.constants.get(place)
        if array is not None:
            base = f"{name}.nhwc" if name else f"{node.outputs[0]}.input{place}"
            return self._constant(base, array)
        return self._in_last(name) if place in change.reads else self._in_first(name)

    def _in_first(self, name: str) -> str:
        """Return the value that is another, channels first: one that is made now, if needed."""
        if name in self._first or name not in self._last:
            return self._first.get(name, name)
        self._move(self._last[name], name, last=False)
        return name

    def _in_last(self, name: str) -> str:
        """Return the value that is another, channels last: one that is made now, if needed."""
        if name not in self._last:
            self._move(self._first[name], name, last=True)
        return self._last[name]

    def _move(self, source: str, value: str, last: bool) -> None:
        """Add a transpose, or two views, where axes of size 1 let what is in memory stay."""
        rank = self._facts.ranks[value]
        name = self._make_last(value) if last else self._make_first(value)
        if not self._facts.moves_by_view(value):
            perm = to_last(rank) if last else to_first(rank)
            self._add("transpose", [source], name, {"perm": perm})
            return
        channels = 1 in self._facts.single[value]
        first = (1,) if channels else tuple(range(2, rank))
        behind = tuple(to_first(rank)[axis] for axis in first)
        gone, added = (first, behind) if last else (behind, first)
        squeezed = self._new(f"{value}.squeezed", value)
        self._add("squeeze", [source, self._axes(gone)], squeezed, {})
        self._add("unsqueeze", [squeezed, self._axes(added)], name, {})

    def _spread(self, pixels: str, y: str, window: tuple[int, ...], columns: int) -> None:
        """Make [N, spatial * window..., F] of [N, spatial..., window * F]."""
        axes = len(window)
        filters = columns // int(np.prod(window))
        if axes > 1:
            split = np.array([0] * (1 + axes) + [*window, filters], np.int64)
            windows = self._new(f"{y}.windows", y)
            self._add("reshape", [pixels, self._constant(f"{y}.split", split)], windows, {})
            order = [index for axis in range(1, 1 + axes) for index in (axis, axis + axes)]
            rows = self._new(f"{y}.rows", y)
            self._add("transpose", [windows], rows, {"perm": (0, *order, 1 + 2 * axes)})
        else:
            rows = pixels
        sizes, spread, shape = (self._new(f"{y}.{part}", "") for part in ("sizes", "spread", "to"))
        factors = self._constant(f"{y}.factors", np.array([1, *window], np.int64))
        channels = self._constant(f"{y}.channels", np.array([filters], np.int64))
        self._add("shape", [pixels], sizes, {"end": 1 + axes})
        self._add("binary", [sizes, factors], spread, {"kind": "mul"})
        self._add("concat", [spread, channels], shape, {"axis": 0})
        self._add("reshape", [rows, shape], self._make_last(y), {"allow_zero": 1})

    def _add(
        self,
        op: str,
        inputs: list[str],
        output: str,
        attributes: Mapping[str, Attribute],
        name: str = "",
    ) -> None:
        self.nodes.append(Node(op, tuple(inputs), (output,), attributes, name))

    def _make_first(self, name: str) -> str:
        self._first[name] = name
        return name

    def _make_last(self, name: str) -> str:
        self._last[name] = self._new(f"{name}.nhwc", name)
        return self._last[name]

    def _axes(self, axes: tuple[int, ...]) -> str:
        name = "axes_" + "_".join(map(str, axes))
        return self._constant(name, np.array(axes, np.int64))

    def _constant(self, name: str, array: np.ndarray) -> str:
        """Return a constant, the same for the same wish."""
        key = (name, array.shape, array.tobytes())
        if key not in self._made:
            self._made[key] = self._fresh(name)
            self.constants[self._made[key]] = array
        return self._made[key]

    def _new(self, name: str, origin: str) -> str:
        """Return the name of a new value; ``origin`` is "" if it is no value of the old graph."""
        fresh = self._fresh(name)
        if origin:
            self.origin[fresh] = origin
        return fresh

    def _fresh(self, name: str) -> str:
        """Return a name that nothing has: this one, or it with so many ``_`` behind it."""
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name
