"""Shapes of what moves values, and the sizes in what reads shapes and puts them together."""

from __future__ import annotations

import math

from fourfold.graph.ir import Node
from fourfold.graph.shapes.dims import Dim, Shape
from fourfold.graph.shapes.state import MAX_CONTENTS, State, integer, integers, rule


@rule("shape")
def shape(node: Node, state: State) -> Shape | None:
    """Return [rank], and note the sizes."""
    x = state.shapes.get(node.inputs[0])
    if x is None:
        return None
    end = integer(node, "end", len(x))
    found = x[slice(integer(node, "start", 0), end)]
    state.contents[node.outputs[0]] = found
    return (len(found),)


@rule("concat")
def concat(node: Node, state: State) -> Shape | None:
    """Return the shape with the sizes along the axis added up."""
    shapes = [state.shapes.get(name) for name in node.inputs]
    first, axis = shapes[0], integer(node, "axis", 0)
    if not first or any(found is None or len(found) != len(first) for found in shapes):
        return None
    parts = [state.contents.get(name) for name in node.inputs]
    if len(first) == 1 and sum(len(part or ()) for part in parts) <= MAX_CONTENTS:
        whole = [size for part in parts if part is not None for size in part]
        if None not in parts:
            state.contents[node.outputs[0]] = tuple(whole)
    sizes = [found[axis] for found in shapes if found is not None]
    known = all(isinstance(size, int) for size in sizes)
    total: Dim = sum(map(int, sizes)) if known else state.dims.name("sum", *sizes)
    return tuple(total if index == axis % len(first) else s for index, s in enumerate(first))


@rule("slice")
def slice_(node: Node, state: State) -> Shape | None:
    """Return the shape; along a sliced axis it is known where that axis has a known size."""
    x, starts, ends = (state.shapes.get(node.inputs[0]), *map(state.integers, node.inputs[1:3]))
    if x is None or starts is None or ends is None:
        return None
    axes = state.integers(node.inputs[3]) if node.inputs[3] else tuple(range(len(starts)))
    steps = state.integers(node.inputs[4]) if node.inputs[4] else (1,) * len(starts)
    if axes is None or steps is None or any(step < 1 for step in steps):
        return None
    sizes = list(x)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        part, size = slice(start, end, step), x[axis]
        if isinstance(size, int):
            sizes[axis] = len(range(size)[part])
        else:
            sizes[axis] = state.dims.name("slice", size, start, end, step)
        contents = state.contents.get(node.inputs[0])
        if contents is not None and len(x) == 1:
            state.contents[node.outputs[0]] = contents[part]
    return tuple(sizes)


@rule("gather")
def gather(node: Node, state: State) -> Shape | None:
    """Return x's shape with the indices' in place of the axis."""
    x, indices = state.shapes.get(node.inputs[0]), state.shapes.get(node.inputs[1])
    if not x or indices is None:
        return None
    contents, wanted = state.contents.get(node.inputs[0]), state.integers(node.inputs[1])
    if contents and wanted is not None and all(-len(contents) <= i < len(contents) for i in wanted):
        state.contents[node.outputs[0]] = tuple(contents[index] for index in wanted)
    axis = integer(node, "axis", 0) % len(x)
    return (*x[:axis], *indices, *x[axis + 1 :])


@rule("transpose")
def transpose(node: Node, state: State) -> Shape | None:
    """Return x's axes in their new order."""
    x = state.shapes.get(node.inputs[0])
    if x is None:
        return None
    perm = integers(node, "perm", tuple(range(len(x)))[::-1])
    return tuple(x[axis] for axis in perm) if len(perm) == len(x) else None


@rule("unsqueeze")
def unsqueeze(node: Node, state: State) -> Shape | None:
    """Return x's shape with ones put in."""
    x, axes = state.shapes.get(node.inputs[0]), state.integers(node.inputs[1])
    if x is None or axes is None:
        return None
    rank = len(x) + len(axes)
    rest, ones = iter(x), {axis % rank for axis in axes}
    _keep_contents(node, state, rank)
    return tuple(1 if axis in ones else next(rest, 1) for axis in range(rank))


