"""Half precision, functions, branches, old opsets, and the nodes that are refused."""

import numpy as np
import pytest

from fourfold.errors import ModelFileError, UnsupportedModelError
from fourfold.importers.onnx import find_unsupported, import_onnx
from fourfold.importers.onnx.emitter import Names
from onnx_models import model, ops_of, run

X = np.array([[-2, -1, 0], [1, 2, 3]], np.float32)


def test_half_precision_is_computed_in_float32():
    proto = model(
        "(float16[N, 3] x) => (float16[N, 3] y) <float16[3] c = {1, 2, 3}>"
        "{ a = Mul (x, c)  b = Transpose (a)  d = Transpose (b)  y = Relu (d) }"
    )
    assert ops_of(proto).count("cast") == 2
    y = run(proto, X.astype(np.float16))
    assert y.dtype == np.float16
    bits = np.array([1, 2, 3], np.uint16).view(np.float16)  # as the text gives them
    np.testing.assert_array_equal(y, np.maximum(X * bits.astype(np.float32), 0).astype(np.float16))


def test_a_cast_to_half_rounds():
    proto = model("(float[N] x) => (float[N] y) { h = Cast <to = 10> (x)  y = Cast <to = 1> (h) }")
    x = np.array([0.1, 70000, 1e-9], np.float32)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(run(proto, x), x.astype(np.float16).astype(np.float32))


def test_functions_of_the_model():
    functions = """
    <domain: "local", opset_import: ["" : 17]>
    scaled <factor> (a) => (b) {
        f = Constant <value_float: float = @factor> ()
        b = Mul (a, f)
    }
    <domain: "local", opset_import: ["" : 17, "local" : 1]>
    twice <factor> (a) => (c) {
        b = local.scaled <factor: float = @factor> (a)
        c = local.scaled <factor = 10.0> (b)
    }
    """
    proto = model(
        "(float[N, 3] x) => (float[N, 3] y) { b = local.twice <factor = 3.0> (x)  y = Neg (b) }",
        functions=functions,
        imports=', "local" : 1',
    )
    np.testing.assert_array_equal(run(proto, X), -30 * X)


def test_functions_that_call_themselves():
    functions = """
    <domain: "local", opset_import: ["local" : 1]>
    f (a) => (b) { c = local.f (a)  b = local.f (c) }
    """
    proto = model(
        "(float[N] x) => (float[N] y) { y = local.f (x) }",
        functions=functions,
        imports=', "local" : 1',
    )
    with pytest.raises(ModelFileError, match="y"):
        import_onnx(proto)


def test_ops_that_onnx_defines_by_others():
    proto = model("(float[N, 3] x) => (float[N, 3] y) { y = ThresholdedRelu <alpha = 1.5> (x) }")
    np.testing.assert_array_equal(run(proto, X), np.where(X > 1.5, X, 0))


def test_names_are_found_by_going_on_where_the_last_was():
    class Counted(set):
        asked = 0

        def __contains__(self, name):
            self.asked += 1
            return super().__contains__(name)

    names = Names(["a", "a.1"])
    names._taken = counted = Counted(names._taken)
    assert [names.fresh("a") for _ in range(3)] == ["a.2", "a.3", "a.4"]
    assert len({names.fresh("b") for _ in range(1000)}) == 1000
    assert counted.asked < 3000


def test_celu_of_a_scalar_is_a_scalar():
    proto = model("(float[N] x, float s) => (float[N] y, float t) { y = Celu (x)  t = Celu (s) }")
    x = np.array([-2, -0.5, 0, 3], np.float32)
    y, t = run(proto, x, x[0])
    assert t.shape == () and t == y[0]
    np.testing.assert_allclose(y, np.where(x > 0, x, np.expm1(x)), rtol=1e-6)


def test_a_norm_that_does_not_exist():
    proto = model(
        '(float[N, 3] x) => (float[N, 3] y) { y = ai.onnx.ml.Normalizer <norm = "L3"> (x) }',
        imports=', "ai.onnx.ml" : 3',
    )
    with pytest.raises(ModelFileError, match=r"'y' .*expected one of .*'L1'.*received 'L3'"):
        import_onnx(proto)


@pytest.mark.parametrize("condition", [0, 1])
def test_a_branch_by_a_constant(condition):
    proto = model(
        f"(float[N, 3] x) => (float[N, 3] y) <bool c = {{{condition}}}> {{ y = If (c) <"
        "then_branch = g1 () => (float[N, 3] a) { a = Neg (x) },"
        "else_branch = g2 () => (float[N, 3] b) { b = Identity (x) }> }"
    )
    np.testing.assert_array_equal(run(proto, X), -X if condition else X)


