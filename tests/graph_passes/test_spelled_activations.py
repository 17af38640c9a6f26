"""Activations that exporters write as several nodes."""

import numpy as np
import pytest

from fourfold.graph.passes.spelled_activations import fuse_spelled_activations
from program_pairs import applied, assert_same_results, graph_of, kinds

CONSTANTS = """float three = {3}, float six = {6}, float zero = {0}, float sixth = {0.16666667},
    float half = {0.5}, float one = {1}, float root = {1.4142135}, float inverse = {0.70710677},
    float cubic = {0.044715}, float first = {0.7978846}, float two = {2}, float[1] six1 = {6},
    float[1, 1, 1] six3 = {6}, float[2] sixes = {6, 6}"""


def graph(nodes, dtype="float", shape="N, 3", outputs="float[A, B] y"):
    constants = CONSTANTS.replace("float", dtype)
    body = nodes if "y =" in nodes else f"{nodes} y = Identity (r)"
    return graph_of(f"({dtype}[{shape}] x) => ({outputs}) <{constants}> {{ {body} }}")


SPELLED = {
    "hard_swish": [
        "a = Add (x, three) b = Clip (a, zero, six) c = Mul (x, b) y = Div (c, six)",
        "a = Add (three, x) b = Clip (a, zero, six) c = Mul (b, x) y = Mul (sixth, c)",
        "a = Add (x, three) b = Clip (a, zero, six) c = Div (b, six) y = Mul (x, c)",
        "a = Add (x, three) b = Clip (a, zero, six) c = Div (x, six) y = Mul (c, b)",
        "a = Add (x, three) b = Clip (a, zero, six) c = Mul (x, b) y = Div (c, six1)",
        "a = Add (x, three) b = Max (a, zero) c = Min (six, b) d = Mul (x, c) y = Div (d, six)",
        "a = Add (x, three) b = Min (a, six) c = Max (b, zero) d = Mul (x, c) y = Div (d, six)",
        "a = Mul (x, sixth) b = Add (a, half) c = Clip (b, zero, one) y = Mul (x, c)",
        "a = HardSigmoid <alpha = 0.16666667, beta = 0.5> (x) y = Mul (x, a)",
    ],
    "silu": ["a = Sigmoid (x) y = Mul (x, a)", "a = Sigmoid (x) y = Mul (a, x)"],
    "mish": ["a = Softplus (x) b = Tanh (a) y = Mul (x, b)"],
    "gelu": [
        "a = Div (x, root) b = Erf (a) c = Add (b, one) d = Mul (x, c) y = Mul (d, half)",
        "a = Mul (x, inverse) b = Erf (a) c = Add (one, b) d = Mul (half, x) y = Mul (d, c)",
        "a = Div (x, root) b = Erf (a) c = Add (b, one) d = Mul (c, half) y = Mul (x, d)",
        "a = Div (x, root) b = Erf (a) c = Mul (b, half) d = Add (c, half) y = Mul (d, x)",
    ],
    "gelu_tanh": [
        """p = Pow (x, three) a = Mul (cubic, p) b = Add (x, a) c = Mul (b, first) d = Tanh (c)
        e = Add (one, d) f = Mul (half, x) y = Mul (f, e)""",
        """p = Mul (x, x) q = Mul (p, x) a = Mul (q, cubic) b = Add (x, a) c = Mul (first, b)
        d = Tanh (c) e = Add (d, one) f = Mul (x, e) y = Mul (f, half)""",
        """p = Mul (x, x) a = Mul (p, cubic) b = Add (a, one) c = Mul (x, first) d = Mul (c, b)
        e = Tanh (d) f = Add (e, one) g = Mul (f, half) y = Mul (x, g)""",
    ],
}


@pytest.mark.parametrize(("kind", "nodes"), [(k, n) for k, all_ in SPELLED.items() for n in all_])
def test_each_spelling_becomes_one_node(kind, nodes):
    before = graph(nodes)
    after = applied(fuse_spelled_activations, before)
    assert kinds(after) == [kind]
    x = np.linspace(-9, 9, 300, dtype=np.float32).reshape(-1, 3)
    assert_same_results(before, after, x)


HARD_SWISH = SPELLED["hard_swish"][0]


