"""The passes that ONNX graphs go through: pruning, biases, batch norms, lowering of any dtype."""

import numpy as np
import pytest

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.graph.passes.fold_batch_norm import fold_batch_norm
from fourfold.graph.passes.fuse_bias import fuse_bias
from fourfold.graph.passes.lower import lower
from fourfold.graph.passes.prune import prune

X = TensorInfo("x", "float32", (None, 3))


def graph(nodes, constants, outputs=("y",), inputs=(X,)):
    return Graph(inputs, tuple(nodes), outputs, constants)


def linear(x="x", weight="w", bias="", output="h", **attributes):
    return Node("linear", (x, weight, bias), (output,), attributes)


def add(a, b, output="y"):
    return Node("binary", (a, b), (output,), {"kind": "add"})


WEIGHT = np.arange(6, dtype=np.float32).reshape(3, 2)
BIAS = np.array([1, 2], np.float32)


@pytest.mark.parametrize("inputs", [("h", "b"), ("b", "h")])
def test_a_constant_added_becomes_the_bias(inputs):
    fused = fuse_bias(graph([linear(), add(*inputs)], {"w": WEIGHT, "b": BIAS}))
    assert fused.nodes == (linear(bias="b", output="y"),)


@pytest.mark.parametrize(
    ("nodes", "constants", "outputs"),
    [
        ([linear(), add("h", "b")], {"b": BIAS}, ("y", "h")),  # another reader
        ([linear(), add("h", "h")], {}, ("y",)),  # no constant
        ([linear(bias="c"), add("h", "b")], {"b": BIAS, "c": BIAS}, ("y",)),  # a bias already
        ([linear(activation="relu"), add("h", "b")], {"b": BIAS}, ("y",)),
        ([linear(), add("h", "b")], {"b": BIAS[:1]}, ("y",)),  # one value for all columns
        ([linear(), add("h", "b")], {"b": BIAS[None]}, ("y",)),  # may raise the rank
    ],
)
def test_what_is_no_bias_stays(nodes, constants, outputs):
    before = graph(nodes, {"w": WEIGHT, **constants}, outputs)
    assert fuse_bias(before) == before


def convolve(node, constants, x):
    """A convolution with a window of 1: a product over the channels, group by group."""
    weight = constants[node.inputs[1]][:, :, 0, 0]
    group = node.attributes.get("group", 1)
    parts = np.split(x, group, axis=1)
    if node.op == "conv":
        blocks = np.split(weight, group, axis=0)
    else:
        blocks = [block.T for block in np.split(weight, group, axis=0)]
    y = np.concatenate(
        [np.einsum("mc,nchw->nmhw", b, p) for b, p in zip(blocks, parts, strict=True)], axis=1
    )
    bias = constants[node.inputs[2]] if any(node.inputs[2:]) else 0
    return y + np.reshape(bias, (-1, 1, 1)) if np.ndim(bias) else y


@pytest.mark.parametrize("op", ["conv", "conv_transpose"])
@pytest.mark.parametrize("group", [1, 2])
@pytest.mark.parametrize("with_bias", [False, True])
def test_a_batch_norm_folds_into_a_convolution(op, group, with_bias, rng):
    shape = (6, 4 // group) if op == "conv" else (4, 6 // group)
    names = ("scale", "shift", "mean", "variance")
    constants = {name: rng.uniform(0.5, 2, 6).astype(np.float32) for name in names}
    constants["w"] = rng.standard_normal((*shape, 1, 1)).astype(np.float32)
    constants["b"] = rng.standard_normal(6).astype(np.float32)
    conv = Node(op, ("x", "w", "b" if with_bias else ""), ("h",), {"group": group})
    norm = Node("batch_norm", ("h", *names), ("y",), {"epsilon": 1e-3})
    folded = fold_batch_norm(graph([conv, norm], constants))
    (node,) = folded.nodes
    x = rng.standard_normal((2, 4, 3, 5))
    scale, shift, mean, variance = (constants[name].reshape(-1, 1, 1) for name in names)
    h = convolve(conv, constants, x)
    expected = (h - mean) / np.sqrt(variance + 1e-3) * scale + shift
    assert node.outputs == ("y",)
    np.testing.assert_allclose(convolve(node, folded.constants, x), expected, rtol=1e-4, atol=1e-5)


def test_a_batch_norm_of_a_value_that_others_read_stays():
    constants = {name: np.ones(2, np.float32) for name in ("scale", "shift", "mean", "variance")}
    constants["w"] = np.ones((2, 2, 1, 1), np.float32)
    nodes = [
        Node("conv", ("x", "w", ""), ("h",), {"group": 1}),
        Node("batch_norm", ("h", "scale", "shift", "mean", "variance"), ("y",), {"epsilon": 1e-3}),
    ]
    before = graph(nodes, constants, ("y", "h"))
    assert fold_batch_norm(before) == before


def test_pruning():
    nodes = [linear(), linear(output="unused"), linear("unused", output="also"), add("h", "b")]
    before = graph(nodes, {"w": WEIGHT, "b": BIAS, "rest": BIAS})
    pruned = prune(before)
    assert pruned.nodes == (nodes[0], nodes[3])
    assert pruned.constants.keys() == {"w", "b"}


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "uint16", "float64", "float32"])
def test_constants_keep_their_dtype_and_absent_inputs_stay_absent(dtype):
    constant = np.arange(4).reshape(1, 2, 2).astype(dtype)
    nodes = [Node("squeeze", ("c", ""), ("y",))]
    spec = lower(graph(nodes, {"c": np.asfortranarray(constant)}), {})
    assert spec.steps[0].inputs == (1, None)
    assert spec.constants[0].dtype == dtype
    assert spec.constants[0].flags.c_contiguous
    y = CompiledProgram(spec)(np.zeros((1, 3), np.float32))
    np.testing.assert_array_equal(y, constant[0])


def test_a_scalar_constant_stays_a_scalar():
    spec = lower(graph([Node("identity", ("c",), ("y",))], {"c": np.float32(3)}), {})
    assert spec.constants[0].shape == ()
