"""unary, where and cast against NumPy; binary has a file of its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import fourfold as ff
from fourfold import _core
from ops.arrays import FLOATS, INTEGERS, arrays_of, random_array
from ops.one_op import run_op
from ops.reference_elementwise import UNARY, cast, to_bfloat16
from reference import assert_same_bits

EXACT = {"abs", "neg", "sign", "floor", "ceil", "round", "reciprocal", "sqrt", "relu"}
SPECIALS = [0.0, -0.0, 0.5, 1.5, 2.5, -0.5, 1.0, -1.0, 1e-40, 20.0, -90.0, np.inf, -np.inf, np.nan]


@np.errstate(all="ignore")
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", sorted(UNARY))
def test_unary_of_floats(kind, dtype, rng):
    x = np.concatenate([np.array(SPECIALS), rng.standard_normal(300) * 5]).astype(dtype)
    y = run_op("unary", x, kind=kind)
    assert y.dtype == x.dtype
    expected = UNARY[kind](x.astype(np.float64))
    if kind in EXACT:
        assert_array_equal(y, UNARY[kind](x))
        if kind not in ("relu", "sign"):
            assert_array_equal(np.signbit(y[y == 0]), np.signbit(UNARY[kind](x)[y == 0]))
        return
    rtol, atol = (2e-6, 1e-7) if dtype == "float32" else (1e-14, 1e-16)
    assert_allclose(y, expected.astype(dtype), rtol=rtol, atol=atol)


def test_float32_functions_have_the_same_bits_on_every_isa(rng):
    x = (rng.standard_normal(70001) * np.exp2(rng.integers(-30, 30, 70001))).astype(np.float32)
    active = ff.active_isa()
    for kind in sorted(UNARY):
        ff.use_isa("scalar")
        expected = run_op("unary", x, kind=kind)
        for isa in ff.supported_isas():
            ff.use_isa(isa)
            assert_same_bits(run_op("unary", x, kind=kind), expected)
    ff.use_isa(active)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("kind", ["abs", "neg", "sign", "relu", "bitwise_not"])
def test_unary_of_integers(kind, dtype, rng):
    x = random_array(rng, dtype, (7, 9))
    if kind == "neg" and dtype.startswith("u"):
        with pytest.raises(ValueError, match="x: expected one of float32, int8"):
            run_op("unary", x, kind=kind)
        return
    expected = {**UNARY, "bitwise_not": np.invert}[kind](x)
    y = run_op("unary", x, kind=kind)
    assert y.dtype == x.dtype
    assert_array_equal(y, expected)


def test_not_takes_every_byte_but_0_for_true():
    x = np.array([0, 1, 2, 255], np.uint8).view(bool)
    assert_array_equal(run_op("unary", x, kind="not"), [True, False, False, False])


@pytest.mark.parametrize("dtype", FLOATS)
def test_which_are_nan_and_which_infinite(dtype):
    x = np.array([*SPECIALS, np.finfo(dtype).max, np.finfo(dtype).min], dtype)
    assert_array_equal(run_op("unary", x, kind="is_nan"), np.isnan(x))
    for negative in (0, 1):
        for positive in (0, 1):
            flags = {"detect_negative": negative, "detect_positive": positive}
            y = run_op("unary", x, kind="is_inf", **flags)
            assert_array_equal(y, (np.isposinf(x) & positive) | (np.isneginf(x) & negative))


def test_unary_refuses():
    with pytest.raises(ValueError, match="kind: expected one of abs, neg.*received 'cbrt'"):
        run_op("unary", np.zeros(3, np.float32), kind="cbrt")
    with pytest.raises(ValueError, match=r"x: expected one of bool; received float32 \(rows,\)"):
        run_op("unary", np.zeros(3, np.float32), kind="not")
    with pytest.raises(ValueError, match="x: expected one of float32, float64"):
        run_op("unary", np.zeros(3, np.float16), kind="exp")


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "float16", "float32", "int64"])
@given(data=st.data())
def test_where(dtype, data):
    condition, a, b = data.draw(arrays_of("bool", dtype, dtype))
    y = run_op("where", condition, a, b)
    assert y.dtype == a.dtype
    assert_array_equal(y, np.where(condition, a, b))


def test_where_over_large_operands(threads, rng):
    condition = rng.random((3, 1, 211, 307)) < 0.5
    a = rng.standard_normal((3, 5, 211, 307)).astype(np.float32)
    for b in (np.float32(-1e9).reshape(()), a[:, :1, :, :1].copy(), -a):
        assert_array_equal(run_op("where", condition, a, b), np.where(condition, a, b))
        assert_array_equal(run_op("where", condition, b, a), np.where(condition, b, a))


def test_where_refuses():
    x = np.zeros((2, 3), np.float32)
    with pytest.raises(ValueError, match="condition: expected bool, received float32"):
        run_op("where", x, x, x)
    with pytest.raises(ValueError, match=r"b: expected float32, received int8 \(rows, any\)"):
        run_op("where", x > 0, x, x.astype(np.int8))
    with pytest.raises(ValueError, match=r"broadcast, received \(2, 2\) and \(2, 3\)"):
        run_op("where", x[:, :2] > 0, x, x)


DTYPES = ["bool", *INTEGERS, "float16", *FLOATS]


@np.errstate(all="ignore")
@pytest.mark.parametrize("to", DTYPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_cast(dtype, to, rng):
    x = random_array(rng, dtype, (11, 300))
    if x.dtype.kind == "f":
        x[0] = np.array([300.7, -300.7, 65519.9, 65520, 1e-7, 3e9, -3e9, 1e19, -1e19, 1e30] * 30)
    y = run_op("cast", x, to=to)
    assert y.dtype == to
    assert_array_equal(y, cast(x, to))


@np.errstate(all="ignore")
def test_half_precision_is_rounded_once():
    every = np.arange(2**16, dtype=np.uint16)
    halves = every.view(np.float16)
    assert_array_equal(run_op("cast", halves, to="float32"), halves.astype(np.float32))
    assert_array_equal(run_op("cast", halves, to="float64"), halves.astype(np.float64))
    # around every value, and around the middle of every two
    values = halves[np.isfinite(halves)].astype(np.float64)
    middles = (values + np.nextafter(halves[np.isfinite(halves)], np.float16(np.inf))) / 2
    for points in (values, middles):
        for toward in (-np.inf, 0, np.inf):
            doubles = np.nextafter(points, toward)
            assert_array_equal(run_op("cast", doubles, to="float16"), doubles.astype(np.float16))
            floats = np.nextafter(points.astype(np.float32), np.float32(toward))
            assert_array_equal(run_op("cast", floats, to="float16"), floats.astype(np.float16))


def run_cast_from_bfloat16(bits, to):
    steps = [("cast", (0,), (1,), {"to": to})]
    return _core.Program([("x", "bfloat16", (None,))], [], steps, (1,))(bits)


@np.errstate(all="ignore")
def test_bfloat16(rng):
    every = np.arange(2**16, dtype=np.uint16)
    as_float = (every.astype(np.uint32) << 16).view(np.float32)
    assert_array_equal(run_cast_from_bfloat16(every, "float32"), as_float)
    assert_array_equal(run_cast_from_bfloat16(every, "int16"), cast(as_float, np.int16))
    x = (rng.standard_normal(10000) * np.exp2(rng.integers(-140, 128, 10000))).astype(np.float32)
    x[:4] = np.inf, -np.inf, np.finfo(np.float32).max, 1 + 2**-8
    assert_array_equal(run_op("cast", x, to="bfloat16"), to_bfloat16(x))
    just_above = np.array([1 + 2**-8 + 2**-40])  # as float32 it would be a tie
    assert_array_equal(run_op("cast", just_above, to="bfloat16"), [0x3F81])


def test_cast_refuses():
    with pytest.raises(ValueError, match="dtype: expected one of float32, .*'complex64'"):
        run_op("cast", np.zeros(3, np.float32), to="complex64")
