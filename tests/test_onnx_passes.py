"""Pruning, and lowering of any dtype."""

import numpy as np
import pytest

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph, Node, TensorInfo
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


def test_pruning():
    nodes = [linear(), linear(output="unused"), linear("unused", output="also"), add("h", "b")]
    before = graph(nodes, {"w": WEIGHT, "b": BIAS, "rest": BIAS})
    pruned = prune(before)
    assert pruned.nodes == (nodes[0], nodes[3])
    assert pruned.constants.keys() == {"w", "b"}


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "uint16", "float64", "float32"])
def test_constants_are_read_in_their_dtype_and_absent_inputs_stay_absent(dtype):
    constant = np.arange(4).reshape(1, 2, 2).astype(dtype)
    nodes = [Node("squeeze", ("c", ""), ("y",))]
    spec = lower(graph(nodes, {"c": np.asfortranarray(constant)}), {})
    assert spec.steps[0].inputs == (1, None)
    assert spec.widened.get(0, spec.constants[0].dtype.name) == dtype
    assert spec.constants[0].flags.c_contiguous
    y = CompiledProgram(spec)(np.zeros((1, 3), np.float32))
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, constant[0])


def test_a_scalar_constant_stays_a_scalar():
    spec = lower(graph([Node("identity", ("c",), ("y",))], {"c": np.float32(3)}), {})
    assert spec.constants[0].shape == ()
