"""Normalizations of rows: the order of every operation is fixed, so they compare bit for bit."""

import numpy as np
import pytest

import reference
from fourfold._core import kernels
from reference import assert_same_bits, fma

F32 = np.float32
# Around vectors, 32 virtual lanes, primes, and a transformer's width; rows around those in flight.
COLUMNS = [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 65, 127, 768, 1021]
ROWS = [0, 1, 2, 3, 4, 5, 9]
EPSILON = 1e-5
UNIT_NORMS = ["l1", "l2", "max"]


def layer_norm(x, gamma, beta, residual=None):
    y, total = np.full_like(x, np.nan), None if residual is None else np.full_like(x, np.nan)
    kernels.layer_norm(x, gamma, beta, EPSILON, y, residual, total)
    return y if residual is None else (y, total)


def rms_norm(x, gamma, residual=None):
    y, total = np.full_like(x, np.nan), None if residual is None else np.full_like(x, np.nan)
    kernels.rms_norm(x, gamma, EPSILON, y, residual, total)
    return y if residual is None else (y, total)


def unit_norm(kind, x):
    y = np.full_like(x, np.nan)
    kernels.unit_norm(kind, x, y)
    return y


def affine(along, x, scale, shift):
    y = np.full_like(x, np.nan)
    kernels.affine(along, x, scale, shift, y)
    return y


def by_rows(function, x):
    rows = [function(row) for row in x]
    return np.array(rows, F32).reshape(x.shape)


def normal(rng, *shape):
    return (rng.standard_normal(shape) * 3 + 0.7).astype(F32)


@pytest.mark.parametrize("columns", COLUMNS)
def test_equal_the_reference(isa, rng, columns):
    gamma, beta = normal(rng, columns), normal(rng, columns)
    for rows in ROWS:
        x = normal(rng, rows, columns)
        expected = by_rows(lambda row: reference.layer_norm(row, gamma, beta, EPSILON), x)
        assert_same_bits(layer_norm(x, gamma, beta), expected)
        expected = by_rows(lambda row: reference.layer_norm(row, gamma, None, EPSILON), x)
        assert_same_bits(layer_norm(x, gamma, None), expected)
        expected = by_rows(lambda row: reference.rms_norm(row, gamma, EPSILON), x)
        assert_same_bits(rms_norm(x, gamma), expected)


@pytest.mark.parametrize("kind", UNIT_NORMS)
@pytest.mark.parametrize("columns", COLUMNS)
def test_unit_norms_equal_the_reference(isa, rng, kind, columns):
    x = normal(rng, 5, columns)
    x[2] = 0
    expected = by_rows(lambda row: reference.unit_norm(kind, row), x)
    assert_same_bits(unit_norm(kind, x), expected)


@pytest.mark.parametrize("columns", COLUMNS)
def test_affine_maps_equal_the_reference(isa, rng, columns):
    x, scale, shift = normal(rng, 3, columns), normal(rng, columns), normal(rng, columns)
    assert_same_bits(affine("columns", x, scale, shift), fma(x, scale, shift))
    scale, shift = normal(rng, 3), normal(rng, 3)
    assert_same_bits(affine("rows", x, scale, shift), fma(x, scale[:, None], shift[:, None]))


@pytest.mark.parametrize("columns", [1, 33, 768])
def test_a_residual_is_added_first(isa, rng, columns):
    x, residual = normal(rng, 6, columns), normal(rng, 6, columns)
    gamma, beta = normal(rng, columns), normal(rng, columns)
    y, total = layer_norm(x, gamma, beta, residual)
    assert_same_bits(total, x + residual)
    assert_same_bits(y, layer_norm(total, gamma, beta))
    y, total = rms_norm(x, gamma, residual)
    assert_same_bits(total, x + residual)
    assert_same_bits(y, rms_norm(total, gamma))


# The bounds that normalize.h states.
@pytest.mark.parametrize("columns", [2, 32, 768, 4096])
def test_accuracy(isa, rng, columns):
    x = normal(rng, 50, columns)
    wide = x.astype(np.float64)
    one, zero = np.ones(columns, F32), np.zeros(columns, F32)
    scale = np.sqrt(wide.var(axis=1, keepdims=True) + EPSILON)
    exact = (wide - wide.mean(axis=1, keepdims=True)) / scale
    largest = np.abs(wide).max(axis=1, keepdims=True)
    error = np.abs(layer_norm(x, one, zero) - exact)
    assert np.all(error <= 5e-7 * (np.abs(exact) + largest / scale))
    exact = wide / np.sqrt((wide**2).mean(axis=1, keepdims=True) + EPSILON)
    assert np.all(np.abs(rms_norm(x, one) - exact) <= 5e-7 * np.abs(exact))


def rows_with(special):
    x = np.linspace(-1, 1, 5 * 37, dtype=F32).reshape(5, 37)
    x[1, 30] = special
    return x


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_stays_in_its_row(isa, special):
    x, one = rows_with(special), np.ones(37, F32)
    plain, is_other = rows_with(0.0), np.arange(37) != 30
    for normalize in (
        lambda x: layer_norm(x, one, one),
        lambda x: rms_norm(x, one),
        *(lambda x, kind=kind: unit_norm(kind, x) for kind in UNIT_NORMS),
    ):
        y = normalize(x)
        assert np.isnan(y[1, 30])
        assert_same_bits(y[[0, 2, 3, 4]], normalize(plain)[[0, 2, 3, 4]])
    assert np.isnan(layer_norm(x, one, one)[1]).all()
    if np.isinf(special):
        assert np.all(rms_norm(x, one)[1, is_other] == 0)
    else:
        assert np.isnan(rms_norm(x, one)[1]).all()


def test_in_place(isa, rng):
    x, residual = normal(rng, 6, 45), normal(rng, 6, 45)
    gamma, beta = normal(rng, 45), normal(rng, 45)
    expected, total = layer_norm(x, gamma, beta, residual)
    over_x, over_residual = x.copy(), residual.copy()
    kernels.layer_norm(over_x, gamma, beta, EPSILON, over_x, over_residual, over_residual)
    assert_same_bits(over_x, expected)
    assert_same_bits(over_residual, total)
    expected = unit_norm("l2", x)
    kernels.unit_norm("l2", x, x)
    assert_same_bits(x, expected)
