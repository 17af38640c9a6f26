"""Shapes that are inferred before a graph runs: right whenever they say anything."""

import numpy as np
import pytest

from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.graph.shapes import infer_shapes
from program_pairs import graph_of, run


def every_value(graph):
    """The same graph with all of its values as outputs."""
    names = [name for node in graph.nodes for name in node.outputs]
    return Graph(graph.inputs, graph.nodes, tuple(names), graph.constants)


def assert_right(graph, *arrays):
    """Numbers are the sizes, and values with the same name for a size have the same size."""
    shapes, whole = infer_shapes(graph), every_value(graph)
    sizes = {}
    for name, value in zip(whole.outputs, run(whole, *arrays), strict=True):
        assert len(shapes.get(name, value.shape)) == value.ndim, name
        for size, actual in zip(shapes.get(name, ()), value.shape, strict=name in shapes):
            assert sizes.setdefault(size, actual) == actual, (name, size)
            assert not isinstance(size, int) or size == actual, name
    return shapes


def conv(source, result, weight, **attributes):
    return Node("conv", (source, weight, ""), (result,), attributes)


IMAGES = TensorInfo("x", "float32", (None, 4, None, None))
WEIGHTS = {
    "w1": np.ones((4, 4, 1, 1), np.float32),
    "w3": np.ones((4, 4, 3, 3), np.float32),
    "w5": np.ones((4, 1, 5, 5), np.float32),
}


