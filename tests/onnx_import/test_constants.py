"""Constants: found wherever they hide, folded, shared, and bounded."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from onnx_models import graph_of, model, ops_of, run

X = np.arange(6, dtype=np.float32).reshape(2, 3)
WEIGHT = np.arange(1, 7, dtype=np.float32).reshape(3, 2)

HIDDEN = {
    "initializer": ("<float[3, 2] w = {1, 2, 3, 4, 5, 6}>", ""),
    "Constant": ("", "w = Constant <value = float[3, 2] {1, 2, 3, 4, 5, 6}> ()"),
    "Identity": ("<float[3, 2] v = {1, 2, 3, 4, 5, 6}>", "w = Identity (v)"),
    "Transpose": ("<float[2, 3] v = {1, 3, 5, 2, 4, 6}>", "w = Transpose (v)"),
    "Reshape": (
        "<float[6] v = {1, 2, 3, 4, 5, 6}, int64[2] s = {3, -1}>",
        "w = Reshape (v, s)",
    ),
    "Cast": ("<int64[3, 2] v = {1, 2, 3, 4, 5, 6}>", "w = Cast <to = 1> (v)"),
}


@pytest.mark.parametrize("where", HIDDEN)
def test_a_weight_is_found_wherever_it_hides(where):
    initializers, nodes = HIDDEN[where]
    io = "(float[N, 3] x) => (float[N, 2] y)"
    proto = model(f"{io} {initializers} {{ {nodes} y = MatMul (x, w) }}")
    graph = graph_of(proto)
    assert [node.op for node in graph.nodes] == ["linear"]
    np.testing.assert_array_equal(graph.constants[graph.nodes[0].inputs[1]], WEIGHT)
    np.testing.assert_array_equal(run(proto, X), X @ WEIGHT)


def test_a_constant_times_a_weight():
    proto = model(
        "(float[N, 2] x) => (float[2, 2] y)"
        "<float[2, 3] c = {0, 1, 2, 3, 4, 5}, float[3, 2] w = {1, 2, 3, 4, 5, 6}>"
        "{ y = MatMul (c, w) }"
    )
    np.testing.assert_array_equal(run(proto, X[:, :2]), X @ WEIGHT)


def test_an_addition_becomes_the_bias():
    proto = model(
        "(float[N, 3] x) => (float[N, 2] y)"
        "<float[3, 2] w = {1, 2, 3, 4, 5, 6}, float[2] b = {7, 8}>"
        "{ h = MatMul (x, w)  y = Add (b, h) }"
    )
    assert ops_of(proto) == ["linear"]
    np.testing.assert_array_equal(run(proto, X), X @ WEIGHT + [7, 8])


@pytest.mark.parametrize("bias", ["float[2]", "float[1, 2]", "float[1]", "float"])
@pytest.mark.parametrize("trans_b", [0, 1])
def test_gemm_is_one_linear_layer(bias, trans_b):
    values = "{7, 8}" if "2" in bias else "{7}"
    weight = "float[2, 3] w = {1, 3, 5, 2, 4, 6}" if trans_b else "float[3, 2] w = {1,2,3,4,5,6}"
    proto = model(
        f"(float[N, 3] x) => (float[N, 2] y) <{weight}, {bias} c = {values}>"
        f"{{ y = Gemm <alpha = 2.0, beta = 0.5, transB = {trans_b}> (x, w, c) }}"
    )
    assert ops_of(proto) == ["linear"]
    expected = 2 * (X @ WEIGHT) + 0.5 * np.array([7, 8] if "2" in bias else [7])
    np.testing.assert_array_equal(run(proto, X), expected)


def test_a_bias_by_row_is_no_bias():
    proto = model(
        "(float[2, 3] x) => (float[2, 2] y)"
        "<float[3, 2] w = {1, 2, 3, 4, 5, 6}, float[2, 1] c = {7, 8}>"
        "{ y = Gemm (x, w, c) }"
    )
    np.testing.assert_array_equal(run(proto, X), X @ WEIGHT + [[7], [8]])


def test_a_weight_that_two_layers_share_is_stored_once():
    proto = model(
        "(float[N, 2] x) => (float[N, 2] y) <float[2, 2] w = {1, 2, 3, 4}>"
        "{ h = Gemm <transB = 1> (x, w)  y = Gemm <transB = 1> (h, w) }"
    )
    graph = graph_of(proto)
    assert len({node.inputs[1] for node in graph.nodes}) == 1
    assert len(graph.constants) == 1


def test_nodes_without_readers_are_dropped():
    proto = model("(float[N] x) => (float[N] y) { a = Erf (x)  y = Relu (x)  b = Exp (a) }")
    assert ops_of(proto) == ["activation"]


def test_arithmetic_on_known_sizes_is_folded():
    proto = model(
        "(float[2, 3] x) => (float[6] y) <int64[1] one = {-1}>"
        "{ s = Shape (x)  n = ReduceProd <keepdims = 1> (s)  y = Reshape (x, n) }"
    )
    assert ops_of(proto) == ["reshape"]


def test_a_constant_of_any_size_is_not_made():
    proto = model(
        "(float[N] x) => (float[N] y) <int64[2] s = {1000000, 1000000}>"
        "{ c = ConstantOfShape (s)  m = ReduceMax <keepdims = 0> (c)  y = Add (x, m) }"
    )
    assert "constant_of_shape" in ops_of(proto)


def test_a_range_without_end_is_not_made():
    proto = model(
        "(int64[N] x) => (int64[N] y)"
        "<int64[1] a = {0}, int64[1] b = {2147483647}, int64[1] c = {1}>"
        "{ r = Range (a, b, c)  m = ReduceMax <keepdims = 0> (r)  y = Add (x, m) }"
    )
    assert "range" in ops_of(proto)


def test_growth_by_repetition_is_bounded():
    steps = "".join(f"t{i + 1} = Concat <axis = 0> (t{i}, t{i}) " for i in range(40))
    proto = model(
        f"(float[N] x) => (float[M] y) <float[64] t0 = {{{', '.join('1' * 64)}}}>"
        f"{{ {steps} y = Concat <axis = 0> (x, t40) }}"
    )
    graph = graph_of(proto)
    assert sum(array.nbytes for array in graph.constants.values()) < 2**25


@pytest.mark.parametrize(
    "body",
    [
        "(float[2] x) => (float[2] y) <float[2] w = {1, 2}> { y = Identity (w) }",
        "(float[2] x) => (float[2] y) { y = Identity (x) }",
        "(float[2] x) => (float[2] x) { }",
        "(float[2] x) => (float[2] y, float[2] z) { y = Dropout (x)  z = Identity (y) }",
    ],
)
def test_outputs_that_are_no_results(body):
    x = np.array([1, 2], np.float32)
    results = run(model(body), x)
    for y in results if isinstance(results, tuple) else (results,):
        np.testing.assert_array_equal(y, x)


def test_int4_weights_behind_dequantize():
    weight = numpy_helper.from_array(np.array([[-8, 7], [1, -1], [0, 3]], np.int8), "q8")
    int4 = onnx.helper.make_tensor("q", onnx.TensorProto.INT4, [3, 2], [-8, 7, 1, -1, 0, 3])
    scale = numpy_helper.from_array(np.array([0.5, 2], np.float32), "s")
    proto = model("(float[N, 3] x) => (float[N, 2] y) { y = MatMul (x, x) }", opset=21)
    proto.graph.ClearField("node")
    proto.graph.initializer.extend([int4, scale])
    proto.graph.node.extend(
        [
            onnx.helper.make_node("DequantizeLinear", ["q", "s"], ["w"], axis=1),
            onnx.helper.make_node("MatMul", ["x", "w"], ["y"]),
        ]
    )
    assert ops_of(proto) == ["linear"]
    expected = X @ (numpy_helper.to_array(weight) * np.array([0.5, 2], np.float32))
    np.testing.assert_array_equal(run(proto, X), expected)


def test_a_product_of_large_constants_is_left_to_the_run():
    proto = model("(float[N] x) => (float[1, 1, 513, 513] y){ y = Conv (a, b) }")
    for name, size in (("a", 1024), ("b", 512)):
        array = np.zeros((1, 1, size, size), np.float32)
        proto.graph.initializer.append(numpy_helper.from_array(array, name))
    assert ops_of(proto) == ["conv"]


def test_constants_are_not_read_again_and_again():
    nodes = " ".join(f"r{i} = ReduceSum (a)" for i in range(200))
    outputs = ", ".join(f"float[1] r{i}" for i in range(200))
    proto = model(f"(float[N] x) => ({outputs}) {{ {nodes} }}")
    array = np.zeros(3_000_000, np.float32)
    proto.graph.initializer.append(numpy_helper.from_array(array, "a"))
    assert 0 < ops_of(proto).count("reduce") < 200


def test_axes_given_as_a_scalar():
    proto = model(
        "(float[N, 3] x, int64 axis) => (float[N, 1, 3] y, float[1, N, 3] z) {"
        "one = Constant <value_int = 1> ()  y = Unsqueeze (x, one)  z = Unsqueeze (x, axis) }"
    )
    y, z = run(proto, X, np.array(0))
    assert (y.shape, z.shape) == ((2, 1, 3), (1, 2, 3))


def test_a_sum_of_constants_keeps_its_rank():
    proto = model("(float[N] x) => (float[1, 1] y) <float[1, 1] a = {2}> { y = Add (a, a) }")
    np.testing.assert_array_equal(run(proto, np.zeros(1, np.float32)), [[4]])


@pytest.mark.parametrize(("times", "is_folded"), [(2, True), (20, False)])
def test_what_would_be_many_times_the_file_is_left_to_the_run(times, is_folded):
    columns = 100_000
    proto = model(
        f"(float[{columns}] x) => (float[M, {columns}] y) <int64[2] s = {{{times}, 1}}>"
        "{ e = Expand (w, s)  y = Add (x, e) }"
    )
    weight = np.arange(columns, dtype=np.float32)
    proto.graph.initializer.append(numpy_helper.from_array(weight, "w"))
    assert ("expand" not in ops_of(proto)) == is_folded
    result = run(proto, np.ones(columns, np.float32))
    np.testing.assert_array_equal(result, np.tile(weight + 1, (times, 1)))
