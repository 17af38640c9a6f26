"""binary against NumPy: types, broadcasting, integers at their edges, NaN."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import fourfold as ff
from fourfold import _core
from ops.arrays import FLOATS, INTEGERS, arrays_of, random_array
from ops.one_op import run_op
from ops.reference_elementwise import BINARY
from reference import assert_same_bits

ARITHMETIC = ["add", "sub", "mul", "div", "max", "min", "mod", "fmod", "prelu"]
COMPARISONS = ["equal", "less", "less_equal", "greater", "greater_equal"]
BITWISE = ["bitwise_and", "bitwise_or", "bitwise_xor", "shift_left", "shift_right"]
LOGIC = ["and", "or", "xor"]
KINDS_OF_TYPES = [
    *((kind, dtype) for kind in ARITHMETIC + COMPARISONS for dtype in INTEGERS + FLOATS),
    *((kind, dtype) for kind in BITWISE for dtype in INTEGERS),
    *((kind, "bool") for kind in [*LOGIC, "equal"]),
]


@np.errstate(all="ignore")
def check(kind, a, b):
    y = run_op("binary", a, b, kind=kind)
    expected = BINARY[kind](a, b)
    assert y.dtype == (bool if kind in COMPARISONS else a.dtype)
    assert_array_equal(y, expected)


@pytest.mark.parametrize(("kind", "dtype"), KINDS_OF_TYPES)
def test_every_kind_of_every_type(kind, dtype, rng):
    a, b = random_array(rng, dtype, (40, 50)), random_array(rng, dtype, (40, 50))
    check(kind, a, b)
    check(kind, a, b[3, 4])
    check(kind, a[5, 6], b)
    check(kind, a[:, :1].copy(), b[:1])
    if np.dtype(dtype).kind == "i":
        lowest, minus_1 = np.array([np.iinfo(dtype).min, 5], dtype), np.array([-1, 0], dtype)
        check(kind, lowest, minus_1)


@pytest.mark.parametrize(("kind", "dtype"), [("sub", "float32"), ("sub", "int16"), ("xor", "bool")])
@given(data=st.data())
def test_broadcasting(kind, dtype, data):
    check(kind, *data.draw(arrays_of(dtype, dtype)))


@pytest.mark.parametrize(
    "shape", [(2, 5, 217, 131), (1, 5, 1, 1), (131,), (217, 1), (2, 1, 1, 131)]
)
def test_large_operands_on_any_number_of_threads(shape, threads, rng):
    a = rng.standard_normal((2, 5, 217, 131)).astype(np.float32)
    b = rng.standard_normal(shape).astype(np.float32)
    check("sub", a, b)
    check("sub", b, a)


def power(a, b):
    """a to the b, rounded once: NumPy may miss the last place of a small result in a's own type."""
    return np.power(a.astype(np.longdouble), b.astype(np.longdouble)).astype(a.dtype)


@np.errstate(all="ignore")
@pytest.mark.parametrize("dtype", FLOATS)
def test_power_of_floats(dtype, rng):
    a, b = random_array(rng, dtype, (40, 50)), random_array(rng, dtype, (40, 50))
    rtol = 1e-6 if dtype == "float32" else 1e-14
    assert_allclose(run_op("binary", a, b, kind="pow"), power(a, b), rtol=rtol)
    for exponent in (2, 3, 0.5, -1):
        y = run_op("binary", np.abs(a), np.array(exponent, dtype), kind="pow")
        assert_allclose(y, power(np.abs(a), np.array(exponent, dtype)), rtol=rtol)
    for exponent in ("int32", "uint8", "float32", "float64"):
        b = rng.integers(0, 7, (1, 50)).astype(exponent)
        y = run_op("binary", a, b, kind="pow")
        assert y.dtype == dtype
        assert_allclose(y, power(a, b), rtol=rtol)


