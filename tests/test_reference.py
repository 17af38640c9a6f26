"""The reference itself: its fused multiply-add against exact rational arithmetic."""

from fractions import Fraction

import numpy as np
import pytest

import reference

F32 = np.float32


def nearest_f32(exact):
    """The float32 nearest to a Fraction, ties to even: one of the neighbours of a first guess."""
    guess = F32(float(exact))
    with np.errstate(over="ignore"):
        near = [np.nextafter(guess, F32(-np.inf)), guess, np.nextafter(guess, F32(np.inf))]
    near = [value for value in near if np.isfinite(value)]
    return min(near, key=lambda v: (abs(Fraction(float(v)) - exact), v.view(np.uint32) & 1))


def assert_fma_is_exact(a, b, c):
    with np.errstate(all="ignore"):
        result = reference.fma(a, b, c)
    for row in zip(a, b, c, result, strict=True):
        exact = Fraction(float(row[0])) * Fraction(float(row[1])) + Fraction(float(row[2]))
        if abs(exact) < Fraction(float(np.finfo(F32).max)):
            assert row[3] == nearest_f32(exact), row


def test_fma_of_random_numbers(rng):
    scale = 2.0 ** rng.integers(-30, 30, (3, 2000))
    a, b, c = (rng.standard_normal((3, 2000)) * scale).astype(F32)
    assert_fma_is_exact(a, b, c)


def test_fma_where_the_product_almost_cancels(rng):
    a, b = rng.standard_normal((2, 2000)).astype(F32)
    c = np.nextafter(-a * b, rng.choice([-np.inf, np.inf], 2000).astype(F32))
    assert_fma_is_exact(a, b, c)


def test_fma_next_to_a_tie():
    # a * a = 1 + 2^-11 + 2^-24 lies halfway between two floats. What tips it is lost in float64.
    a = F32(1 + 2.0**-12)
    below, above = F32(1 + 2.0**-11), F32(1 + 2.0**-11 + 2.0**-23)
    for c, expected in [(-(2.0**-80), below), (0.0, below), (2.0**-80, above)]:
        assert reference.fma(a, a, F32(c)) == expected


@pytest.mark.parametrize("exponent", [-126, -140, -149])
def test_fma_of_denormals(rng, exponent):
    a = (rng.standard_normal(1000) * 2.0**exponent).astype(F32)
    b = rng.standard_normal(1000).astype(F32)
    c = (rng.standard_normal(1000) * 2.0**exponent).astype(F32)
    assert_fma_is_exact(a, b, c)


def test_fma_beyond_the_range():
    inf, nan, largest = F32(np.inf), F32(np.nan), np.finfo(F32).max
    reference.assert_same_bits(reference.fma(largest, F32(2), F32(0)), inf)
    reference.assert_same_bits(reference.fma(largest, F32(1), largest), inf)
    reference.assert_same_bits(reference.fma(largest, F32(2), -largest), largest)
    reference.assert_same_bits(reference.fma(inf, F32(0), F32(1)), nan)
    reference.assert_same_bits(reference.fma(F32(-0.0), F32(1), F32(-0.0)), F32(-0.0))
