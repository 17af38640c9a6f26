"""Activations within the layers that they follow."""

import numpy as np
import pytest

from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.graph.passes.fuse import fuse_activations
from program_pairs import assert_same_results

X = TensorInfo("x", "float32", (None, 4, 6))


def graph(op, kind, outputs=("y",), more=()):
    shape = (6, 5) if op == "linear" else (4, 4, 3)
    weight = np.linspace(-1, 1, int(np.prod(shape)), dtype="float32").reshape(shape)
    bend = Node("activation", ("h",), ("y",), {"kind": kind, "alpha": 0.5}, "bend")
    layer = Node(op, ("x", "w", "", *more), ("h",), {}, "layer")
    return Graph((X,), (layer, bend), outputs, {"w": weight})


@pytest.mark.parametrize("op", ["linear", "conv", "conv_transpose"])
@pytest.mark.parametrize("kind", ["relu", "leaky_relu", "elu", "gelu", "hard_swish", "sigmoid"])
def test_a_layer_takes_its_activation(op, kind, rng):
    before = graph(op, kind)
    after = fuse_activations(before)
    (node,) = after.nodes
    assert (node.op, node.name, node.outputs) == (op, "layer", ("y",))
    assert node.attributes == {"activation": kind, "alpha": 0.5}
    x = rng.standard_normal((2, 4, 6)).astype(np.float32)
    assert_same_results(before, after, x, rtol=0, atol=0)


@pytest.mark.parametrize("op", ["linear", "conv", "conv_transpose"])
def test_what_stays(op):
    for before in (graph(op, "softmax"), graph(op, "relu", outputs=("y", "h"))):
        assert fuse_activations(before).nodes == before.nodes


def test_an_activation_behind_scale_and_shift_stays():
    before = graph("conv", "relu", more=("", "scale", "shift"))
    assert fuse_activations(before).nodes == before.nodes
    residual = graph("conv", "relu", more=("residual",))
    assert len(fuse_activations(residual).nodes) == 1
