"""Fuse: normalizations by row that exporters write as several nodes, into one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.rewriting import Rewriting
from fourfold.graph.passes.scalars import along_axis, constant_step, scalar_step
from fourfold.graph.shapes import Shape


def fuse_layer_norms(graph: Graph, shapes: Mapping[str, Shape]) -> Graph:
    """Return the graph with each spelled-out normalization of the last axis as one node.

    ``d / sqrt(mean(d^2) + epsilon) * scale + bias``: with ``d = x - mean(x)`` a ``layer_norm``,
    with d = x and no bias an ``rms_norm``. Squares as a power or a product, the quotient also as a
    product with the reciprocal; scale and bias [K] may be absent. Only of float32, where K is
    known, and nothing else reads what lies between.
    """
    rewriting = Rewriting(graph, shapes)

    def rule(node: Node) -> tuple[Node, ...] | None:
        if node.op not in ("binary", "add"):
            return None
        found = _normalized(node, rewriting) or _with_parameter(node, rewriting)
        return None if found is None else (found,)

    return rewriting.apply(rule)


def _normalized(node: Node, rewriting: Rewriting) -> Node | None:
    """Return the norm, its scale all ones, that a quotient is."""
    quotient = _quotient(node, rewriting)
    if quotient is None:
        return None
    d, radicand = quotient
    sum_node = rewriting.inner(radicand, "binary")
    step = scalar_step(sum_node, rewriting) if sum_node is not None else None
    if step is None or step[1] != 1 or step[2] < 0:
        return None
    square = _row_mean_of(step[0], rewriting)
    if square is None or not _is_square(square, d, rewriting):
        return None
    centred = _centred(d, square, rewriting)
    x = d if centred is None else centred
    shape = rewriting.shape(x)
    depth = shape[-1] if shape else None
    if not isinstance(depth, int):
        return None
    ones = rewriting.add_constant(np.ones(depth, np.float32), f"{node.outputs[0]}.ones")
    attributes = {"axis": -1, "epsilon": step[2]}
    if centred is None:
        return Node("rms_norm", (x, ones), node.outputs, attributes, node.name)
    return Node("layer_norm", (x, ones, ""), node.outputs, {**attributes, "outputs": 1}, node.name)


def _quotient(node: Node, rewriting: Rewriting) -> tuple[str, str] | None:
    """Return d and u of ``d / sqrt(u)``, also where it is ``d * (1 / sqrt(u))``."""
    kind = node.attributes.get("kind")
    if kind == "div":
        root = rewriting.inner(node.inputs[1], "unary")
        return (node.inputs[0], root.inputs[0]) if root and _is_unary(root, "sqrt") else None
    for d, other in (node.inputs, node.inputs[::-1]) if kind == "mul" else ():
        inverse = rewriting.inner(other, "unary", "binary")
        source = _inverted(inverse, rewriting) if inverse is not None else ""
        root = rewriting.inner(source, "unary")
        if root is not None and _is_unary(root, "sqrt"):
            return d, root.inputs[0]
    return None


def _inverted(node: Node, rewriting: Rewriting) -> str:
    """Return u of ``1 / u``, "" for anything else."""
    if _is_unary(node, "reciprocal"):
        return node.inputs[0]
    if node.op == "binary" and node.attributes["kind"] == "div":
        one = rewriting.constant(node.inputs[0])
        narrow = one is not None and rewriting.is_wide(node.inputs[1], one.ndim)
        return node.inputs[1] if one is not None and narrow and np.all(one == 1) else ""
    return ""


def _is_unary(node: Node, kind: str) -> bool:
    return node.op == "unary" and node.attributes["kind"] == kind


def _row_mean_of(value: str, rewriting: Rewriting) -> str | None:
    """Return what a value, which the pattern alone reads, is the mean of along the last axis."""
    node = rewriting.inner(value, "reduce")
    if node is None or node.attributes["kind"] != "mean" or not node.attributes.get("keepdims", 1):
        return None
    shape, axes = rewriting.shape(node.inputs[0]), rewriting.constants.get(node.inputs[1])
    last = shape and axes is not None and axes.size == 1 and axes.item() in (-1, len(shape) - 1)
    return node.inputs[0] if last else None


def _is_square(value: str, d: str, rewriting: Rewriting) -> bool:
    node = rewriting.inner(value, "binary")
    if node is None or node.inputs[0] != d:
        return False
    if node.attributes["kind"] == "mul":
        return node.inputs[1] == d
    exponent = rewriting.constant(node.inputs[1])
    fits = exponent is not None and exponent.size == 1 and rewriting.is_wide(d, exponent.ndim)
    return node.attributes["kind"] == "pow" and fits and bool(np.all(exponent == 2))


def _centred(d: str, square: str, rewriting: Rewriting) -> str | None:
    """Return x of ``d = x - mean(x)`` that only its square and the quotient read."""
    squared = rewriting.maker(square, "binary")
    node = rewriting.inner(d, "binary", reads=1 + squared.inputs.count(d)) if squared else None
    if node is None or node.attributes["kind"] != "sub":
        return None
    x, mean = node.inputs
    return x if _row_mean_of(mean, rewriting) == x else None


def _with_parameter(node: Node, rewriting: Rewriting) -> Node | None:
    """Return a norm with the scale or the bias that it is multiplied with or that is added."""
    step = constant_step(node, rewriting)
    norm = rewriting.inner(step.value, "layer_norm", "rms_norm") if step is not None else None
    if step is None or norm is None or norm.attributes["axis"] != -1:
        return None
    x, scale, *bias = norm.inputs
    shape, ones = rewriting.shape(step.value), rewriting.constants.get(scale)
    if not shape or ones is None or ones.ndim != 1 or any(bias):
        return None
    factor, shift = (along_axis(a, len(shape), -1, ones.size) for a in (step.scale, step.shift))
    if factor is None or shift is None:
        return None
    base = node.outputs[0]
    if not shift.any() and np.all(ones == 1):
        name = rewriting.add_constant(factor.astype(np.float32), f"{base}.scale")
        return replace(norm, inputs=(x, name, *bias), outputs=node.outputs)
    if norm.op == "layer_norm" and np.all(factor == 1):
        name = rewriting.add_constant(shift.astype(np.float32), f"{base}.bias")
        return replace(norm, inputs=(x, scale, name), outputs=node.outputs)
    return None
