"""gather_s8: rows of an INT8 table, each with its own scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold import _core
from ops.one_op import run_op


def random_table(rng, rows, columns):
    table = rng.integers(-127, 128, (rows, columns), dtype=np.int8)
    return table, rng.lognormal(sigma=5, size=rows).astype(np.float32)


def rows_of(table, indices, scales):
    """Each element as float32, times its row's scale, rounded once."""
    return table[indices].astype(np.float32) * scales[indices][..., None]


@given(
    rows=st.integers(1, 70),
    columns=st.sampled_from([0, 1, 3, 4, 15, 16, 17, 64, 67, 384]),
    shape=st.lists(st.integers(0, 5), max_size=3),
    dtype=st.sampled_from([np.int32, np.int64]),
    seed=st.integers(0, 2**32 - 1),
)
def test_is_exact(rows, columns, shape, dtype, seed):
    rng = np.random.default_rng(seed)
    table, scales = random_table(rng, rows, columns)
    indices = rng.integers(-rows, rows, shape, dtype=dtype)
    y = run_op("gather_s8", table, indices, scales)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, rows_of(table, indices, scales))


def packed(table, scales):
    """The table and its scales as the transposed weight of a linear layer."""
    padded = np.pad(scales, (0, -len(scales) % 16), constant_values=1)
    return _core.pack_s8(np.ascontiguousarray(table.T)), padded


@given(
    rows=st.sampled_from([1, 15, 16, 17, 31, 100]),
    columns=st.sampled_from([1, 3, 4, 5, 63, 64, 65, 384]),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_weight_of_a_linear_layer_gives_the_same_rows(rows, columns, seed):
    rng = np.random.default_rng(seed)
    table, scales = random_table(rng, rows, columns)
    indices = rng.integers(-rows, rows, (3, 4))
    weight, padded = packed(table, scales)
    plain = np.ascontiguousarray(table.T)
    for stored, of_rows in ((weight, padded), (plain, scales)):
        y = run_op("gather_s8", stored, indices, of_rows, rows=rows, columns=columns)
        np.testing.assert_array_equal(y, rows_of(table, indices, scales))


@pytest.mark.parametrize("index", [17, -18])
def test_rows_that_only_pad_a_packed_table_are_beyond_it(rng, index):
    weight, scales = packed(*random_table(rng, 17, 5))
    with pytest.raises(ValueError, match=f"axis of size 17, received {index}"):
        run_op("gather_s8", weight, np.array([index]), scales, rows=17, columns=5)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"rows": 17}, "'columns'"),
        ({"columns": 5}, "'rows'"),
        ({"rows": 33, "columns": 5}, r"table: expected int8 \(3, 16, 16, 4\)"),
        ({"rows": 17, "columns": 65}, r"table: expected int8 \(2, 32, 16, 4\)"),
        ({"rows": 5, "columns": 17}, r"or int8 \(17, 5\), received int8 \(2, 16, 16, 4\)"),
        ({"rows": 0, "columns": 5}, "'rows'"),
        ({}, "table"),
    ],
)
def test_refuses_a_packed_table_of_another_size(rng, attributes, message):
    weight, scales = packed(*random_table(rng, 17, 5))
    with pytest.raises(ValueError, match=message):
        run_op("gather_s8", weight, np.zeros(1, np.int64), scales, **attributes)


def test_is_the_same_on_every_isa_and_for_any_number_of_threads(rng, isa, threads):
    table, scales = random_table(rng, 1000, 384)
    indices = rng.integers(0, 1000, (8, 128))
    y = run_op("gather_s8", table, indices, scales, constants=(0, 2))
    np.testing.assert_array_equal(y, rows_of(table, indices, scales))


@pytest.mark.parametrize("index", [3, -4, 2**40])
def test_an_index_beyond_the_table_is_named(rng, index):
    table, scales = random_table(rng, 3, 4)
    with pytest.raises(ValueError, match=f"axis of size 3, received {index}"):
        run_op("gather_s8", table, np.array([0, index]), scales)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"table": np.ones((3, 4), np.float32)}, "table"),
        ({"table": np.ones(4, np.int8)}, "table"),
        ({"indices": np.ones(2, np.float32)}, "indices"),
        ({"scales": np.ones(4, np.float32)}, "scales"),
        ({"scales": np.ones(3)}, "scales"),
    ],
)
def test_refuses_what_does_not_fit(change, message):
    given = {
        "table": np.ones((3, 4), np.int8),
        "indices": np.zeros(2, np.int64),
        "scales": np.ones(3, np.float32),
    }
    with pytest.raises(ValueError, match=message):
        run_op("gather_s8", *{**given, **change}.values())
