"""Reductions of a row: the order of summation is fixed, so they compare bit for bit."""

import numpy as np
import pytest

import reference
from fourfold._core import all_finite, kernels
from reference import assert_same_bits

F32 = np.float32
# Around 32 virtual lanes, vectors of 8 and 16, four vectors, primes, and long.
COUNTS = [1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 47, 48, 63, 64, 65, 96, 97, 1021, 10007]
LARGEST, SMALLEST = np.finfo(F32).max, np.finfo(F32).smallest_subnormal


def assert_moments_equal_reference(x):
    mean, variance = kernels.moments(x)
    assert_same_bits([F32(mean), F32(variance)], list(reference.moments(x)))


@pytest.mark.parametrize("count", COUNTS)
def test_moments(isa, rng, count):
    for offset in (0.0, 1000.0):
        assert_moments_equal_reference((rng.standard_normal(count) + offset).astype(F32))
    assert_moments_equal_reference((10.0 ** rng.uniform(-30, 18, count)).astype(F32))


@pytest.mark.parametrize("special", [-0.0, SMALLEST, LARGEST, -LARGEST, np.inf, -np.inf, np.nan])
def test_moments_of_extremes(isa, rng, special):
    for count in (1, 20, 70):
        x = rng.standard_normal(count).astype(F32)
        x[-1] = special
        assert_moments_equal_reference(x)
        assert_moments_equal_reference(np.full(count, special, F32))


def test_moments_are_those_of_statistics(isa, rng):
    x = (rng.standard_normal(100_000) * 3 + 5).astype(F32)
    mean, variance = kernels.moments(x)
    # Each of 32 lanes adds 3,125 numbers: at most 3,130 roundings of 2^-24, of like sign at worst.
    tolerance = 3130 * 2.0**-24
    assert mean == pytest.approx(x.mean(dtype=np.float64), rel=tolerance)
    assert variance == pytest.approx(x.var(dtype=np.float64), rel=3 * tolerance)


@pytest.mark.parametrize("count", [0, *COUNTS])
def test_absmax(isa, rng, count):
    x = (rng.standard_normal(count) * 10.0 ** rng.uniform(-40, 30)).astype(F32)
    assert_same_bits(F32(kernels.absmax(x)), reference.absmax(x))
    for position in {0, count // 2, count - 1} - {-1} if count else ():
        largest_at = x.copy()
        largest_at[position] = -2 * reference.absmax(x)
        assert_same_bits(F32(kernels.absmax(largest_at)), -largest_at[position])


def test_absmax_tells_what_is_not_finite(isa, rng):
    x = rng.standard_normal(100).astype(F32)
    assert kernels.absmax(np.array([-0.0], F32)) == 0
    x[3] = -np.inf
    assert kernels.absmax(x) == np.inf
    assert not all_finite(x)
    x[99] = np.nan
    assert np.isnan(kernels.absmax(x))
    assert not all_finite(x)
    x[[3, 99]] = LARGEST
    assert all_finite(x)
