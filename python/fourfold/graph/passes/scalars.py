"""Arithmetic of one value with scalar constants, as it stands in a graph: nodes to numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fourfold.graph.ir import Node
from fourfold.graph.passes.rewriting import Rewriting

# How many nodes a pattern has at most of those that multiply: none needs more.
MAX_FACTORS = 4
DEGREE = 3

Polynomial = tuple[float, ...]
"""Coefficients of x^0 to x^DEGREE."""


@dataclass(frozen=True)
class ConstantStep:
    """``scale * value + shift`` of a value and a constant, in float64, the shape of the constant.

    Where the constant is only added, scale is 1; where it only multiplies, shift is 0.
    """

    value: str
    scale: np.ndarray
    shift: np.ndarray


def constant_step(node: Node, rewriting: Rewriting) -> ConstantStep | None:
    """Return what a node does to a value by a float32 constant; None if it does anything else.

    The constant varies along one axis at most. It may be larger than the value, or of more axes:
    `along_axis` and `scalar_step` look.
    """
    if node.op not in ("binary", "add") or len(node.inputs) != 2:
        return None
    kind = node.attributes.get("kind", "add")
    for value, other in (node.inputs, node.inputs[::-1]):
        constant = rewriting.constant(other)
        if constant is None or value in rewriting.constants:
            continue
        if constant.size != max(constant.shape, default=1):
            return None
        number = constant.astype(np.float64)
        one, zero = np.ones_like(number), np.zeros_like(number)
        if kind == "add":
            return ConstantStep(value, one, number)
        if kind == "mul":
            return ConstantStep(value, number, zero)
        if kind == "sub":
            first = other == node.inputs[0]  # number - value
            return ConstantStep(value, -one, number) if first else ConstantStep(value, one, -number)
        if kind == "div" and other == node.inputs[1] and number.all():
            return ConstantStep(value, 1 / number, zero)
        return None
    return None


def scalar_step(node: Node, rewriting: Rewriting) -> tuple[str, float, float] | None:
    """Return value, scale and shift of a step by one number that leaves the shape as it is."""
    step = constant_step(node, rewriting)
    if step is None or step.scale.size != 1 or not rewriting.is_wide(step.value, step.scale.ndim):
        return None
    return step.value, step.scale.item(), step.shift.item()


def product(node: Node, rewriting: Rewriting) -> tuple[list[str], float]:
    """Return the values that a node `multiplies`, in whatever order, and the number beside them.

    Factors that are products themselves, which only this one reads, are taken apart.
    """
    factors: list[str] = []
    scale, budget = 1.0, MAX_FACTORS
    open_nodes = [node]
    while open_nodes:
        current = open_nodes.pop()
        step = scalar_step(current, rewriting)
        if step is not None and step[2] == 0:
            scale *= step[1]
            values: tuple[str, ...] = step[:1]
        else:
            values = current.inputs
        for value in values:
            inner = rewriting.inner(value, "binary")
            if inner is not None and multiplies(inner, rewriting) and budget:
                budget -= 1
                open_nodes.append(inner)
            else:
                factors.append(value)
    return factors, scale


def multiplies(node: Node, rewriting: Rewriting) -> bool:
    """Return whether a binary node is a product: a division by a number is one, no other is."""
    if node.attributes["kind"] == "mul":
        return True
    step = scalar_step(node, rewriting) if node.attributes["kind"] == "div" else None
    return step is not None


def affine_source(value: str, rewriting: Rewriting) -> tuple[str, float, float]:
    """Return u, a, b of a value that is a * u + b, u as far up as scalar steps lead."""
    scale, shift = 1.0, 0.0
    for _ in range(MAX_FACTORS):
        node = rewriting.inner(value, "binary")
        step = scalar_step(node, rewriting) if node is not None else None
        if step is None:
            break
        value, scale, shift = step[0], scale * step[1], shift + scale * step[2]
    return value, scale, shift


def polynomial(value: str, x: str, rewriting: Rewriting, depth: int = 6) -> Polynomial | None:
    """Return a value as a polynomial of another, if sums, products and powers make it of that."""
    if value == x:
        return (0.0, 1.0, 0.0, 0.0)
    node = rewriting.inner(value, "binary")
    if node is None or depth == 0:
        return None
    step = scalar_step(node, rewriting)
    if step is not None:
        inner = polynomial(step[0], x, rewriting, depth - 1)
        return _sum(_times(inner, (step[1], 0, 0, 0)), (step[2], 0, 0, 0))
    kind, (a, b) = node.attributes["kind"], node.inputs
    left = polynomial(a, x, rewriting, depth - 1)
    if kind == "pow":
        exponent = rewriting.constant(b)
        narrow = exponent is not None and exponent.size == 1 and rewriting.is_wide(a, exponent.ndim)
        return _power(left, exponent.item()) if exponent is not None and narrow else None
    right = polynomial(b, x, rewriting, depth - 1)
    if kind == "add":
        return _sum(left, right)
    return _times(left, right) if kind == "mul" else None


def _sum(a: Polynomial | None, b: Polynomial | None) -> Polynomial | None:
    if a is None or b is None:
        return None
    return tuple(x + y for x, y in zip(a, b, strict=True))


def _times(a: Polynomial | None, b: Polynomial | None) -> Polynomial | None:
    """Return the product, if its degree is no higher than DEGREE."""
    if a is None or b is None:
        return None
    result = [0.0] * (2 * DEGREE + 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            result[i + j] += x * y
    return None if any(result[DEGREE + 1 :]) else tuple(result[: DEGREE + 1])


def _power(base: Polynomial | None, exponent: float) -> Polynomial | None:
    if exponent not in (2.0, 3.0):
        return None
    square = _times(base, base)
    return square if exponent == 2 else _times(square, base)


def along_axis(array: np.ndarray, rank: int, axis: int, size: int) -> np.ndarray | None:
    """Return an array that broadcasts to so many axes as the vector [size] that it is along one.

    None if it varies along another axis, would add one, or is of another size.
    """
    padded = (1,) * (rank - array.ndim) + array.shape
    here = padded[axis % rank] if array.ndim <= rank else 0
    if array.size != here or here not in (1, size):
        return None
    return np.broadcast_to(array.reshape(-1), (size,))
