"""quantize_s8, dequantize_s8, lookup and binary_s8, bit for bit as the reference has them."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import fourfold as ff
import ops.reference_s8 as reference
from fourfold import _core
from guarded import SIDES, guarded, needs_guard_pages
from ops.one_op import run_op
from reference import EXACT_ACTIVATIONS, assert_same_bits

F32 = np.float32
# Around vectors of 4, 8 and 16 lanes, and four of them.
WIDTHS = [1, 3, 15, 16, 17, 31, 63, 64, 65, 100, 131]
EVERY_BYTE = np.arange(-128, 128, dtype=np.int8)


def int8(rng, *shape):
    return rng.integers(-127, 128, shape, dtype=np.int8)


def float32(rng, *shape):
    return rng.standard_normal(shape, F32)


@pytest.mark.parametrize("count", [0, *WIDTHS])
def test_quantize(isa, threads, rng, count):
    x = float32(rng, 3, count) * F32(4)
    assert_same_bits(run_op("quantize_s8", x, scale=0.03), reference.quantized(x, 0.03))


def test_quantize_extremes(isa):
    x = np.array([np.nan, np.inf, -np.inf, 1e38, -1e38, 0.5, 1.5, 2.5, -0.0, -126.5, -127.5], F32)
    y = run_op("quantize_s8", x, scale=1.0)
    assert y.tolist() == [0, 127, -127, 127, -127, 0, 2, 2, 0, -126, -127]


def test_dequantize(isa, threads, rng):
    for count in WIDTHS:
        x = int8(rng, 2, count)
        assert_same_bits(run_op("dequantize_s8", x, scale=0.07), x.astype(F32) * F32(0.07))
    assert_same_bits(run_op("dequantize_s8", EVERY_BYTE, scale=3), EVERY_BYTE * F32(3))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "bool", "float32", "int32", "uint32"])
def test_lookup(threads, rng, dtype):
    table = rng.integers(0, 2**32, 256, np.uint32).astype(dtype)
    for x in (EVERY_BYTE, rng.permutation(np.tile(EVERY_BYTE, 300)).reshape(3, -1)):
        expected = table[x.astype(int) + 128]
        y = run_op("lookup", x, table, constants=[1])
        assert y.dtype == expected.dtype
        assert y.tobytes() == expected.tobytes()


FORMS = list(itertools.product(["add", "mul"], [False, True], [False, True], [None, 0.05]))


def check_binary(a, b, kind, output_scale, activation="identity", alpha=0.3, activate=None):
    attributes = {}
    for name, operand, scale in (("a_scale", a, 0.031), ("b_scale", b, 0.017)):
        if operand.dtype == np.int8:
            attributes[name] = scale
    if output_scale is not None:
        attributes["output_scale"] = output_scale
    if activate is None:
        exact = EXACT_ACTIVATIONS[activation]
        activate = lambda v: exact(v, F32(alpha))  # noqa: E731 - one of two ways to get a function
    y = run_op("binary_s8", a, b, kind=kind, activation=activation, alpha=alpha, **attributes)
    assert_same_bits(y, reference.binary(a, b, kind, activate=activate, **attributes))


@pytest.mark.parametrize(("kind", "a_s8", "b_s8", "output_scale"), FORMS)
def test_binary(isa, rng, kind, a_s8, b_s8, output_scale):
    for width in WIDTHS:
        shapes = [(2, 3, width), (2, 1, width), (width,), (1,), (2, 3, 1), (2, 1, 1)]
        for b_shape in shapes:
            a = (int8 if a_s8 else float32)(rng, 2, 3, width)
            b = (int8 if b_s8 else float32)(rng, *b_shape)
            for activation in ("identity", "relu"):
                check_binary(a, b, kind, output_scale, activation)
            check_binary(b, a, kind, output_scale)


@pytest.mark.parametrize("output_scale", [None, 0.05])
@pytest.mark.parametrize("activation", ["leaky_relu", "hard_sigmoid", "hard_swish"])
def test_binary_and_an_exact_activation(isa, threads, rng, activation, output_scale):
    for shape, b_shape in [((2, 5, 31), (2, 1, 31)), ((1, 3, 5000), (1, 3, 5000)), ((40, 64), ())]:
        check_binary(int8(rng, *shape), float32(rng, *b_shape), "mul", output_scale, activation)
        check_binary(int8(rng, *shape), int8(rng, *b_shape), "add", output_scale, activation)


@pytest.mark.parametrize("channels", [2, 3, 8, 24, 40, 63, 64, 65, 88, 1999])
@pytest.mark.parametrize("positions", [1, 7, 8, 9, 63, 64, 65, 130])
def test_one_gate_for_each_channel(isa, rng, channels, positions):
    """Rows that share a gate are joined several at once, whatever they leave over."""
    x, gate = int8(rng, 2, positions, channels), float32(rng, 2, 1, channels)
    gate[1, 0, -1] = np.nan
    for kind, activation in (("mul", "identity"), ("add", "relu"), ("mul", "hard_swish")):
        check_binary(x, gate, kind, 0.05, activation)
        check_binary(gate[:, 0], x[:, 0], kind, 0.05, activation)
    check_binary(gate, x, "mul", None)
    check_binary(gate, x, "mul", 0.05)
    check_binary(x.astype(F32), gate, "mul", 0.05)
    check_binary(x, int8(rng, 1, 1, channels), "add", 0.05)


@pytest.mark.parametrize("activation", ["identity", "relu"])
@pytest.mark.parametrize("output_scale", [1e-38, 2e-9, 5e-9, 2e-8, 1.0, 1e38])
def test_binary_around_the_range_of_int32(isa, rng, output_scale, activation):
    a, b = int8(rng, 3, 131), int8(rng, 3, 131)
    a[0, :2], b[0, :2] = (127, -127), (127, -127)
    for kind in ("add", "mul"):
        check_binary(a, b, kind, output_scale, activation)
        check_binary(a, float32(rng, 1, 131), kind, output_scale, activation)


def test_binary_and_any_activation(isa, rng):
    a, b = int8(rng, 3, 100), int8(rng, 3, 100)
    for kind in set(_core.activation_names()) - {"softmax", "log_softmax"}:
        y = run_op("binary_s8", a, b, kind="add", a_scale=0.02, b_scale=0.03, activation=kind)
        total = reference.binary(a, b, "add", a_scale=0.02, b_scale=0.03)
        assert_same_bits(y, run_op("activation", total, kind=kind))


@given(data=st.data())
def test_any_broadcast(data):
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=5, max_side=6))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    a, b = ((int8 if data.draw(st.booleans()) else float32)(rng, *s) for s in shapes.input_shapes)
    check_binary(np.asarray(a), np.asarray(b), data.draw(st.sampled_from(["add", "mul"])), 0.05)


@pytest.mark.parametrize("kind", ["add", "mul"])
def test_binary_of_extremes(isa, kind):
    specials = np.array([np.nan, np.inf, -np.inf, 3e38, -3e38, 0.0, -0.0, 1.0], F32)
    a = np.repeat(EVERY_BYTE, len(specials))
    b = np.tile(specials, len(EVERY_BYTE))
    for output_scale in (None, 0.05, 1e30):
        check_binary(a, b, kind, output_scale)
    check_binary(np.full(100, 127, np.int8), np.full(100, -127, np.int8), kind, 1e-3)


def test_same_bits_for_every_thread_count(isa, threads, rng):
    a, b = int8(rng, 2, 40, 50, 48), float32(rng, 2, 1, 1, 48)
    options = {"kind": "mul", "a_scale": 0.02, "activation": "silu", "output_scale": 0.01}
    y = run_op("binary_s8", a, b, **options)
    ff.set_threads(1)
    ff.use_isa("scalar")
    assert_same_bits(run_op("binary_s8", a, b, **options), y)


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
def test_reads_stay_inside(isa, rng, side):
    for width in WIDTHS:
        a, b = int8(rng, 3, width), int8(rng, width)
        options = {"kind": "add", "a_scale": 0.02, "b_scale": 0.3, "output_scale": 0.01}
        assert_same_bits(
            run_op("binary_s8", guarded(a, side), guarded(b, side), **options),
            run_op("binary_s8", a, b, **options),
        )
        y = run_op("dequantize_s8", guarded(a, side), scale=0.5)
        assert_same_bits(y, a.astype(F32) * F32(0.5))


S8 = np.ones((2, 4), np.int8)
X = np.ones((2, 4), F32)
BOTH = {"kind": "add", "a_scale": 1.0, "b_scale": 1.0}


@pytest.mark.parametrize(
    ("op", "operands", "attributes", "message"),
    [
        ("quantize_s8", (X,), {}, "'scale' is missing"),
        ("quantize_s8", (X,), {"scale": 0.0}, "'scale': expected a finite number above 0"),
        ("quantize_s8", (X,), {"scale": float("nan")}, "'scale': expected a finite number"),
        ("quantize_s8", (X,), {"scale": 1e-45}, "with a finite reciprocal"),
        ("quantize_s8", (S8,), {"scale": 1.0}, "x: expected float32"),
        ("dequantize_s8", (X,), {"scale": 1.0}, "x: expected int8"),
        ("dequantize_s8", (S8,), {"scale": -1.0}, "'scale': expected a finite number above 0"),
        ("binary_s8", (S8, S8), {"kind": "sub", "a_scale": 1.0}, "kind: expected add or mul"),
        ("binary_s8", (S8, S8), {"kind": "add", "a_scale": 1.0}, "b: expected float32, as there"),
        ("binary_s8", (S8, X), BOTH, "b: expected int8, as there is attribute 'b_scale'"),
        ("binary_s8", (S8, S8[:, :3]), BOTH, "expected shapes that broadcast"),
        ("binary_s8", (S8, S8), {**BOTH, "activation": "softmax"}, "activation"),
        ("binary_s8", (S8, S8), {**BOTH, "output_scale": float("inf")}, "'output_scale': expected"),
        ("binary_s8", (S8, S8), {**BOTH, "scale": 1.0}, "unknown attribute 'scale'"),
    ],
)
def test_refusals(op, operands, attributes, message):
    operands = [np.ascontiguousarray(operand) for operand in operands]
    with pytest.raises(ValueError, match=message):
        run_op(op, *operands, **attributes)


@pytest.mark.parametrize(
    ("x", "table", "constants", "message"),
    [
        (S8, np.ones(255, np.int8), [1], r"table: expected int8 \(256,\)"),
        (S8, np.ones(256, np.int64), [1], "table: expected elements of one or four bytes"),
        (S8, np.ones(256, np.int8), [], "table: expected a constant"),
        (X, np.ones(256, np.int8), [1], "x: expected int8"),
    ],
)
def test_lookup_refusals(x, table, constants, message):
    with pytest.raises(ValueError, match=message):
        run_op("lookup", x, table, constants=constants)
