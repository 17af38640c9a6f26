"""Quantization and dequantization of rows, bit for bit as the reference has them, on every ISA."""

import numpy as np
import pytest

import reference
from fourfold._core import kernels
from reference import assert_same_bits

F32 = np.float32
# Around vectors of 8 and 16 lanes, around four of them, primes, and long.
WIDTHS = [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 97, 127, 128, 129, 1021, 4099]
LARGEST, SMALLEST = np.finfo(F32).max, np.finfo(F32).smallest_subnormal
POWERS = [2.0**-126, 2.0**-101, 2.0**-100, 1.0, 127.0]
MAGNITUDES = [0.0, SMALLEST, *POWERS, LARGEST, np.inf, np.nan]
EXTREMES = np.array([*MAGNITUDES, *np.negative(MAGNITUDES)], F32)


def rows_of_many_scales(rng, rows, columns):
    scale = 10.0 ** rng.uniform(-25, 30, (rows, 1))
    return (rng.standard_normal((rows, columns)) * scale).astype(F32)


def assert_rows_equal_reference(x, depth, flip=0):
    q, scales = kernels.quantize_rows(x, depth, flip)
    expected_q, expected_scales = reference.quantize_rows(x, depth, flip)
    assert_same_bits(scales, expected_scales)
    assert_same_bits(q, expected_q)


@pytest.mark.parametrize("flip", [0, 128])
@pytest.mark.parametrize("columns", WIDTHS)
def test_rows(isa, rng, columns, flip):
    x = rows_of_many_scales(rng, 5, columns)
    for depth in (columns, columns + 1, columns + 15, reference.round_up(columns, 64) + 64):
        assert_rows_equal_reference(x, depth, flip)


