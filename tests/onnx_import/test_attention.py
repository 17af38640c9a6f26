"""Attention: the plain forms as products and a softmax, all others as ONNX defines them."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from onnx_models import model, ops_of, run

HEADS, DEPTH = 4, 8
WIDTH = HEADS * DEPTH
PER_HEAD = f"float[N, {HEADS}, S, {DEPTH}] q, float[N, {HEADS}, T, {DEPTH}] k, "
PER_HEAD += f"float[N, {HEADS}, T, {DEPTH}] v"
IN_ROWS = f"float[N, S, {WIDTH}] q, float[N, T, {WIDTH}] k, float[N, T, {WIDTH}] v"
BY_HEADS = f"q_num_heads = {HEADS}, kv_num_heads = {HEADS}"
OUT = {PER_HEAD: f"(float[N, {HEADS}, S, {DEPTH}] y)", IN_ROWS: f"(float[N, S, {WIDTH}] y)"}


def attention(inputs, attributes="", mask=""):
    given = f"{inputs}, {mask}" if mask else inputs
    names = "q, k, v, m" if mask else "q, k, v"
    node = f"Attention <{attributes}>" if attributes else "Attention"
    return model(f"({given}) => {OUT[inputs]} {{ y = {node} ({names}) }}", opset=24)


def operands(rng, inputs, rows, keys):
    shapes = [(2, HEADS, size, DEPTH) for size in (rows, keys, keys)]
    if inputs == IN_ROWS:
        shapes = [(2, size, WIDTH) for size in (rows, keys, keys)]
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def check(proto, arrays):
    names = [value.name for value in proto.graph.input]
    expected = ReferenceEvaluator(proto).run(None, dict(zip(names, arrays, strict=True)))[0]
    np.testing.assert_allclose(run(proto, *arrays), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("rows", "keys"), [(1, 1), (5, 5), (3, 17), (16, 7)])
@pytest.mark.parametrize(
    ("inputs", "attributes"),
    [(PER_HEAD, ""), (PER_HEAD, "scale = 0.5"), (IN_ROWS, BY_HEADS)],
)
def test_without_a_mask(rng, inputs, attributes, rows, keys):
    proto = attention(inputs, attributes)
    check(proto, operands(rng, inputs, rows, keys))
    assert "shape" not in ops_of(proto)


@pytest.mark.parametrize("rows", [1, 4, 9])
@pytest.mark.parametrize(("inputs", "attributes"), [(PER_HEAD, ""), (IN_ROWS, BY_HEADS)])
def test_causal(rng, inputs, attributes, rows):
    separator = ", " if attributes else ""
    proto = attention(inputs, f"{attributes}{separator}is_causal = 1")
    check(proto, operands(rng, inputs, rows, rows))
    assert "trilu" in ops_of(proto)


@pytest.mark.parametrize("causal", [0, 1])
@pytest.mark.parametrize("shape", [(5, 6), (1, 5, 6), (2, 1, 5, 6), (2, HEADS, 5, 6)])
def test_masks(rng, shape, causal):
    sizes = ", ".join(["first", "second", "S", "T"][-len(shape) :])
    added = attention(PER_HEAD, f"is_causal = {causal}", f"float[{sizes}] m")
    arrays = operands(rng, PER_HEAD, 5, 6)
    check(added, [*arrays, rng.normal(size=shape).astype(np.float32)])
    chosen = attention(PER_HEAD, f"is_causal = {causal}", f"bool[{sizes}] m")
    mask = rng.random(shape) < 0.6
    mask[..., 2, :] = False  # a row that sees nothing gives zeros
    check(chosen, [*arrays, mask])
    assert "shape" not in ops_of(chosen) or causal


@pytest.mark.parametrize(
    ("attributes", "heads"), [("softcap = 2.0", HEADS), ("left_window_size = 1", HEADS), ("", 2)]
)
def test_other_forms_go_by_the_definition(rng, attributes, heads):
    keys = f"float[N, {heads}, T, {DEPTH}]"
    node = f"Attention <{attributes}>" if attributes else "Attention"
    proto = model(
        f"(float[N, {HEADS}, S, {DEPTH}] q, {keys} k, {keys} v) => {OUT[PER_HEAD]} "
        f"{{ y = {node} (q, k, v) }}",
        opset=25,
    )
    q, _, _ = operands(rng, PER_HEAD, 5, 5)
    k, v = rng.normal(size=(2, 2, heads, 5, DEPTH)).astype(np.float32)
    check(proto, [q, k, v])
    assert "shape" in ops_of(proto)


def test_between_linear_layers_it_is_one_step(rng):
    proto = model(
        f"(float[N, S, {WIDTH}] x, bool[N, 1, 1, S] m) => (float[N, S, {WIDTH}] y) {{"
        "q = MatMul (x, wq)  k = MatMul (x, wk)  v = MatMul (x, wv)"
        f"a = Attention <{BY_HEADS}> (q, k, v, m)  y = MatMul (a, wo) }}",
        opset=24,
    )
    for name in ("wq", "wk", "wv", "wo"):
        weight = rng.normal(size=(WIDTH, WIDTH)).astype(np.float32) * WIDTH**-0.5
        proto.graph.initializer.append(numpy_helper.from_array(weight, name))
    mask = np.ones((2, 1, 1, 7), bool)
    mask[1, ..., 4:] = False
    check(proto, [rng.normal(size=(2, 7, WIDTH)).astype(np.float32), mask])
    assert "head_attention" in ops_of(proto) and "softmax" not in ops_of(proto)


def test_sizes_that_only_the_model_tells(rng):
    """As exporters write it: heads from a reshape whose sizes are put together at run time."""
    sides = "".join(
        f"{side} = MatMul (x, w{side})  r{side} = Reshape ({side}, sizes)"
        f"h{side} = Transpose <perm = [0, 2, 1, 3]> (r{side})"
        for side in "qkv"
    )
    proto = model(
        f"(float[N, S, {WIDTH}] x) => (float[N, {HEADS}, S, {DEPTH}] y) {{"
        "n = Shape <start = 0, end = 2> (x)  sizes = Concat <axis = 0> (n, by_heads)"
        f"{sides}  y = Attention (hq, hk, hv) }}",
        opset=24,
    )
    for side in "qkv":
        weight = rng.normal(size=(WIDTH, WIDTH)).astype(np.float32) * WIDTH**-0.5
        proto.graph.initializer.append(numpy_helper.from_array(weight, f"w{side}"))
    sizes = np.array([HEADS, DEPTH])
    proto.graph.initializer.append(numpy_helper.from_array(sizes, "by_heads"))
    x = rng.normal(size=(2, 5, WIDTH)).astype(np.float32)
    check(proto, [x])
    assert "head_attention" not in ops_of(proto)
    for side in "qkv":
        shape = ["N", HEADS, "S", DEPTH]
        told = helper.make_tensor_value_info(f"h{side}", TensorProto.FLOAT, shape)
        proto.graph.value_info.append(told)
    check(proto, [x])
    assert "head_attention" in ops_of(proto)