@pytest.mark.parametrize("exponent", [*INTEGERS, *FLOATS])
@pytest.mark.parametrize("dtype", INTEGERS)
def test_power_of_integers_is_exact(dtype, exponent, rng):
    a = random_array(rng, dtype, (40, 50))
    low = 0 if exponent.startswith("u") else -3
    b = rng.integers(low, 70, (40, 50)).astype(exponent)
    check("pow", a, b)


def test_power_of_an_integer_to_a_fraction():
    a = np.array([16, 17, 2, -8], np.int32)
    b = np.array([0.5, 0.5, -0.5, 0.5], np.float32)
    assert_array_equal(run_op("binary", a, b, kind="pow"), [4, 4, 0, 0])
    huge = np.array([1e30, np.inf, np.nan], np.float32)
    top = 2**31 - 1
    assert_array_equal(run_op("binary", a[:3], huge, kind="pow"), [top, top, 0])


@pytest.mark.parametrize(
    ("kind", "a", "b", "message"),
    [
        ("add", "float32", "int32", r"b: expected float32, received int32 \(rows, any\)"),
        ("add", "float16", "float16", r"a: expected one of float32, int8.*received float16"),
        ("add", "bool", "bool", "a: expected one of float32"),
        ("and", "int8", "int8", "a: expected one of bool; received int8"),
        ("shift_left", "float32", "float32", "a: expected one of int8, uint8"),
        ("pow", "bool", "int8", "a: expected one of float32"),
        ("pow", "float32", "bool", r"b: expected a number, received bool \(rows, any\)"),
        ("hypot", "float32", "float32", "kind: expected one of add, sub.*received 'hypot'"),
    ],
)
def test_refused_types(kind, a, b, message):
    with pytest.raises(ValueError, match=message):
        run_op("binary", np.zeros((2, 3), a), np.zeros((2, 3), b), kind=kind)


@pytest.mark.parametrize("shape", [(2, 4), (3, 2), (2,), (0,), (2, 3, 2)])
def test_shapes_that_do_not_broadcast(shape):
    with pytest.raises(ValueError, match=r"broadcast, received \(2, 3\) and \("):
        run_op("binary", np.zeros((2, 3), "i4"), np.zeros(shape, "i4"), kind="add")


@pytest.mark.parametrize(
    "shape", [(8,), (1, 8), (1, 1), (300, 8), (300, 1), (300, 300, 8), (1, 1, 1)]
)
@pytest.mark.parametrize("constant", [False, True])
def test_what_is_carried_through_in_chunks_of_rows(shape, constant, rng):
    # enough rows to stream; a second operand that has rows of its own must not be cut wrongly
    a = rng.standard_normal((300, 8)).astype(np.float32)
    b = rng.standard_normal(shape).astype(np.float32)
    inputs = [("a", "float32", (None, 8)), ("b", "float32", (None,) * b.ndim)]
    steps = [
        ("binary", (0, 1), (2,), {"kind": "mul"}),
        ("binary", (2, 1), (3,), {"kind": "sub"}),
        ("unary", (3,), (4,), {"kind": "abs"}),
    ]
    if constant:
        y = _core.Program(inputs[:1], [b], steps, (4,))(a)
    else:
        y = _core.Program(inputs, [], steps, (4,))(a, b)
    assert_array_equal(y, np.abs(a * b - b))


@pytest.mark.parametrize("kind", ["add", "div", "max", "min", "prelu", "pow"])
@pytest.mark.parametrize("shape", [(5, 31, 37), (37,), (31, 1), ()])
def test_float32_has_the_same_bits_on_every_isa(kind, shape, rng):
    a, b = random_array(rng, "float32", (5, 31, 37)), random_array(rng, "float32", shape)
    active = ff.active_isa()
    ff.use_isa("scalar")
    expected = run_op("binary", a, b, kind=kind)
    for isa in ff.supported_isas():
        ff.use_isa(isa)
        assert_same_bits(run_op("binary", a, b, kind=kind), expected)
    ff.use_isa(active)