@pytest.mark.parametrize(
    "nodes",
    [
        HARD_SWISH.replace("three", "two"),
        HARD_SWISH.replace("(c, six)", "(c, two)"),
        HARD_SWISH.replace("(a, zero, six)", "(a, zero, three)"),
        HARD_SWISH.replace("(a, zero, six)", "(a, one, six)"),
        HARD_SWISH.replace("(a, zero, six)", "(a, zero)"),
        HARD_SWISH.replace("Mul (x, b)", "Mul (a, b)"),
        HARD_SWISH.replace("Add", "Sub"),
        HARD_SWISH.replace("Div (c, six)", "Div (six, c)"),
        HARD_SWISH.replace("(c, six)", "(c, six3)"),  # would raise the rank
        HARD_SWISH.replace("(c, six)", "(c, sixes)").replace("three)", "sixes)"),
        "a = HardSigmoid <alpha = 0.2, beta = 0.5> (x) y = Mul (x, a)",
        "a = Sigmoid (x) y = Mul (a, a)",
        "a = Sigmoid (x) y = Div (x, a)",
        "a = Sigmoid (x) y = Div (a, x)",
        "a = HardSigmoid <alpha = 0.16666667, beta = 0.5> (x) y = Div (x, a)",
        "a = Softplus (x) b = Tanh (a) y = Div (x, b)",
        "a = Div (x, root) b = Erf (a) c = Add (b, one) d = Mul (c, half) y = Div (x, d)",
        "a = Relu (x) b = Sigmoid (a) y = Mul (x, b)",
        "a = Softplus (x) b = Sigmoid (a) y = Mul (x, b)",
        SPELLED["gelu"][0].replace("root", "two"),
        SPELLED["gelu"][0].replace("(b, one)", "(b, half)"),
        SPELLED["gelu_tanh"][0].replace("three", "two"),
        SPELLED["gelu_tanh"][0].replace("(cubic, p)", "(half, p)"),
        SPELLED["gelu_tanh"][0].replace("first", "half"),
    ],
)
def test_what_merely_looks_alike_stays(nodes):
    columns = "2" if "sixes" in nodes else "3"
    outputs = "float[A, B, C] y" if "six3" in nodes else "float[A, B] y"
    before = graph(nodes, shape=f"N, {columns}", outputs=outputs)
    after = applied(fuse_spelled_activations, before)
    fused = set(kinds(after)) - set(kinds(before))
    assert not fused
    x = np.linspace(-9, 9, 60, dtype=np.float32).reshape(-1, int(columns))
    assert_same_results(before, after, x)


def test_what_others_read_stays():
    outputs = "float[A, B] y, float[C, D] b"
    before = graph(HARD_SWISH, outputs=outputs)
    assert applied(fuse_spelled_activations, before) == before
    again = graph(f"{HARD_SWISH.replace('y =', 'r =')} y = Add (r, b)")
    assert applied(fuse_spelled_activations, again) == again


def test_float64_stays():
    before = graph(SPELLED["gelu"][0], dtype="double", outputs="double[A, B] y")
    assert applied(fuse_spelled_activations, before) == before


@pytest.mark.parametrize(("number", "fused"), [("six", True), ("six1", False)])
def test_a_vector_of_one_may_raise_an_unknown_rank(number, fused):
    nodes = HARD_SWISH.replace("(x,", "(r,").replace("(c, six)", f"(c, {number})")
    before = graph_of(
        f"""(float[N] x, int64[M] s) => (float[N] y)
        <{CONSTANTS}> {{ r = Reshape (x, s) {nodes} }}"""
    )
    after = applied(fuse_spelled_activations, before)
    assert (kinds(after) == ["reshape", "hard_swish"]) == fused
    assert_same_results(before, after, np.ones(1, "f"), np.array([], np.int64))


def test_a_factor_behind_the_activation_stays_outside():
    nodes = f"{HARD_SWISH.replace('y =', 'r =')} y = Mul (r, two)"
    after = applied(fuse_spelled_activations, graph(nodes))
    assert kinds(after) == ["hard_swish", "mul"]
    x = np.linspace(-9, 9, 30, dtype=np.float32).reshape(-1, 3)
    assert_same_results(graph(nodes), after, x)
