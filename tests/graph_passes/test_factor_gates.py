"""x + x * gate as one product."""

import numpy as np
import pytest

from fourfold.graph.passes.factor_gates import factor_gates
from program_pairs import applied, assert_same_results, graph_of, kinds


def graph(nodes, outputs="float[A, B] y"):
    return graph_of(f"(float[N, 4] x, float[N, 1] s) => ({outputs}) {{ {nodes} }}")


@pytest.mark.parametrize("gate", ["Sigmoid", "HardSigmoid"])
@pytest.mark.parametrize("product", ["Mul (x, g)", "Mul (g, x)"])
@pytest.mark.parametrize("total", ["Add (x, p)", "Add (p, x)"])
def test_the_sum_moves_to_the_gate(gate, product, total, rng):
    before = graph(f"g = {gate} (s) p = {product} y = {total}")
    after = applied(factor_gates, before)
    assert kinds(after) == [kinds(before)[0], "add", "mul"]
    assert after.nodes[1].inputs[0] == before.nodes[0].outputs[0]
    x, s = (rng.standard_normal((5, columns)).astype(np.float32) for columns in (4, 1))
    assert_same_results(before, after, x, s)


@pytest.mark.parametrize(
    ("nodes", "outputs"),
    [
        ("g = Sigmoid (s) p = Mul (x, g) y = Add (p, s)", "float[A, B] y"),
        ("g = Sigmoid (s) p = Mul (x, g) y = Sub (p, x)", "float[A, B] y"),
        ("g = Sigmoid (s) p = Div (x, g) y = Add (p, x)", "float[A, B] y"),
        ("g = Tanh (s) p = Mul (x, g) y = Add (p, x)", "float[A, B] y"),  # near -1 digits go
        ("g = Sigmoid (s) p = Mul (x, g) y = Add (p, x)", "float[A, B] y, float[C, D] p"),
        ("g = Sigmoid (s) p = Mul (x, g) y = Add (p, x)", "float[A, B] y, float[C, D] g"),
    ],
)
def test_what_stays(nodes, outputs):
    before = graph(nodes, outputs)
    assert applied(factor_gates, before) == before
