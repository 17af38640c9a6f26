"""Normalizations by row that exporters write as several nodes."""

import numpy as np
import pytest

from fourfold.graph.passes.layer_norms import fuse_layer_norms
from program_pairs import applied, assert_same_results, graph_of, kinds

CONSTANTS = """float[8] scale = {1, -2, 3, 0.5, 1, 2, 3, 4},
    float[8] bias = {0, 1, 2, 3, 4, 5, 6, 7},
    float two = {2}, float epsilon = {0.00001}, float one = {1}, float[1] few = {2},
    float[2, 1] rows = {1, 2}, float[1, 1, 1, 8] wide = {1, 2, 3, 4, 5, 6, 7, 8}"""

CENTRE = "m = ReduceMean <axes = [-1]> (x) d = Sub (x, m)"
SQUARE = "p = Pow (d, two) v = ReduceMean <axes = [-1]> (p) e = Add (v, epsilon)"
QUOTIENT = "s = Sqrt (e) n = Div (d, s)"
PARAMETERS = "g = Mul (n, scale) y = Add (g, bias)"
WHOLE = f"{CENTRE} {SQUARE} {QUOTIENT} {PARAMETERS}"

RMS = f"{SQUARE.replace('(d', '(x')} {QUOTIENT.replace('(d', '(x')} y = Mul (scale, n)"


def graph(nodes, shape="N, 2, 8", outputs="float[A, B, C] y", dtype="float"):
    return graph_of(
        f"({dtype}[{shape}] x) => ({outputs}) <{CONSTANTS.replace('float', dtype)}> {{ {nodes} }}"
    )


@pytest.mark.parametrize(
    ("kind", "nodes"),
    [
        ("layer_norm", WHOLE),
        ("layer_norm", WHOLE.replace("Pow (d, two)", "Mul (d, d)")),
        ("layer_norm", WHOLE.replace("(n, scale)", "(scale, n)").replace("(g, bias)", "(bias, g)")),
        ("layer_norm", WHOLE.replace("axes = [-1]", "axes = [2]")),
        ("layer_norm", WHOLE.replace("(g, bias)", "(g, few)")),
        ("layer_norm", WHOLE.replace("n = Div (d, s)", "r = Reciprocal (s) n = Mul (d, r)")),
        ("layer_norm", WHOLE.replace("n = Div (d, s)", "r = Div (one, s) n = Mul (r, d)")),
        ("layer_norm", f"{CENTRE} {SQUARE} s = Sqrt (e) y = Div (d, s)"),
        ("layer_norm", f"{CENTRE} {SQUARE} {QUOTIENT} y = Mul (n, scale)"),
        ("layer_norm", f"{CENTRE} {SQUARE} {QUOTIENT} y = Sub (n, bias)"),
        ("rms_norm", RMS),
        ("rms_norm", RMS.replace("Pow (x, two)", "Mul (x, x)")),
        ("rms_norm", RMS.replace("n = Div (x, s)", "r = Div (one, s) n = Mul (x, r)")),
    ],
)
def test_each_spelling_becomes_one_node(kind, nodes, rng):
    before = graph(nodes)
    after = applied(fuse_layer_norms, before)
    assert kinds(after) == [kind]
    x = 3 + rng.standard_normal((5, 2, 8)).astype(np.float32)
    assert_same_results(before, after, x, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "nodes",
    [
        WHOLE.replace("axes = [-1]", "axes = [1]"),
        WHOLE.replace("axes = [-1]", "axes = [1, 2]"),
        WHOLE.replace("v = ReduceMean", "v = ReduceSum").replace("e = Add (v", "e = Mul (v"),
        WHOLE.replace("Pow (d, two)", "Pow (d, one)"),
        WHOLE.replace("Pow (d, two)", "Mul (d, x)"),
        WHOLE.replace("Add (v, epsilon)", "Add (v, bias)"),
        WHOLE.replace("Add (v, epsilon)", "Sub (epsilon, v)"),
        WHOLE.replace("Sqrt", "Exp"),
        WHOLE.replace("Div (d, s)", "Div (s, d)"),
        WHOLE.replace("Sub (x, m)", "Sub (m, x)").replace("Pow (d, two)", "Mul (d, m)"),
    ],
)
def test_what_merely_looks_alike_stays(nodes):
    nodes = nodes.replace("ReduceSum <axes = [-1]> (p)", "ReduceSum (p)")
    before = graph(nodes)
    assert not {"layer_norm", "rms_norm"} & set(kinds(applied(fuse_layer_norms, before)))


@pytest.mark.parametrize("centre", ["ReduceMean <axes = [1]>", "ReduceMax <axes = [-1]>"])
def test_centred_by_anything_else_it_is_a_norm_of_the_root_mean_square(centre):
    before = graph(WHOLE.replace("m = ReduceMean <axes = [-1]>", f"m = {centre}"))
    after = applied(fuse_layer_norms, before)
    assert kinds(after)[1:] == ["sub", "rms_norm", "add"]
    x = np.linspace(-3, 5, 48, dtype=np.float32).reshape(-1, 2, 8)
    assert_same_results(before, after, x, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("seen", "mdpvesn")
def test_what_others_read_stays(seen):
    before = graph(WHOLE, outputs=f"float[A, B, C] y, float[D, E, F] {seen}")
    after = applied(fuse_layer_norms, before)
    # The quotient itself may be seen: a norm without scale and bias gives it.
    assert "layer_norm" not in kinds(after) or seen == "n"
    x = np.linspace(-3, 5, 48, dtype=np.float32).reshape(-1, 2, 8)
    assert_same_results(before, after, x, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("nodes", "shape", "outputs"),
    [
        (WHOLE, "N, 2, M", "float[A, B, C] y"),  # M may be 1: then y is wider than x
        (WHOLE.replace("scale", "rows"), "N, 2, 8", "float[A, B, C] y"),
        (WHOLE.replace("scale", "wide"), "N, 2, 8", "float[A, B, C, D] y"),
        (WHOLE, "N, 2, 8", "double[A, B, C] y"),
    ],
)
def test_other_shapes_and_types_stay(nodes, shape, outputs):
    dtype = outputs.split("[", maxsplit=1)[0]
    before = graph(nodes, shape=shape, outputs=outputs, dtype=dtype)
    after = applied(fuse_layer_norms, before)
    assert not any(node.op == "layer_norm" and node.inputs[2] for node in after.nodes)
    x = np.linspace(-3, 5, 48).reshape(-1, 2, 8).astype(dtype.replace("float", "float32"))
    assert_same_results(before, after, x, rtol=1e-5, atol=1e-5)
