"""The float32 product: one chain of fused multiply-adds per element, so it compares bit for bit."""

import numpy as np
import pytest

import reference
from fourfold._core import kernels, pack_f32
from reference import assert_same_bits, pad_columns

F32 = np.float32
# Around tiles of 6 and 12 rows, panels of 16 columns, strips of four panels and, of one row, eight.
ROWS = [1, 2, 5, 6, 7, 11, 13, 25]
COLUMNS = [1, 7, 15, 16, 17, 33, 48, 63, 64, 65, 83, 130]
DEPTHS = [0, 1, 2, 17, 64]


def multiply(x, weight, bias):
    return kernels.gemm_f32(x, reference.pack_f32(weight), pad_columns(bias), weight.shape[1])


def assert_equals_reference(x, weight, bias):
    assert_same_bits(multiply(x, weight, bias), reference.gemm_f32(x, weight, bias))


def random_layer(rng, rows, depth, columns):
    sizes = (rows, depth), (depth, columns), (columns,)
    return [rng.standard_normal(size).astype(F32) for size in sizes]


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("rows", ROWS)
def test_shapes(isa, rng, rows, columns):
    for depth in DEPTHS:
        assert_equals_reference(*random_layer(rng, rows, depth, columns))


def test_long_chains_with_cancellation(isa, rng):
    x, weight, bias = random_layer(rng, 3, 1009, 19)
    weight[1::2] = -weight[:-1:2]
    x[:, 1::2] = np.nextafter(x[:, :-1:2], F32(np.inf))
    assert_equals_reference(x, weight, bias)


def test_extremes(isa, rng):
    info = np.finfo(F32)
    extremes = [0.0, -0.0, info.smallest_subnormal, -info.tiny, info.max, -info.max, 1.0]
    x = rng.choice(np.array(extremes, F32), (40, 5))
    weight = rng.choice(np.array(extremes, F32), (5, 33))
    assert_equals_reference(x, weight, rng.choice(np.array(extremes, F32), 33))


def test_random_bits(isa, rng):
    x = rng.integers(0, 2**32, (13, 3), dtype=np.uint32).view(F32)
    weight = rng.integers(0, 2**32, (3, 70), dtype=np.uint32).view(F32)
    bias = rng.integers(0, 2**32, 70, dtype=np.uint32).view(F32)
    assert_equals_reference(x, weight, bias)


def test_inf_and_nan_reach_only_their_row_and_column(isa, rng):
    x, weight, bias = random_layer(rng, 9, 20, 40)
    clean = multiply(x, weight, bias)
    x[4, 7], weight[3, 30] = np.nan, np.inf
    y = multiply(x, weight, bias)
    touched = np.zeros(y.shape, bool)
    touched[4], touched[:, 30] = True, True
    assert_same_bits(y[~touched], clean[~touched])
    assert not np.isfinite(y[touched]).any()


def test_a_row_does_not_depend_on_its_neighbours(isa, rng):
    x, weight, bias = random_layer(rng, 23, 50, 70)
    whole = multiply(x, weight, bias)
    for first, last in [(0, 1), (1, 6), (5, 23), (22, 23)]:
        assert_same_bits(multiply(x[first:last].copy(), weight, bias), whole[first:last])


@pytest.mark.parametrize(("depth", "columns"), [(1, 1), (3, 16), (7, 17), (5, 40)])
def test_packing_is_the_references(rng, depth, columns):
    weight = rng.standard_normal((depth, columns)).astype(F32)
    assert_same_bits(pack_f32(weight), reference.pack_f32(weight))


def gathered_layer(rng, rows, depth, columns, length=50):
    """Return x, a line of values, where each row starts in it, a bias per row, the rows."""
    wide = -(-columns // 16) * 16
    line = rng.standard_normal(length + wide).astype(F32)
    offsets = rng.integers(0, length + 1, depth).astype(np.uint64)
    weight = np.array([line[int(o) : int(o) + columns] for o in offsets], F32)
    x, row_bias = (rng.standard_normal(size).astype(F32) for size in [(rows, depth), (rows,)])
    return x, line, offsets, row_bias, weight.reshape(depth, columns)


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("rows", ROWS)
def test_rows_of_w_from_anywhere(isa, rng, rows, columns):
    for depth in DEPTHS[:-1]:
        x, line, offsets, row_bias, weight = gathered_layer(rng, rows, depth, columns)
        biased = kernels.gemm_f32_gathered(x, line, offsets, row_bias, columns)
        plain = kernels.gemm_f32_gathered(x, line, offsets, None, columns)
        for r in range(rows):
            bias = np.full(columns, row_bias[r])
            assert_same_bits(biased[r : r + 1], reference.gemm_f32(x[r : r + 1], weight, bias))
        assert_same_bits(plain, reference.gemm_f32(x, weight, np.zeros(columns, F32)))


def test_gathered_rows_beyond_w_are_refused(rng):
    x, line, offsets, row_bias, _ = gathered_layer(rng, 2, 3, 16)
    offsets[1] = 51
    with pytest.raises(ValueError, match="expected rows inside w, received 51"):
        kernels.gemm_f32_gathered(x, line, offsets, row_bias, 16)
