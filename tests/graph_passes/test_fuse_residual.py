"""What is added to a convolution's output, into the convolution."""

import numpy as np
import pytest

from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.graph.passes.fuse_residual import fuse_residual
from layer_graphs import binary, graph_of, layer, x_for
from program_pairs import applied, assert_same_results, kinds

SQUARE = {"square": np.linspace(-1, 1, 4 * 4 * 9).reshape(4, 4, 3, 3), "bias": np.arange(4)}


def conv(source, result, weight="square", **attributes):
    return layer("conv", source, result, weight=weight, bias="bias", **attributes)


@pytest.mark.parametrize("operands", [("h", "x"), ("x", "h")])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_block_adds_its_input(operands, stride, rng):
    shortcut = {"kernel_shape": (1, 1), "pads": (0, 0, 0, 0), "strides": (stride, stride)}
    relu = Node("activation", ("s",), ("x1",), {"kind": "relu", "alpha": 0.0})
    names = {"x": "x1", "h": "h"}
    nodes = [
        conv("x", "s", weight="point", **shortcut),
        relu,
        conv("x", "g", strides=(stride, stride)),
        conv("g", "h"),
        binary("add", *(names[name] for name in operands), "y"),
    ]
    before = graph_of("conv", nodes, point=np.ones((4, 4, 1, 1)), **SQUARE)
    after = applied(fuse_residual, before)
    assert kinds(after) == ["conv", "relu", "conv", "conv"]
    assert after.nodes[-1].inputs == ("g", "square", "bias", "x1")
    assert (after.nodes[-1].name, after.nodes[-1].outputs) == ("h", ("y",))
    assert_same_results(before, after, x_for("conv", rng), rtol=1e-5, atol=1e-4)


def test_of_two_convolutions_the_later_takes_the_other(rng):
    nodes = [conv("x", "h"), conv("x", "i"), binary("add", "h", "i", "y")]
    before = graph_of("conv", nodes, **SQUARE)
    after = applied(fuse_residual, before)
    assert [node.name for node in after.nodes] == ["h", "i"]
    assert after.nodes[1].inputs[3] == "h"
    assert_same_results(before, after, x_for("conv", rng), rtol=1e-5, atol=1e-4)


def test_a_second_residual_stays(rng):
    nodes = [conv("x", "h"), binary("add", "h", "x", "i"), binary("add", "i", "x", "y")]
    before = graph_of("conv", nodes, **SQUARE)
    after = applied(fuse_residual, before)
    assert kinds(after) == ["conv", "add"]
    assert_same_results(before, after, x_for("conv", rng), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    "nodes",
    [
        [conv("x", "h"), binary("add", "h", "row", "y")],
        [conv("x", "h"), binary("sub", "h", "x", "y")],
        [conv("x", "h"), binary("add", "h", "h", "y")],
        [conv("x", "h", pads=(0, 0, 0, 0)), binary("add", "h", "x", "y")],  # sizes may be 1
        [conv("x", "h", strides=(1, 2)), binary("add", "h", "x", "y")],
        [
            conv("x", "h"),
            Node("global_pool", ("x",), ("p",), {"kind": "average"}),
            binary("add", "h", "p", "y"),
        ],
    ],
)
def test_what_may_be_broadcast_stays(nodes):
    before = graph_of("conv", nodes, row=np.ones((1, 1, 1, 7)), **SQUARE)
    assert applied(fuse_residual, before).nodes == before.nodes


def test_inputs_of_sizes_that_vary_apart_stay():
    nodes = (conv("x", "h"), binary("add", "h", "z", "y"))
    constants = graph_of("conv", nodes, **SQUARE).constants
    shape = (None, 4, None, None)
    infos = tuple(TensorInfo(name, "float32", shape) for name in "xz")
    before = Graph(infos, nodes, ("y",), constants)
    assert applied(fuse_residual, before).nodes == nodes
    fixed = tuple(TensorInfo(name, "float32", (1, 4, 5, 7)) for name in "xz")
    assert len(applied(fuse_residual, Graph(fixed, nodes, ("y",), constants)).nodes) == 1


def test_what_others_read_and_what_has_an_activation_stays():
    plain = [conv("x", "h"), binary("add", "h", "x", "y")]
    seen = graph_of("conv", plain, outputs=("y", "h"), **SQUARE)
    assert applied(fuse_residual, seen).nodes == seen.nodes
    bent = graph_of("conv", [conv("x", "h", activation="relu"), plain[1]], **SQUARE)
    assert applied(fuse_residual, bent).nodes == bent.nodes


def test_a_float64_convolution_stays():
    nodes = (conv("x", "h"), binary("add", "h", "x", "y"))
    constants = graph_of("conv", nodes, **SQUARE).constants
    doubles = {name: array.astype(np.float64) for name, array in constants.items()}
    before = Graph((TensorInfo("x", "float64", (1, 4, 5, 7)),), nodes, ("y",), doubles)
    assert applied(fuse_residual, before).nodes == nodes
