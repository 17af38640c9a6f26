"""Nodes that compute the same, and steps that do nothing."""

import numpy as np
import pytest

from fourfold.graph.passes.merge_same import merge_same
from program_pairs import applied, assert_same_results, graph_of, kinds

X = np.linspace(-3, 5, 12, dtype=np.float32).reshape(3, 4)


def graph(nodes, outputs="float[A, B] y", dtype="float"):
    constants = f"""{dtype} one = {{1}}, {dtype}[1] one1 = {{1}}, {dtype}[1, 1, 1] one3 = {{1}},
        {dtype} two = {{2}}, {dtype} also_two = {{2}}, {dtype} zero = {{0}}"""
    return graph_of(f"({dtype}[N, 4] x) => ({outputs}) <{constants}> {{ {nodes} }}")


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ("a = Exp (x) b = Exp (x) y = Add (a, b)", ["exp", "add"]),
        ("a = Mul (x, two) b = Mul (x, also_two) y = Div (a, b)", ["mul", "div"]),
        ("a = Exp (x) b = Exp (x) c = Abs (a) d = Abs (b) y = Add (c, d)", ["exp", "abs", "add"]),
        ("a = Identity (x) b = Identity (a) y = Abs (b)", ["abs"]),
        ("a = Mul (x, one) b = Mul (one1, a) c = Div (b, one) y = Abs (c)", ["abs"]),
    ],
)
def test_what_is_merged(nodes, expected):
    before = graph(nodes)
    after = applied(merge_same, before)
    assert kinds(after) == expected
    assert_same_results(before, after, X, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("nodes", "outputs"),
    [
        ("a = Exp (x) b = Log (x) y = Add (a, b)", "float[A, B] y"),
        ("a = Mul (x, two) b = Mul (two, x) y = Div (a, b)", "float[A, B] y"),
        ("a = LeakyRelu (x) b = LeakyRelu <alpha = 0.5> (x) y = Add (a, b)", "float[A, B] y"),
        ("a = Mul (x, one3) y = Abs (a)", "float[A, B, C] y"),  # raises the rank
        ("a = Div (one, x) y = Abs (a)", "float[A, B] y"),
        ("a = Add (x, zero) y = Abs (a)", "float[A, B] y"),  # -0.0 + 0.0 is 0.0
        ("y = Identity (x)", "float[A, B] y"),
        ("y = Exp (x) z = Exp (x)", "float[A, B] y, float[C, D] z"),
    ],
)
def test_what_stays(nodes, outputs):
    before = graph(nodes, outputs)
    assert applied(merge_same, before).nodes == before.nodes


def test_constants_of_other_types_are_not_the_same():
    before = graph_of(
        """(float[N] x, double[N] z) => (float[N] y, double[N] w)
        <float a = {0}, double b = {0}, float[1] c = {0}> {
            y = Max (x, a)
            d = Max (z, b)
            w = Identity (d)
        }"""
    )
    assert kinds(applied(merge_same, before)) == ["max", "max", "identity"]
