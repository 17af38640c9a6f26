"""Fuse: a transformer's attention by heads, which exporters write as products and a softmax."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.fold_steps import MAX_PATH, VIEWS
from fourfold.graph.passes.rewriting import Rewriting
from fourfold.graph.shapes import Shape

# Between [batch, rows, heads, depth], as linear layers make it, and what matmul needs.
HEADS_FIRST = (0, 2, 1, 3)
KEYS_LAST = (0, 2, 3, 1)
KEYS_BACK = (0, 3, 1, 2)


def fuse_attention(graph: Graph, shapes: Mapping[str, Shape]) -> Graph:
    """Return the graph with each ``softmax(q @ k' + mask) @ v`` of four axes as one node.

    The mask may be absent. ``where(is_nan(p), 0, p)`` of the softmax p, by which a row whose keys
    are all masked gives zeros, belongs to it. Nothing else reads what lies between, and q comes
    from a linear layer: the op is of float32. Its operands have the heads of a row side by side:
    the transpositions that brought them to the front fall away.
    """
    rewriting = Rewriting(graph, shapes)
    readers = defaultdict(list)
    for node in graph.nodes:
        for name in node.inputs:
            readers[name].append(node)

    def rule(node: Node) -> tuple[Node, ...] | None:
        if node.op == "transpose":
            return _undone(node, rewriting)
        if node.op != "matmul":
            return None
        # Four axes, then, whatever the mask has.
        is_back = any(map(_brings_back, readers[node.outputs[0]]))
        return _attention(node, is_back, rewriting)

    return rewriting.apply(rule)


def _brings_back(node: Node) -> bool:
    return node.op == "transpose" and node.attributes.get("perm") == HEADS_FIRST


def _undone(node: Node, rewriting: Rewriting) -> tuple[Node, ...] | None:
    """Return the identity that a transposition is of what was just transposed the other way."""
    inner = rewriting.maker(node.inputs[0], "transpose")
    both = inner is not None and inner.attributes.get("perm") == HEADS_FIRST
    if inner is None or not both or not _brings_back(node):
        return None
    return (Node("identity", inner.inputs, node.outputs, {}, node.name),)


def _attention(node: Node, is_back: bool, rewriting: Rewriting) -> tuple[Node, ...] | None:
    found = _probabilities(node.inputs[0], rewriting)
    if found is None:
        return None
    softmax, attributes = found
    scores, mask = _scores(softmax.inputs[0], rewriting)
    if scores is None or not _is_of_linear(scores.inputs[0], rewriting, MAX_PATH):
        return None
    mask_rank = _rank(mask, rewriting) if mask else 0
    if not is_back and (mask_rank is None or mask_rank > len(HEADS_FIRST)):
        return None
    operands = (scores.inputs[0], scores.inputs[1], node.inputs[1])
    if any(_rank(value, rewriting) != len(HEADS_FIRST) for value in operands):
        return None
    before: list[Node] = []
    ways = ((HEADS_FIRST, HEADS_FIRST), (KEYS_LAST, KEYS_BACK), (HEADS_FIRST, HEADS_FIRST))
    sides = [
        _side_by_side(value, *way, before, rewriting)
        for value, way in zip(operands, ways, strict=True)
    ]
    out = rewriting.fresh(f"{node.outputs[0]}.rows")
    fused = Node("head_attention", (*sides, mask), (out,), attributes, node.name)
    back = Node("transpose", (out,), node.outputs, {"perm": HEADS_FIRST}, f"{node.name}.transpose")
    return (*before, fused, back)


def _probabilities(value: str, rewriting: Rewriting) -> tuple[Node, dict[str, int]] | None:
    """Return the softmax that a value is, and what else was done to it."""
    where = rewriting.inner(value, "where")
    if where is None:
        softmax = rewriting.inner(value, "softmax")
        return (softmax, {}) if softmax is not None and _is_last(softmax) else None
    condition, zero, inner = where.inputs
    test = rewriting.inner(condition, "unary")
    fill = rewriting.constant(zero)
    softmax = rewriting.inner(inner, "softmax", reads=2)
    if test is None or fill is None or softmax is None or not _is_last(softmax):
        return None
    if test.attributes["kind"] != "is_nan" or test.inputs[0] != inner:
        return None
    return (softmax, {"nan_rows_to_zero": 1}) if fill.size == 1 and np.all(fill == 0) else None


def _is_last(softmax: Node) -> bool:
    return softmax.attributes["kind"] == "softmax" and softmax.attributes["axis"] in (-1, 3)


def _scores(value: str, rewriting: Rewriting) -> tuple[Node | None, str]:
    """Return the product that scores are, and the mask that is added to it, or ""."""
    product = rewriting.inner(value, "matmul")
    if product is not None:
        return product, ""
    added = rewriting.inner(value, "add", "binary")
    for place, mask in rewriting.terms(added) if added is not None else ():
        product = rewriting.inner(place, "matmul")
        if product is not None:
            return product, mask
    return None, ""


def _is_of_linear(value: str, rewriting: Rewriting, path: int) -> bool:
    node = rewriting.maker(value, "linear", *VIEWS)
    if node is None or path == 0:
        return False
    return node.op == "linear" or _is_of_linear(node.inputs[0], rewriting, path - 1)


def _rank(value: str, rewriting: Rewriting) -> int | None:
    moved = rewriting.maker(value, "transpose")
    perm = moved.attributes.get("perm") if moved is not None else None
    if isinstance(perm, tuple):
        return len(perm)
    shape = rewriting.shape(value)
    return None if shape is None else len(shape)


def _side_by_side(
    value: str,
    there: tuple[int, ...],
    back: tuple[int, ...],
    before: list[Node],
    rewriting: Rewriting,
) -> str:
    """Return an operand with its heads side by side: what was transposed, or is now."""
    moved = rewriting.maker(value, "transpose")
    if moved is not None and moved.attributes.get("perm") == there:
        return moved.inputs[0]
    name = rewriting.fresh(f"{value}.rows")
    before.append(Node("transpose", (value,), (name,), {"perm": back}, name))
    return name
