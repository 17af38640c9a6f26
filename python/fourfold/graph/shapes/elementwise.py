"""Shapes of what works element by element, along an axis, or by rows."""

from __future__ import annotations

from fourfold.graph.ir import Node
from fourfold.graph.shapes.dims import Shape
from fourfold.graph.shapes.state import State, integer, rule


@rule("activation", "affine", "clip", "unary", "softmax", "normalize", "cumulative")
@rule("quantize_linear", "dequantize_linear")
@rule("layer_norm", "rms_norm", "batch_norm", "instance_norm", "group_norm", "lp_norm", "lrn")
def same(node: Node, state: State) -> Shape | None:
    """Return the shape of x."""
    return state.shapes.get(node.inputs[0])


@rule("cast", "identity")
def copy(node: Node, state: State) -> Shape | None:
    """Return the shape of x; sizes keep their values in any type that can hold them."""
    found = state.contents.get(node.inputs[0])
    if found is not None and node.attributes.get("to", "int64") in ("int32", "int64"):
        state.contents[node.outputs[0]] = found
    return same(node, state)


@rule("binary", "where", "add")
def broadcast(node: Node, state: State) -> Shape | None:
    """Return the shape of all inputs together."""
    shapes = [state.shapes.get(name) for name in node.inputs]
    known = [shape for shape in shapes if shape is not None]
    return state.dims.broadcast(known) if len(known) == len(shapes) else None


@rule("linear")
def linear(node: Node, state: State) -> Shape | None:
    """Return [..., N]."""
    x, weight = state.shapes.get(node.inputs[0]), state.shapes.get(node.inputs[1])
    return None if not x or weight is None else (*x[:-1], weight[-1])


@rule("matmul")
def matmul(node: Node, state: State) -> Shape | None:
    """Return [batch..., rows of a, columns of b]."""
    a, b = (state.shapes.get(name, ()) for name in node.inputs)
    if len(a) < 2 or len(b) < 2:
        return None
    return (*state.dims.broadcast([a[:-2], b[:-2]]), a[-2], b[-1])


@rule("reduce")
def reduce(node: Node, state: State) -> Shape | None:
    """Return x's shape with 1 for the axes that are reduced, or without them."""
    x, axes = state.shapes.get(node.inputs[0]), state.integers(node.inputs[1])
    if x is None or not axes:
        return None
    gone = {axis % len(x) for axis in axes}
    if integer(node, "keepdims", 1):
        return tuple(1 if axis in gone else size for axis, size in enumerate(x))
    return tuple(size for axis, size in enumerate(x) if axis not in gone)
