"""The whole pipeline, on blocks as real models have them."""

import numpy as np
import pytest

from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.graph.passes.simplify import simplify
from layer_graphs import NUMBERS, binary, layer
from program_pairs import assert_same_results, kinds

IMAGES = TensorInfo("x", "float32", (None, 8, None, None))
NO_PADS = {"pads": (0, 0, 0, 0)}


def weights(rng, **shapes):
    arrays = {name: rng.standard_normal(shape) * 0.3 for name, shape in shapes.items()}
    kept = {name: array.astype(np.float32) for name, array in arrays.items()}
    return {**NUMBERS, **kept, "three": np.float32(3), "six": np.float32(6)}


def hard_swish(source, result):
    """Return how Paddle writes it."""
    return [
        binary("add", source, "three", f"{result}.a"),
        Node("clip", (f"{result}.a",), (f"{result}.b",), {"low": 0.0, "high": 6.0}),
        binary("mul", source, f"{result}.b", f"{result}.c"),
        binary("div", f"{result}.c", "six", result),
    ]


def learnable(source, result):
    """Return a learnable affine of PP-LCNetV3: one factor, one term."""
    return [
        binary("mul", "two", source, f"{result}.d"),
        binary("add", f"{result}.d", "half", result),
    ]


def gate(source, result):
    """Return squeeze and excitation."""
    return [
        Node("global_pool", (source,), (f"{result}.p",), {"kind": "average"}),
        layer("conv", f"{result}.p", f"{result}.q", "squeeze", "", **NO_PADS),
        Node("activation", (f"{result}.q",), (f"{result}.r",), {"kind": "relu", "alpha": 0.0}),
        layer("conv", f"{result}.r", f"{result}.s", "excite", "", **NO_PADS),
        Node("activation", (f"{result}.s",), (result,), {"kind": "hard_sigmoid", "alpha": 0.2}),
    ]


def lcnet_block():
    """Return a block: depthwise and pointwise, gated, each between its learnable affines."""
    return [
        layer("conv", "x", "depth", "depthwise", "b", group=8),
        *learnable("depth", "i"),
        *hard_swish("i", "j"),
        *learnable("j", "k"),
        *gate("k", "g"),
        binary("mul", "k", "g", "l"),
        layer("conv", "l", "point", "pointwise", "b", **NO_PADS),
        *learnable("point", "m"),
        *hard_swish("m", "n"),
        *learnable("n", "o"),
        layer("conv", "o", "next", "pointwise2", "b", **NO_PADS),
        binary("add", "next", "x", "y"),
    ]


def test_a_block_of_a_mobile_network_is_its_convolutions(rng):
    shapes = {"depthwise": (8, 1, 5, 5), "pointwise": (8, 8, 1, 1), "pointwise2": (8, 8, 1, 1)}
    constants = weights(rng, **shapes, squeeze=(4, 8, 1, 1), excite=(8, 4, 1, 1), b=8)
    nodes = lcnet_block()
    nodes[0] = layer("conv", "x", "depth", "depthwise", "b", group=8, pads=(2, 2, 2, 2))
    before = Graph((IMAGES,), tuple(nodes), ("y",), constants)
    after = simplify(before)
    assert kinds(after) == ["conv", "average", "conv", "conv", "mul", "conv", "conv"]
    depth, _, squeeze, excite, _, point, last = after.nodes
    assert [depth.name, point.name, last.name] == ["depth", "point", "next"]
    assert [node.attributes.get("activation") for node in (depth, point)] == ["hard_swish"] * 2
    assert [node.attributes["activation"] for node in (squeeze, excite)] == ["relu", "hard_sigmoid"]
    assert all(depth.inputs[4:])  # two read it: the gate and the product
    assert not any(point.inputs[3:])  # the next one's weights have it
    assert last.inputs[3] == "x"
    x = rng.standard_normal((2, 8, 6, 9)).astype(np.float32)
    assert_same_results(before, after, x, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stride", [1, 2])
def test_a_residual_block_is_its_convolutions(stride, rng):
    strides = {"strides": (stride, stride)}
    norm = ["scale", "b", "b", "spread"]
    nodes = (
        layer("conv", "x", "a", "w1", "", **strides),
        Node("batch_norm", ("a", *norm), ("b1",), {"epsilon": 1e-5}),
        Node("activation", ("b1",), ("c",), {"kind": "relu", "alpha": 0.0}),
        layer("conv", "c", "d", "w2", ""),
        Node("batch_norm", ("d", *norm), ("e",), {"epsilon": 1e-5}),
        layer("conv", "x", "s", "w3", "", **NO_PADS, **strides),
        Node("batch_norm", ("s", *norm), ("t",), {"epsilon": 1e-5}),
        binary("add", "e", "t", "f"),
        Node("activation", ("f",), ("y",), {"kind": "relu", "alpha": 0.0}),
    )
    shapes = {"w1": (8, 8, 3, 3), "w2": (8, 8, 3, 3), "w3": (8, 8, 1, 1)}
    constants = weights(rng, **shapes, scale=8, b=8, spread=8)
    constants["spread"] = np.abs(constants["spread"]) + 0.5
    before = Graph((IMAGES,), nodes, ("y",), constants)
    after = simplify(before)
    assert kinds(after) == ["conv", "conv", "conv"]
    assert after.nodes[-1].inputs[3]
    assert after.nodes[-1].attributes["activation"] == "relu"
    x = rng.standard_normal((2, 8, 7, 9)).astype(np.float32)
    assert_same_results(before, after, x, rtol=1e-4, atol=1e-4)


def test_names_of_outputs_stay_and_what_is_simple_is_not_changed_again(rng):
    constants = weights(rng, w=(8, 8, 1, 1), b=8)
    nodes = (layer("conv", "x", "h", **NO_PADS), *hard_swish("h", "j"), *learnable("j", "y"))
    before = Graph((IMAGES,), nodes, ("y", "h"), constants)
    after = simplify(before)
    assert after.outputs == ("y", "h")
    assert kinds(after) == ["conv", "hard_swish", "mul", "add"]
    assert simplify(after).nodes == after.nodes


@pytest.mark.parametrize("kind", ["mul", "add"])
@pytest.mark.parametrize("with_layer", [False, True])
def test_a_chain_of_any_length(kind, with_layer, rng):
    count = 2000
    chain = [binary(kind, f"v{index}", "step", f"v{index + 1}") for index in range(count)]
    first = layer("conv", "x", "v0", **NO_PADS)
    first = first if with_layer else Node("unary", ("x",), ("v0",), {"kind": "exp"})
    constants = {**weights(rng, w=(8, 8, 1, 1), b=8), "step": np.float32(1.0001)}
    before = Graph((IMAGES,), (first, *chain), (f"v{count}",), constants)
    after = simplify(before)
    assert len(after.nodes) == (1 if with_layer else 1 + count)
    x = rng.standard_normal((1, 8, 2, 2)).astype(np.float32)
    assert_same_results(before, after, x, rtol=1e-3, atol=1e-3)  # 2000 roundings against one
