"""Unary functions: the same bits on every ISA, close to exact arithmetic, right at both ends."""

import math

import numpy as np
import pytest

import fourfold as ff
import reference
from fourfold._core import kernels
from reference import assert_same_bits

F32 = np.float32
NAMES = kernels.unary_names()
# Around vectors of 4, 8 and 16, primes, and none.
COUNTS = [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 127, 1021]
INFO = np.finfo(F32)
# Where the kernels change their formula, and where results leave the floats.
TURNS = [0.0, 1e-20, 0.41, 0.5, 0.92, 1.0, 1.5, 2.5, 4.0, 20.0, 87.0, 88.72, 88.73, 103.9, 104.0,
         110.0, 2.0**17, 2.0**17 + 1, 2.0**22 + 0.5, 2.0**24, 2.0**126, 1e10]  # fmt: skip
MAGNITUDES = [INFO.smallest_subnormal, INFO.tiny, *TURNS, INFO.max, np.inf, np.nan]
EXTREMES = np.array([*MAGNITUDES, *np.negative(MAGNITUDES)], F32)


def unary(kind, x, alpha=1.0, beta=1.0):
    y = np.full_like(x, np.nan)
    kernels.unary(kind, x, y, alpha, beta)
    return y


def on_scalar(kind, x, alpha, beta):
    active = ff.active_isa()
    ff.use_isa("scalar")
    try:
        return unary(kind, x, alpha, beta)
    finally:
        ff.use_isa(active)


def every_kind_of_float(rng, count):
    bits = rng.integers(0, 2**32, count, dtype=np.uint32).view(F32)
    typical = rng.standard_normal(count) * 10.0 ** rng.uniform(-3, 2, count)
    return np.concatenate([bits, typical.astype(F32), EXTREMES])


@pytest.mark.parametrize("kind", NAMES)
def test_same_bits_as_scalar(isa, rng, kind):
    x = every_kind_of_float(rng, 20_001)
    for alpha, beta in ((1.0, 1.0), (0.2, 0.5), (-1.7, 1.1)):
        assert_same_bits(unary(kind, x, alpha, beta), on_scalar(kind, x, alpha, beta))


@pytest.mark.parametrize("kind", NAMES)
def test_an_element_depends_on_itself_alone(isa, rng, kind):
    for count in COUNTS:
        x = rng.permutation(every_kind_of_float(rng, 1024))[:count]
        alone = [unary(kind, x[i : i + 1].copy())[0] for i in range(count)]
        assert_same_bits(unary(kind, x), np.array(alone, F32))


@pytest.mark.parametrize("kind", NAMES)
def test_in_place(isa, rng, kind):
    x = every_kind_of_float(rng, 1001)
    expected = unary(kind, x)
    kernels.unary(kind, x, x, 1.0, 1.0)
    assert_same_bits(x, expected)


@pytest.mark.parametrize("kind", reference.EXACT_UNARY)
def test_exact_kinds_equal_the_reference(isa, rng, kind):
    x = every_kind_of_float(rng, 20_001)
    for alpha, beta in ((0.2, 0.5), (-1.5, 2.0)):
        with np.errstate(all="ignore"):
            expected = reference.EXACT_UNARY[kind](x, alpha, beta)
        assert_same_bits(unary(kind, x, alpha, beta), expected)


erf = np.vectorize(math.erf, otypes=[np.float64])


def mish(x):
    w = np.exp(np.minimum(x, 40))
    return x * (w * (w + 2)) / (w * (w + 2) + 2)


# kind, float64 definition, bound in units in the last place, from, to: as unary.h states them.
EVERYTHING = (-INFO.max, INFO.max)
ACCURACY = [
    ("exp", np.exp, 1.1, EVERYTHING),
    ("log", np.log, 0.9, (0, INFO.max)),
    ("sin", np.sin, 1.6, EVERYTHING),
    ("cos", np.cos, 1.6, EVERYTHING),
    ("erf", erf, 1.1, EVERYTHING),
    ("softplus", lambda x: np.logaddexp(0, x), 1.8, EVERYTHING),
    ("mish", mish, 4.0, (-85, INFO.max)),
    ("tan", np.tan, 0.501, EVERYTHING),
    ("asin", np.arcsin, 0.501, (-1, 1)),
    ("acos", np.arccos, 0.501, (-1, 1)),
    ("atan", np.arctan, 0.501, EVERYTHING),
    ("sinh", np.sinh, 0.501, EVERYTHING),
    ("cosh", np.cosh, 0.501, EVERYTHING),
    ("asinh", np.arcsinh, 0.501, EVERYTHING),
    ("acosh", np.arccosh, 0.501, (1, INFO.max)),
    ("atanh", np.arctanh, 0.501, (-1, 1)),
]


