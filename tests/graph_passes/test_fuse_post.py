"""Constants behind a convolution's activation, into the convolution."""

import numpy as np
import pytest

from fourfold.graph.passes.fuse_post import fuse_post
from layer_graphs import binary, graph_of, layer, x_for
from program_pairs import applied, assert_same_results, kinds

BENT = layer("conv", activation="hard_swish", alpha=0.0)


@pytest.mark.parametrize("kind", ["mul", "add", "sub", "div"])
@pytest.mark.parametrize("constant", ["half", "one", "planes", "batch"])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_step_is_taken_over(kind, constant, swapped, rng):
    operands = (constant, "h") if swapped else ("h", constant)
    before = graph_of("conv", [BENT, binary(kind, *operands, "y")])
    after = applied(fuse_post, before)
    assert kinds(after) == (["conv", "div"] if swapped and kind == "div" else ["conv"])
    assert after.nodes[0].name == "h"
    if len(after.nodes) == 1:
        assert [after.constants[name].shape for name in after.nodes[0].inputs[4:]] == [(6,), (6,)]
        assert_same_results(before, after, x_for("conv", rng), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("residual", ["", "z"])
def test_several_are_put_together(residual, rng):
    node = layer("conv", bias="b", activation="relu", alpha=0.0)
    node = type(node)("conv", (*node.inputs, residual), node.outputs, node.attributes, node.name)
    steps = [
        binary("mul", "planes", "h", "i"),
        binary("add", "i", "half", "j"),
        binary("sub", "batch", "j", "y"),
    ]
    before = graph_of("conv", [layer("conv", "x", "z"), node, *steps])
    after = applied(fuse_post, before)
    assert kinds(after) == ["conv", "conv"] if residual else ["conv"]
    assert after.nodes[-1].inputs[3] == residual
    assert_same_results(before, after, x_for("conv", rng), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("node", "step", "outputs"),
    [
        (BENT, binary("mul", "h", "row", "y"), ("y",)),
        (BENT, binary("mul", "h", "deep", "y"), ("y",)),
        (BENT, binary("mul", "h", "half", "y"), ("y", "h")),
        (BENT, binary("mul", "h", "h", "y"), ("y",)),
        (layer("conv", weight="x"), binary("mul", "h", "half", "y"), ("y",)),
        (layer("conv_transpose"), binary("mul", "h", "half", "y"), ("y",)),
    ],
)
def test_what_stays(node, step, outputs):
    constants = {"row": np.ones(7), "deep": np.ones((1,) * 5)}
    before = graph_of(node.op, [node, step], outputs, **constants)
    assert applied(fuse_post, before).nodes == before.nodes