@pytest.mark.parametrize("auto_pad", ["same_upper", "same_lower", "valid", "notset"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [5, 6, 9])
def test_windows(auto_pad, stride, size):
    kept = {"pads": (1, 1, 1, 1)} if auto_pad == "notset" else {"auto_pad": auto_pad}
    depthwise = {"strides": (stride, 1), "pads": (2, 2, 2, 2), "group": 4}
    nodes = (
        conv("x", "a", "w3", strides=(stride, 1), **kept),
        conv("x", "b", "w5", **depthwise),
        conv("x", "c", "w1", strides=(stride, 1)),
        conv("x", "d", "w3", dilations=(2, 1), pads=(2, 1, 2, 1)),
        conv("d", "e", "w3"),
        Node("pool", ("x",), ("p",), {"kind": "max", "kernel_shape": (2, 3), "strides": (2, 1)}),
        Node("global_pool", ("x",), ("g",), {"kind": "average"}),
    )
    shapes = assert_right(
        Graph((IMAGES,), nodes, ("a",), WEIGHTS), np.ones((2, 4, size, 7), np.float32)
    )
    assert shapes["d"] == shapes["x"]
    if auto_pad == "notset":
        assert shapes["a"] == shapes["b"]  # 3 with pads of 1, 5 with pads of 2
    assert shapes["g"][2:] == (1, 1)
    known = Graph((TensorInfo("x", "float32", (2, 4, size, 7)),), nodes, ("a",), WEIGHTS)
    for shape in assert_right(known, np.ones((2, 4, size, 7), np.float32)).values():
        assert all(isinstance(axis, int) for axis in shape)


def test_branches_of_the_same_windows_have_the_same_shape_and_others_have_not():
    down = {"strides": (2, 2)}
    nodes = (
        conv("x", "a", "w3", pads=(1, 1, 1, 1), **down),
        conv("x", "b", "w1", **down),
        conv("b", "c", "w3", pads=(1, 1, 1, 1)),
        conv("x", "d", "w3", **down),
    )
    shapes = assert_right(Graph((IMAGES,), nodes, ("a",), WEIGHTS), np.ones((1, 4, 9, 8), "f"))
    assert shapes["c"] == shapes["b"]
    assert shapes["d"] != shapes["b"]


def test_transposed_convolutions_and_scales():
    shape, size = np.array([1, 1, 2, 1.5], np.float32), np.array([1, 4, 3, 3], np.int64)
    nodes = (
        Node("conv_transpose", ("x", "w3", ""), ("a",), {"strides": (2, 2), "pads": (1, 0, 1, 0)}),
        Node("conv_transpose", ("x", "w1", ""), ("b",), {"output_padding": (0, 0)}),
        Node("resize", ("x", "", "scales", ""), ("c",), {"mode": "nearest"}),
        Node("resize", ("x", "", "", "sizes"), ("d",), {"mode": "nearest"}),
    )
    graph = Graph((IMAGES,), nodes, ("a",), {**WEIGHTS, "scales": shape, "sizes": size})
    shapes = assert_right(graph, np.ones((1, 4, 5, 7), np.float32))
    assert shapes["b"] == shapes["x"]
    assert shapes["d"] == (1, 4, 3, 3)


def test_attention_as_exporters_write_it():
    graph = graph_of(
        """(float[N, S, 12] x) => (float[A, B, C] y, float[D, 3, S, S] m, float[E, F, 12] z)
        <int64[1] first = {0}, int64[1] second = {1}, int64[1] open = {-1},
         int64[1] heads = {3}, int64[1] depth = {4}>
        {
            s = Shape (x)
            batch = Slice (s, first, second)
            one = Constant <value_int = 1> ()
            n = Gather (s, one)
            rows = Unsqueeze (n, first)
            split = Concat <axis = 0> (batch, rows, heads, depth)
            v = Reshape (x, split)
            t = Transpose <perm = [0, 2, 1, 3]> (v)
            u = Transpose <perm = [0, 2, 3, 1]> (v)
            m = MatMul (t, u)
            back = Transpose <perm = [0, 2, 1, 3]> (t)
            joined = Concat <axis = 0> (batch, rows, open)
            z = Reshape (back, joined)
            k = ReduceMean <axes = [-1]> (x)
            c = Sub (x, k)
            y = Add (x, c)
        }"""
    )
    x = np.ones((2, 5, 12), np.float32)
    shapes = assert_right(graph, x)
    assert shapes["v"][2:] == (3, 4)
    assert shapes["y"] == shapes["x"]
    assert shapes["m"][0] == shapes["x"][0]
    assert shapes["m"][2:] == (shapes["x"][1],) * 2
    assert shapes["k"][-1] == 1


def test_what_a_reshape_is_given_may_be_zero_or_minus_one():
    graph = graph_of(
        """(float[N, 6] x, float[M] other) => (float[A, B] y, float[C, D] z, float[E, F] w)
        <int64[1] three = {3}, int64[1] open = {-1}, int64[2] kept = {0, -1}>
        {
            m = Shape (other)
            first = Concat <axis = 0> (m, open)
            y = Reshape (x, first)
            second = Concat <axis = 0> (open, three)
            z = Reshape (x, second)
            w = Reshape (x, kept)
        }"""
    )
    shapes = assert_right(graph, np.ones((2, 6), "f"), np.ones(4, "f"))
    assert shapes["z"][1] == 3
    # A size of 0 would be read as "that of x".
    assert shapes["y"][0] != shapes["other"][0]


@pytest.mark.parametrize(("rows", "others", "columns"), [(1, 2, 1), (2, 1, 3), (2, 2, 1)])
def test_broadcasting(rows, others, columns):
    graph = graph_of(
        """(float[A, 3] a, float[B, C] b, float[C] c) => (float[P, Q] y, float[R] z)
        { y = Add (a, b)  z = Mul (c, c) }"""
    )
    arrays = [np.ones(shape, "f") for shape in ((rows, 3), (others, columns), (2,))]
    shapes = assert_right(graph, *arrays)
    assert shapes["y"][1] == 3
    assert shapes["z"] == shapes["c"]


def test_what_contradicts_itself_has_no_shape_and_raises_nothing():
    nodes = (
        Node("transpose", ("x",), ("a",), {"perm": (0, 1, 2, 7)}),
        Node("reduce", ("x", "axes"), ("b",), {"kind": "mean"}),
        conv("x", "c", "w3", strides=(1,)),
    )
    graph = Graph((IMAGES,), nodes, ("a",), {**WEIGHTS, "axes": np.array([], np.int64)})
    assert infer_shapes(graph).keys() == {"x", "axes", *WEIGHTS}


def test_a_chain_of_any_length_is_gone_through():
    nodes = [conv(f"v{index}", f"v{index + 1}", "w3") for index in range(5000)]
    info = TensorInfo("v0", "float32", (None, 4, None, None))
    shapes = infer_shapes(Graph((info,), tuple(nodes), ("v5000",), WEIGHTS))
    assert len({shape[2] for name, shape in shapes.items() if name.startswith("v")}) == 5001


@pytest.mark.parametrize("known", [True, False])
def test_ranges_and_what_is_expanded(known):
    """The rank at least, where the wanted sizes are only counted."""
    wanted = "Concat <axis = 0> (whole, rows)" if known else "Abs (given)"
    constants = "int64[2] whole = {3, 1}, int64 zero = {0}, int64 one = {1}"
    graph = graph_of(
        f"(float[1, 4] x, int64[3] given, int64[1] rows) => (float[A, B, C] y) <{constants}> {{"
        f"count = Squeeze (rows) steps = Range (zero, count, one) wanted = {wanted}"
        "as_float = Cast <to = 1> (steps) some = Add (x, as_float) y = Expand (some, wanted) }"
    )
    x = np.ones((1, 4), np.float32)
    shapes = assert_right(graph, x, np.array([3, 1, 4]), np.array([4]))
    assert len(shapes["y"]) == 3
    assert len(shapes["steps"]) == 1