@rule("squeeze")
def squeeze(node: Node, state: State) -> Shape | None:
    """Return x's shape without some axes of size 1, or all of them."""
    x = state.shapes.get(node.inputs[0])
    axes = state.integers(node.inputs[1]) if node.inputs[1] else None
    if x is None or (node.inputs[1] and axes is None):
        return None
    if axes is None:
        if any(isinstance(size, str) for size in x):
            return None
        axes = tuple(axis for axis, size in enumerate(x) if size == 1)
    gone = {axis % len(x) for axis in axes}
    _keep_contents(node, state, len(x) - len(gone))
    return tuple(size for axis, size in enumerate(x) if axis not in gone)


def _keep_contents(node: Node, state: State, rank: int) -> None:
    """Note that a view of up to one dimension holds what it is a view of."""
    found = state.contents.get(node.inputs[0])
    if found is not None and rank <= 1:
        state.contents[node.outputs[0]] = found


@rule("flatten")
def flatten(node: Node, state: State) -> Shape | None:
    """Return two sizes: of the axes before one, and of the rest."""
    x = state.shapes.get(node.inputs[0])
    if x is None:
        return None
    axis = integer(node, "axis", 1)
    axis += len(x) if axis < 0 else 0
    return (_product(x[:axis], state), _product(x[axis:], state))


@rule("range")
def range_(node: Node, state: State) -> Shape | None:
    """Return one axis, whose size the operands tell when the graph runs."""
    return (state.dims.name("range", *node.inputs),)


@rule("expand")
def expand(node: Node, state: State) -> Shape | None:
    """Return x's shape together with the wanted one, whose sizes are new names if not known."""
    x, wanted = state.shapes.get(node.inputs[0]), state.contents.get(node.inputs[1])
    if x is None:
        return None
    if wanted is None:
        length = (state.shapes.get(node.inputs[1]) or (None,))[0]
        if not isinstance(length, int) or length > MAX_CONTENTS:
            return None
        wanted = tuple(state.dims.fresh() for _ in range(length))
    # -1 is none of ONNX's sizes, but is written for x's own, which is what 1 gives.
    return state.dims.broadcast([x, tuple(1 if size == -1 else size for size in wanted)])


@rule("reshape")
def reshape(node: Node, state: State) -> Shape | None:
    """Return the wanted sizes: 0 is that of x, and -1 what is left, which has a name of its own."""
    x, wanted = state.shapes.get(node.inputs[0]), state.contents.get(node.inputs[1])
    if wanted is None:
        length = (state.shapes.get(node.inputs[1]) or (None,))[0]
        if not isinstance(length, int) or length > MAX_CONTENTS:
            return None
        return tuple(state.dims.fresh() for _ in range(length))
    zeros = not integer(node, "allow_zero", 0)
    sizes: list[Dim] = []
    for axis, size in enumerate(wanted):
        # A name may stand for 0, which reads x's size; as an axis of x at the same place it is it.
        if size == -1 or (isinstance(size, str) and zeros and not _is_at(x, axis, size)):
            sizes.append(state.dims.fresh())
        elif size == 0 and zeros:
            sizes.append(x[axis] if x is not None and axis < len(x) else state.dims.fresh())
        else:
            sizes.append(size)
    if wanted.count(-1) == 1 and x is not None and all(isinstance(size, int) for size in x):
        rest = [size for size, asked in zip(sizes, wanted, strict=True) if asked != -1]
        if all(isinstance(size, int) and size for size in rest):
            left = math.prod(map(int, x)) // math.prod(map(int, rest))
            sizes[wanted.index(-1)] = left
    return tuple(sizes)


def _is_at(x: Shape | None, axis: int, size: Dim) -> bool:
    return x is not None and axis < len(x) and x[axis] == size


def _product(sizes: Shape, state: State) -> Dim:
    if len(sizes) == 1:
        return sizes[0]
    known = all(isinstance(size, int) for size in sizes)
    return math.prod(map(int, sizes)) if known else state.dims.name("product", *sizes)