OLD = {
    "softmax": (
        "(float[2, 3, 1] x) => (float[2, 3, 1] y) { y = Softmax (x) }",
        lambda x: np.exp(x) / np.exp(x).sum(axis=(1, 2), keepdims=True),
    ),
    "squeeze": (
        "(float[2, 3, 1] x) => (float[2, 3] y) { y = Squeeze <axes = [2]> (x) }",
        lambda x: x[..., 0],
    ),
    "unsqueeze": (
        "(float[2, 3, 1] x) => (float[1, 2, 3, 1] y) { y = Unsqueeze <axes = [0]> (x) }",
        lambda x: x[None],
    ),
    "sum": (
        "(float[2, 3, 1] x) => (float[2, 1] y) { y = ReduceSum <axes = [1], keepdims = 0> (x) }",
        lambda x: x.sum(axis=1),
    ),
    "slice": (
        "(float[2, 3, 1] x) => (float[2, 2, 1] y)"
        "{ y = Slice <starts = [1], ends = [9], axes = [1]> (x) }",
        lambda x: x[:, 1:],
    ),
    "pad": (
        "(float[2, 3, 1] x) => (float[2, 4, 1] y)"
        "{ y = Pad <pads = [0, 1, 0, 0, 0, 0], value = 5.0> (x) }",
        lambda x: np.pad(x, [(0, 0), (1, 0), (0, 0)], constant_values=5),
    ),
    "clip": (
        "(float[2, 3, 1] x) => (float[2, 3, 1] y) { y = Clip <min = 0.0> (x) }",
        lambda x: np.maximum(x, 0),
    ),
    "top_k": (
        "(float[2, 3, 1] x) => (float[2, 1, 1] y, int64[2, 1, 1] i)"
        "{ y, i = TopK <axis = 1, k = 1> (x) }",
        lambda x: x.max(axis=1, keepdims=True),
    ),
    "split": (
        "(float[2, 3, 1] x) => (float[2, 1, 1] y, float[2, 2, 1] z)"
        "{ y, z = Split <axis = 1, split = [1, 2]> (x) }",
        lambda x: x[:, :1],
    ),
    "dropout": (
        "(float[2, 3, 1] x) => (float[2, 3, 1] y) { y = Dropout <ratio = 0.5> (x) }",
        lambda x: x,
    ),
}


@pytest.mark.parametrize("name", OLD)
@pytest.mark.parametrize("opset", [7, 8, 9])
def test_old_forms(name, opset):
    body, expected = OLD[name]
    x = X[..., None]
    result = run(model(body, opset=opset), x)
    first = result[0] if isinstance(result, tuple) else result
    np.testing.assert_allclose(first, expected(x), rtol=1e-6)


def test_broadcasting_before_opset_7():
    body = (
        "(float[2, 3, 4] x, float[3] b) => (float[2, 3, 4] y)"
        "{ y = Add <broadcast = 1, axis = 1> (x, b) }"
    )
    x, b = np.zeros((2, 3, 4), np.float32), np.arange(3, dtype=np.float32)
    np.testing.assert_array_equal(run(model(body, opset=6), x, b), x + b[:, None])


UNSUPPORTED = (
    "(float[N] x) => (float[N] y)"
    "{ a = custom.Foo (x)  b = Relu (a)  c = RandomNormalLike (b)  y = custom.Bar (c) }"
)


def test_all_refusals_come_at_once():
    proto = model(UNSUPPORTED, imports=', "custom" : 1')
    with pytest.raises(UnsupportedModelError) as caught:
        import_onnx(proto)
    message = str(caught.value)
    for part in ("3 of its nodes", "custom.Foo", "custom.Bar", "RandomNormalLike", "'a'", "'c'"):
        assert part in message
    assert "pip install" in message
    assert [refusal.node for refusal in find_unsupported(proto)] == ["a", "c", "y"]


def test_what_runs_is_not_refused():
    assert find_unsupported(model("(float[N] x) => (float[N] y) { y = Relu (x) }")) == []


def test_strings_are_refused():
    proto = model("(string[N] x) => (string[N] y) { y = Identity (x) }")
    with pytest.raises(UnsupportedModelError, match=r"input 'x'.*tensor\(string\)"):
        import_onnx(proto)