@pytest.mark.parametrize("columns", WIDTHS)
def test_rows_whose_absmax_was_tracked_piece_by_piece(isa, rng, columns):
    x = rows_of_many_scales(rng, 5, columns)
    x[1, columns // 2 :], x[2, -1:] = np.inf, np.nan
    absmax = np.zeros(5, np.int32)
    for piece in np.array_split(x, 3, axis=1):
        kernels.track_absmax(piece.copy(), absmax)
    largest = np.abs(x).view(np.int32).max(axis=1, initial=0)
    assert np.array_equal(absmax, largest)
    expected_q, expected_scales = reference.quantize_rows(x, columns + 1)
    q, scales = kernels.quantize_rows(x, columns + 1, 0, absmax)
    assert_same_bits(scales, expected_scales)
    assert_same_bits(q, expected_q)


@pytest.mark.parametrize("special", EXTREMES)
@pytest.mark.parametrize("columns", [1, 16, 67])
def test_a_row_with_an_extreme_value(isa, rng, columns, special):
    x = rng.standard_normal((columns, columns)).astype(F32)
    np.fill_diagonal(x, special)
    assert_rows_equal_reference(x, columns + 3)
    assert_rows_equal_reference(np.full((2, columns), special), columns)


def test_rows_of_random_bits(isa, rng):
    # Every kind of float: most rows hold a NaN or an Inf, so shorter rows too.
    for columns in (1, 5, 40):
        bits = rng.integers(0, 2**32, (500, columns), dtype=np.uint32)
        assert_rows_equal_reference(bits.view(F32), 64)


def test_ties_go_to_even(isa):
    halves = np.arange(-126.5, 127, dtype=F32)  # 127 / amax is 1: these are the products themselves
    x = np.append(halves, F32(127)).reshape(1, -1)
    q, scales = kernels.quantize_rows(x, x.shape[1])
    assert scales[0] == F32(127) * (F32(1) / F32(127))
    assert np.array_equal(q[0, :-1], 2 * np.round(halves / 2))


def test_rows_that_hold_no_number_become_nan_and_zeros(isa):
    x = np.ones((3, 40), F32)
    x[0, 39], x[1, 0] = np.nan, -np.inf
    q, scales = kernels.quantize_rows(x, 64, 128)
    assert np.array_equal(np.isnan(scales), [True, True, False])
    assert np.all(q[:2].view(np.uint8) == 128)


def test_rows_err_by_half_a_step_at_most(isa, rng):
    x = rows_of_many_scales(rng, 200, 100)
    q, scales = kernels.quantize_rows(x, 100)
    error = np.abs(x - q * scales[:, None].astype(np.float64))
    # Scale, inverse, product: each rounding moves a product of at most 127 by 2^-24 of it.
    assert np.all(error <= scales[:, None] * (0.5 + 127 * 4 * 2.0**-24))
    assert np.abs(q.astype(int)).max() == 127


@pytest.mark.parametrize("flip", [0, 128])
@pytest.mark.parametrize("columns", WIDTHS)
def test_fixed(isa, rng, columns, flip):
    x = (rng.standard_normal((5, columns)) * 3).astype(F32)
    for depth in (columns, columns + 1, reference.round_up(columns, 64) + 64):
        q = kernels.quantize_fixed(x, depth, 40.0, flip)
        assert_same_bits(q, reference.quantize_fixed(x, depth, 40.0, flip))


@pytest.mark.parametrize("inverse_scale", [1.0, -2.5, 0.0, 1e-30, LARGEST, np.inf, np.nan])
def test_fixed_of_extremes(isa, rng, inverse_scale):
    bits = rng.integers(0, 2**32, (50, 83), dtype=np.uint32)
    for x in (bits.view(F32), np.tile(EXTREMES, (2, 3)), np.arange(-200, 200, 0.5, F32)[None]):
        q = kernels.quantize_fixed(x, x.shape[1], inverse_scale)
        assert_same_bits(q, reference.quantize_fixed(x, x.shape[1], inverse_scale))


@pytest.mark.parametrize("floor", [-np.inf, 0.0])
@pytest.mark.parametrize("columns", WIDTHS)
def test_dequantize(isa, rng, columns, floor):
    acc = rng.integers(-(2**31), 2**31, (4, columns), dtype=np.int32)
    acc[:2] //= 2**12
    row_scales = (10.0 ** rng.uniform(-8, 2, 4)).astype(F32)
    column_scales = (10.0 ** rng.uniform(-8, 2, columns)).astype(F32)
    bias = rng.standard_normal(columns).astype(F32)
    y = kernels.dequantize(acc, row_scales, column_scales, bias, floor)
    assert_same_bits(y, reference.dequantize(acc, row_scales, column_scales, bias, floor))


@pytest.mark.parametrize("columns", WIDTHS)
def test_what_is_added_and_what_comes_behind(isa, rng, columns):
    acc = rng.integers(-(2**20), 2**20, (4, columns), dtype=np.int32)
    vectors = rng.uniform(-1, 1, (4, columns)).astype(F32)
    sums = acc, np.full(4, 1e-6, F32), *vectors[:2]
    quantized = rng.integers(-128, 128, acc.shape, dtype=np.int8)
    for residual in (None, rng.standard_normal(acc.shape, F32), quantized):
        for floor, post in ((-np.inf, None), (0.0, tuple(vectors[2:]))):
            options = {"floor": floor, "residual": residual, "residual_scale": 0.037, "post": post}
            y = kernels.dequantize(*sums, **options)
            assert_same_bits(y, reference.dequantize(*sums, **options))
            q = kernels.requantize(*sums, 70.0, **options)
            assert_same_bits(q, reference.requantize(*sums, 70.0, **options))
            for inverse_scale in (2.0**18, 2.0**30, 2.0**40):  # in int32, and beyond
                q = kernels.requantize(*sums, inverse_scale, **options)
                assert_same_bits(q, reference.requantize(*sums, inverse_scale, **options))
    x = rng.standard_normal(acc.shape, F32)
    assert_same_bits(kernels.affine_columns(x, *vectors[2:]), reference.fma(x, *vectors[2:]))


def test_dequantize_of_extremes(isa):
    ends = np.array([-(2**31), 2**31 - 1, 2**24 + 1, -(2**24) - 1, 0, 1, -1], np.int32)
    acc = np.repeat(ends, len(EXTREMES)).reshape(len(ends), -1)
    for row_scale in EXTREMES:
        row_scales = np.full(len(ends), row_scale)
        for bias in (EXTREMES, EXTREMES[::-1].copy()):
            for floor in (-np.inf, 0.0):
                y = kernels.dequantize(acc, row_scales, EXTREMES, bias, floor)
                expected = reference.dequantize(acc, row_scales, EXTREMES, bias, floor)
                assert_same_bits(y, expected)


def test_requantize_of_extremes(isa):
    """One of what every value is made of is extreme: NaN and Inf take other ways than numbers."""
    rng = np.random.default_rng(0)
    acc = rng.integers(-(2**31), 2**31, (5, 67), dtype=np.int32)
    acc[:, ::7] = 0
    quantized = rng.integers(-128, 128, acc.shape, dtype=np.int8)
    for special in np.append(EXTREMES, F32([2.0**39, 2.0**40])):
        for place in range(7):
            row_scales, vectors = np.full(5, F32(1e-6)), np.ones((4, 67), F32)
            options = {"residual": quantized, "residual_scale": 0.5, "post": tuple(vectors[2:])}
            inverse_scale = 0.25
            if place == 0:
                row_scales[3] = special
            elif place < 5:
                vectors[place - 1, 40] = special
            elif place == 5:
                options["residual_scale"] = special
            else:
                inverse_scale = special
            for given in (options, {"floor": 0.0}):
                sums = acc, row_scales, *vectors[:2], inverse_scale
                q = kernels.requantize(*sums, **given)
                assert_same_bits(q, reference.requantize(*sums, **given))
