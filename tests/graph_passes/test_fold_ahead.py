"""Numbers before a layer, into its weights and bias."""

import numpy as np
import pytest

from fourfold.graph.passes.fold import MAX_SHIFT
from fourfold.graph.passes.fold_ahead import fold_ahead
from layer_graphs import binary, graph_of, layer, x_for
from program_pairs import applied, assert_same_results, kinds


def unpadded(**attributes):
    return {"pads": (0, 0, 0, 0), **attributes}


@pytest.mark.parametrize(("op", "group"), [("linear", 1), ("conv", 1), ("conv", 2)])
@pytest.mark.parametrize("bias", ["b", ""])
@pytest.mark.parametrize("kind", ["mul", "add", "sub", "div"])
@pytest.mark.parametrize("operands", [("x", "half"), ("half", "x"), ("x", "one")])
def test_a_step_is_folded(op, group, bias, kind, operands, rng):
    node = layer(op, "s", "y", bias=bias, **unpadded(group=group))
    before = graph_of(op, [binary(kind, *operands, "s"), node], group=group)
    after = applied(fold_ahead, before)
    assert kinds(after) == (["div", op] if (kind, operands[0]) == ("div", "half") else [op])
    x = np.abs(x_for(op, rng)) + 0.1
    assert_same_results(before, after, x, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("op", ["linear", "conv"])
def test_a_chain_is_folded(op, rng):
    steps = [binary("mul", "two", "x", "s"), binary("add", "s", "half", "t")]
    before = graph_of(op, [*steps, layer(op, "t", "y", **unpadded())])
    after = applied(fold_ahead, before)
    assert kinds(after) == [op]
    assert_same_results(before, after, x_for(op, rng), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("padding", [{"pads": (0, 1, 0, 0)}, unpadded(auto_pad="same_upper")])
def test_a_padded_convolution_takes_a_factor_and_no_term(padding, rng):
    for kind in ("mul", "add"):
        before = graph_of(
            "conv", [binary(kind, "x", "half", "s"), layer("conv", "s", "y", **padding)]
        )
        after = applied(fold_ahead, before)
        assert kinds(after) == (["conv"] if kind == "mul" else ["add", "conv"])
        assert_same_results(before, after, x_for("conv", rng), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("op", ["linear", "conv"])
@pytest.mark.parametrize(
    ("kind", "constant"),
    [
        ("mul", "channels"),  # would change which weights are large
        ("mul", "deep"),  # would raise the rank
        ("mul", "zero"),
        ("add", "far"),
        ("mul", "x"),
    ],
)
def test_what_stays(op, kind, constant):
    constants = {"deep": np.ones((1,) * 5), "zero": 0, "far": 2 * MAX_SHIFT}
    constants["channels"] = np.ones(4) if op == "linear" else np.ones((4, 1, 1))
    nodes = [binary(kind, "x", constant, "s"), layer(op, "s", "y", **unpadded())]
    before = graph_of(op, nodes, **constants)
    assert applied(fold_ahead, before).nodes == before.nodes


@pytest.mark.parametrize("op", ["linear", "conv"])
def test_what_others_read_stays(op):
    step, node = binary("mul", "x", "half", "s"), layer(op, "s", "y", **unpadded())
    again = layer(op, "x", "z", **unpadded())
    for nodes, outputs in [([step, node], ("y", "s")), ([step, node, again], ("y", "z"))]:
        before = graph_of(op, nodes, outputs)
        assert applied(fold_ahead, before).nodes == before.nodes


def test_a_transposed_convolution_stays():
    nodes = [binary("mul", "x", "half", "s"), layer("conv_transpose", "s", "y")]
    before = graph_of("conv_transpose", nodes)
    assert applied(fold_ahead, before).nodes == before.nodes
