"""Binary operations: exact ones equal NumPy's, pow nears float64's, however operands broadcast."""

import numpy as np
import pytest

import fourfold as ff
import reference
from fourfold._core import kernels
from reference import assert_same_bits

F32 = np.float32
NAMES = kernels.binary_names()
COLUMNS = [1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 127]
SPECIALS = np.array(
    [0.0, 1e-45, 0.5, 1.0, 2.0, 3.0, 2.5, 7.0, 16777216.0, 16777217.0, 3.4e38, np.inf, np.nan], F32
)
SPECIALS = np.concatenate([SPECIALS, -SPECIALS])


def binary(kind, a, b, rows, columns):
    y = np.full((rows, columns), np.nan, F32)
    kernels.binary(kind, a, b, y)
    return y


def floats(rng, rows, columns):
    bits = rng.integers(0, 2**32, (rows, columns), dtype=np.uint32).view(F32)
    typical = (rng.standard_normal((rows, columns)) * 3).astype(F32)
    return np.where(rng.random((rows, columns)) < 0.3, bits, typical)


def shapes(rows, columns):
    """Same shape, a row vector, a column vector, a scalar."""
    return ((rows, columns), (1, columns), (rows, 1), (1, 1))


@np.errstate(all="ignore")
def pow_in_float64(a, b):
    a, b = np.broadcast_arrays(a, b)
    return np.power(a.astype(np.float64), b.astype(np.float64))


@pytest.mark.parametrize("kind", reference.EXACT_BINARY)
@pytest.mark.parametrize("columns", COLUMNS)
def test_exact_kinds_equal_the_reference(isa, rng, kind, columns):
    for a_shape in shapes(3, columns):
        for b_shape in shapes(3, columns):
            a, b = floats(rng, *a_shape), floats(rng, *b_shape)
            with np.errstate(all="ignore"):
                expected = reference.EXACT_BINARY[kind](a, b)
            y = binary(kind, a, b, 3, columns)
            assert_same_bits(y, np.broadcast_to(expected, y.shape).astype(F32))


@pytest.mark.parametrize("kind", reference.EXACT_BINARY)
def test_specials_equal_the_reference(isa, kind):
    a, b = SPECIALS[:, None].copy(), SPECIALS[None].copy()
    with np.errstate(all="ignore"):
        expected = reference.EXACT_BINARY[kind](a, b).astype(F32)
    assert_same_bits(binary(kind, a, b, len(SPECIALS), len(SPECIALS)), expected)


def test_max_and_min_keep_nan(isa):
    x = np.array([[1.0, np.nan, np.nan]], F32)
    z = np.array([[np.nan, 1.0, np.nan]], F32)
    assert np.isnan(binary("max", x, z, 1, 3)).all()
    assert np.isnan(binary("min", x, z, 1, 3)).all()


@pytest.mark.parametrize("kind", NAMES)
def test_same_bits_as_scalar_and_for_every_broadcast(isa, rng, kind):
    rows, columns = 5, 37
    a = floats(rng, rows, columns)
    for b_shape in shapes(rows, columns):
        b = rng.choice([2.0, 3.0, 0.5, -1.25, np.inf, 7.0], b_shape).astype(F32)
        y = binary(kind, a, b, rows, columns)
        whole = np.broadcast_to(b, a.shape).copy()
        assert_same_bits(y, binary(kind, a, whole, rows, columns))
        active = ff.active_isa()
        ff.use_isa("scalar")
        on_scalar = binary(kind, a, b, rows, columns)
        ff.use_isa(active)
        assert_same_bits(y, on_scalar)


@pytest.mark.parametrize(
    ("exponent", "exact"), [(2.0, lambda x: x * x), (3.0, lambda x: x * x * x)]
)
def test_small_powers_are_products(isa, rng, exponent, exact):
    x = np.concatenate([floats(rng, 1, 1001), SPECIALS[None]], axis=1)
    y = binary("pow", x, np.full((1, 1), exponent, F32), *x.shape)
    with np.errstate(all="ignore"):
        assert_same_bits(y, exact(x))


def test_pow_is_float64s_rounded(isa, rng):
    wide = floats(rng, 1, 50_000)
    a = np.concatenate([wide, np.abs(wide), rng.uniform(0.9, 1.1, wide.shape).astype(F32)], axis=1)
    with np.errstate(invalid="ignore"):
        b = np.concatenate([floats(rng, 1, a.size - 50_000), np.rint(wide)], axis=1)
    b = np.where((b == 2) | (b == 3), F32(2.75), b)
    y = binary("pow", a, b, *a.shape)
    exact = pow_in_float64(a, b)
    with np.errstate(over="ignore"):
        rounded = exact.astype(F32)
    is_finite = np.isfinite(rounded) & np.isfinite(y)
    assert_same_bits(y[~is_finite], rounded[~is_finite])
    y, exact = y[is_finite].astype(np.float64), exact[is_finite]
    ulp = np.ldexp(1.0, np.maximum(np.frexp(exact)[1] - 1, -126) - 23)
    assert np.max(np.abs(y - exact) / ulp) <= 0.501


def test_pow_of_specials(isa):
    others = SPECIALS[(SPECIALS != 2) & (SPECIALS != 3)]
    a, b = SPECIALS[:, None].copy(), others[None].copy()
    y = binary("pow", a, b, len(SPECIALS), len(others))
    with np.errstate(over="ignore"):
        assert_same_bits(y, pow_in_float64(a, b).astype(F32))
    for exponent in (0.5, 0.0):
        y = binary("pow", a, np.full((1, 1), exponent, F32), *a.shape)
        assert_same_bits(y, pow_in_float64(a, F32(exponent)).astype(F32))


@pytest.mark.parametrize("kind", NAMES)
def test_in_place_of_either(isa, rng, kind):
    a, b = floats(rng, 3, 21), floats(rng, 3, 21)
    expected = binary(kind, a, b, 3, 21)
    over_a, over_b = a.copy(), b.copy()
    kernels.binary(kind, over_a, b, over_a)
    kernels.binary(kind, a, over_b, over_b)
    assert_same_bits(over_a, expected)
    assert_same_bits(over_b, expected)


@pytest.mark.parametrize("kind", NAMES)
def test_empty(isa, kind):
    one = np.ones((1, 1), F32)
    assert binary(kind, np.ones((0, 4), F32), one, 0, 4).shape == (0, 4)
    assert binary(kind, np.ones((3, 0), F32), one, 3, 0).shape == (3, 0)
