"""Fuse: activations that exporters write as several nodes, into one."""

from __future__ import annotations

import math
from collections.abc import Mapping

from fourfold.graph.ir import Attribute, Graph, Node
from fourfold.graph.passes.rewriting import Rewriting
from fourfold.graph.passes.scalars import affine_source, multiplies, polynomial, product
from fourfold.graph.shapes import Shape

# Float32 constants, some of them rounded more than once: 1 / sqrt(2) as 1 / 1.4142135.
TOLERANCE = 1e-6

GELU_CUBIC = 0.044715  # Hendrycks and Gimpel, Gaussian Error Linear Units


def fuse_spelled_activations(graph: Graph, shapes: Mapping[str, Shape]) -> Graph:
    """Return the graph with each spelled-out activation as one node.

    ============ ==================================================================
    hard_swish   x * clip(x + 3, 0, 6) / 6, x * clip(x / 6 + 1 / 2, 0, 1),
                 x * hard_sigmoid(x) with alpha 1 / 6; clip as one node or as two
    silu         x * sigmoid(x)
    mish         x * tanh(softplus(x))
    gelu         x / 2 * (1 + erf(x / sqrt(2)))
    gelu_tanh    x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))
    ============ ==================================================================

    The factors in any order, the numbers at any of them. Only of float32, where the scalars do not
    raise the rank, and nothing else reads what lies between.
    """
    rewriting = Rewriting(graph, shapes)

    def rule(node: Node) -> tuple[Node, ...] | None:
        if node.op != "binary" or not multiplies(node, rewriting):
            return None
        factors, scale = product(node, rewriting)
        if len(factors) != 2:
            return None
        for x, gate in (factors, factors[::-1]):
            kind = _named(x, gate, scale, rewriting)
            if kind == "mish":
                return (Node("unary", (x,), node.outputs, {"kind": kind}, node.name),)
            if kind:
                attributes: dict[str, Attribute] = {"kind": kind, "alpha": 0.0}
                return (Node("activation", (x,), node.outputs, attributes, node.name),)
        return None

    return rewriting.apply(rule)


def _named(x: str, gate: str, scale: float, rewriting: Rewriting) -> str:
    """Return which activation ``scale * x * gate`` is, "" for none."""
    simple = _simple(x, gate, rewriting) if _is(scale, 1) else ""
    if simple:
        return simple
    if _is_ramp(x, gate, scale, rewriting):
        return "hard_swish"
    source, factor, term = affine_source(gate, rewriting)
    if not (_is(scale * factor, 0.5) and _is(scale * term, 0.5)):
        return ""
    bend = rewriting.inner(source, "unary", "activation")
    if bend is None or bend.attributes["kind"] not in ("erf", "tanh"):
        return ""
    inside = polynomial(bend.inputs[0], x, rewriting)
    if inside is None:
        return ""
    if bend.attributes["kind"] == "erf":
        return "gelu" if _are(inside, (0, 0.5**0.5, 0, 0)) else ""
    first = (2 / math.pi) ** 0.5
    return "gelu_tanh" if _are(inside, (0, first, 0, GELU_CUBIC * first)) else ""


def _simple(x: str, gate: str, rewriting: Rewriting) -> str:
    """Return which activation ``x * gate`` is where the gate is itself one."""
    node = rewriting.inner(gate, "activation")
    if node is None:
        return ""
    kind, source = node.attributes["kind"], node.inputs[0]
    if kind == "tanh":
        inner = rewriting.inner(source, "unary")
        softplus = inner is not None and inner.attributes["kind"] == "softplus"
        return "mish" if inner is not None and softplus and inner.inputs[0] == x else ""
    if source != x:
        return ""
    if kind == "sigmoid":
        return "silu"
    alpha = node.attributes.get("alpha", 0.0)
    is_sixth = isinstance(alpha, float) and _is(alpha, 1 / 6)
    return "hard_swish" if kind == "hard_sigmoid" and is_sixth else ""


def _is_ramp(x: str, gate: str, scale: float, rewriting: Rewriting) -> bool:
    """Return whether ``scale * gate`` is ``clip(x / 6 + 1 / 2, 0, 1)``."""
    bounds = _clipped(gate, rewriting)
    if bounds is None:
        return False
    source, low, high = bounds
    line = polynomial(source, x, rewriting)
    fits = line is not None and low == 0 and _is(scale * high, 1)
    return line is not None and fits and _are([scale * c for c in line], (1 / 2, 1 / 6, 0, 0))


def _clipped(value: str, rewriting: Rewriting) -> tuple[str, float, float] | None:
    """Return what a value clips, and the bounds: of one clip, or of a minimum and a maximum."""
    node = rewriting.inner(value, "clip")
    if node is not None:
        low, high = node.attributes["low"], node.attributes["high"]
        assert isinstance(low, float)
        assert isinstance(high, float)
        return node.inputs[0], low, high
    bounds: dict[str, float] = {}
    for _ in range(2):
        node = rewriting.inner(value, "binary")
        for other, bound in (node.inputs, node.inputs[::-1]) if node is not None else ():
            number, kind = rewriting.constant(bound), str(node.attributes["kind"]) if node else ""
            if number is None or number.size != 1 or not rewriting.is_wide(other, number.ndim):
                continue
            value, bounds[kind] = other, number.item()
            break
    return (value, bounds["max"], bounds["min"]) if bounds.keys() == {"max", "min"} else None


def _is(number: float, expected: float) -> bool:
    return math.isclose(number, expected, rel_tol=TOLERANCE)


def _are(numbers: tuple[float, ...] | list[float], expected: tuple[float, ...]) -> bool:
    return all(_is(a, b) for a, b in zip(numbers, expected, strict=True))