def dense(rng, low, high):
    """Return all magnitudes alike, then the usual ones, and what lies around multiples of pi/2."""
    bits = rng.integers(0, 2**32, 200_000, dtype=np.uint32).view(F32)
    usual = rng.uniform(-110, 110, 100_000).astype(F32)
    turns = (rng.integers(-(2**20), 2**20, 50_000) * (math.pi / 2)).astype(F32)
    x = np.concatenate([bits, usual, usual / 100, turns])
    return x[(x >= low) & (x <= high)]


@np.errstate(all="ignore")
def assert_within(y, exact, ulps):
    rounded = exact.astype(F32)
    is_finite = np.isfinite(rounded) & np.isfinite(y)
    assert_same_bits(y[~is_finite], rounded[~is_finite])
    y, exact = y[is_finite].astype(np.float64), exact[is_finite]
    ulp = np.ldexp(1.0, np.maximum(np.frexp(exact)[1] - 1, -126) - 23)
    worst = np.max(np.abs(y - exact) / ulp, initial=0)
    assert worst <= ulps


@pytest.mark.parametrize(("kind", "exact", "ulps", "limits"), ACCURACY)
def test_accuracy(isa, rng, kind, exact, ulps, limits):
    x = dense(rng, *limits)
    with np.errstate(all="ignore"):
        expected = exact(x.astype(np.float64))
    assert_within(unary(kind, x), expected, ulps)


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        ("exp", {-np.inf: 0.0, np.inf: np.inf, 0.0: 1.0, -104.0: 0.0, 88.73: np.inf}),
        ("log", {-np.inf: np.nan, np.inf: np.inf, 0.0: -np.inf, -1.0: np.nan}),
        ("log", {-0.0: -np.inf}),
        ("sqrt", {-np.inf: np.nan, np.inf: np.inf, -0.0: -0.0, -1.0: np.nan}),
        ("reciprocal", {-np.inf: -0.0, 0.0: np.inf}),
        ("reciprocal", {np.inf: 0.0, -0.0: -np.inf}),
        ("sin", {-np.inf: np.nan, np.inf: np.nan, -0.0: -0.0}),
        ("sin", {0.0: 0.0}),
        ("cos", {-np.inf: np.nan, np.inf: np.nan, -0.0: 1.0}),
        ("tan", {np.inf: np.nan, -0.0: -0.0}),
        ("erf", {-np.inf: -1.0, np.inf: 1.0, -0.0: -0.0}),
        ("sign", {-np.inf: -1.0, -0.0: 0.0, 1e-45: 1.0}),
        ("round", {0.5: 0.0, -0.5: -0.0, 1.5: 2.0, 2.5: 2.0, -2.5: -2.0}),
        ("softplus", {-np.inf: 0.0, np.inf: np.inf}),
        ("softsign", {-np.inf: -1.0, np.inf: 1.0, -0.0: -0.0}),
        ("mish", {-np.inf: -0.0, np.inf: np.inf, -0.0: -0.0}),
        ("asin", {1.5: np.nan, -np.inf: np.nan, -0.0: -0.0}),
        ("acos", {1.5: np.nan, 1.0: 0.0}),
        ("atan", {-0.0: -0.0}),
        ("sinh", {-np.inf: -np.inf, 90.0: np.inf, -0.0: -0.0}),
        ("cosh", {-np.inf: np.inf, 0.0: 1.0}),
        ("asinh", {-np.inf: -np.inf, -0.0: -0.0}),
        ("acosh", {0.5: np.nan, 1.0: 0.0, np.inf: np.inf}),
        ("atanh", {1.0: np.inf, -1.0: -np.inf, 1.5: np.nan, -0.0: -0.0}),
    ],
)
def test_special_values(isa, kind, at):
    x = np.array([*at, np.nan], F32)
    assert_same_bits(unary(kind, x), np.array([*at.values(), np.nan], F32))
