"""non_zero, unique, range, constant_of_shape, eye_like: shapes that the values decide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold import _core
from ops.movement_arrays import DTYPES, array_of, check, integers, shapes
from ops.one_op import run_op


@given(st.data(), shapes(1, 4), st.sampled_from(DTYPES))
def test_non_zero(data, shape, dtype):
    x = (array_of(shape, dtype).astype(np.int64) % 3).astype(dtype)
    check(run_op("non_zero", x), np.stack(np.nonzero(x)))


def test_non_zero_of_floats_and_scalars():
    x = np.float32([0.0, -0.0, np.nan, np.inf, 1e-45])
    check(run_op("non_zero", x), integers(2, 3, 4)[None])
    check(run_op("non_zero", x.astype(np.float16)), integers(2, 3)[None])
    check(run_op("non_zero", np.array(5, np.int8)), np.zeros((0, 1), np.int64))
    check(run_op("non_zero", np.array(False)), np.zeros((0, 0), np.int64))


def test_a_value_that_a_step_computes_and_non_zero_looks_at(threads):
    steps = [("trilu", (0, None), (1,), {}), ("non_zero", (1,), (2,), {})]
    run = _core.Program([("x", "float32", (None, None))], [], steps, (2,))
    for shape in [(3, 3), (2, 5), (3, 3), (4, 0)]:
        x = array_of(shape) + 1
        check(run(x), np.stack(np.nonzero(np.triu(x))))


def unique_in_order(x, axis):
    """np.unique, in the order in which the values come first."""
    y, first, inverse, counts = np.unique(
        x, return_index=True, return_inverse=True, return_counts=True, axis=axis
    )
    order = np.argsort(first)
    return (
        np.take(y, order, 0 if axis is None else axis),
        first[order],
        np.argsort(order)[inverse.ravel()],
        counts[order],
    )


@given(st.data(), st.sampled_from([t for t in DTYPES if t != "float16"]))
def test_unique(data, dtype):
    shape = data.draw(shapes(1, 3, st.sampled_from([1, 2, 3, 5])))
    seed = data.draw(st.integers(0, 2**32 - 1))
    x = np.random.default_rng(seed).integers(-1, 2, shape).astype(dtype)
    axis = data.draw(st.sampled_from([None, *range(-x.ndim, x.ndim)]))
    attributes = {} if axis is None else {"axis": axis}
    y, first, inverse, counts = np.unique(
        x, return_index=True, return_inverse=True, return_counts=True, axis=axis
    )
    for got, expected in zip(
        run_op("unique", x, outputs=4, **attributes),
        (y, first, inverse.ravel(), counts),
        strict=True,
    ):
        check(got, expected)
    for got, expected in zip(
        run_op("unique", x, outputs=4, sorted=0, **attributes),
        unique_in_order(x, axis),
        strict=True,
    ):
        check(got, expected)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_unique_orders_floats_as_numbers(dtype):
    x = np.array([np.nan, 1, -np.inf, 0.0, -0.0, -1, np.inf, np.nan, -1.5], dtype)
    y, first, inverse, counts = run_op("unique", x, outputs=4)
    check(y, np.array([-np.inf, -1.5, -1, 0, 1, np.inf, np.nan], dtype))
    check(first, integers(2, 8, 5, 3, 1, 6, 0))
    check(inverse, integers(6, 4, 0, 3, 3, 2, 5, 6, 1))
    check(counts, integers(1, 1, 1, 2, 1, 1, 2))


def test_unique_of_nothing():
    for array in run_op("unique", np.zeros((0, 3), np.int32), outputs=4, axis=0):
        assert len(array) == 0


@pytest.mark.parametrize("dtype", ["int16", "uint8", "int32", "int64", "float32", "float64"])
@pytest.mark.parametrize("bounds", [(0, 5, 1), (1, 10, 3), (10, 1, 2), (3, 3, 1), (0, 100, 7)])
def test_range(bounds, dtype):
    arrays = [np.array(value, dtype) for value in bounds]
    check(run_op("range", *arrays), np.arange(*bounds, dtype=dtype))


@pytest.mark.parametrize("bounds", [(5, 0, -1), (10, -11, -3), (-(2**63), 2**63 - 1, 2**62)])
def test_range_of_int64(bounds):
    y = run_op("range", *(np.array(value) for value in bounds))
    check(y, np.array(range(*bounds), np.int64))


def test_range_of_fractions():
    start, limit, delta = np.float32([0.1, 1.0, 0.1])
    y = run_op("range", np.array(start), np.array(limit), np.array(delta))
    check(y, start + np.arange(9, dtype=np.float32) * delta)


@given(shapes(0, 5), st.sampled_from(DTYPES))
def test_constant_of_shape(shape, dtype):
    value = np.array([1], dtype)
    check(run_op("constant_of_shape", integers(*shape), value), np.full(shape, 1, dtype))


@given(shapes(2, 2), st.integers(-6, 6), st.sampled_from(DTYPES))
def test_eye_like(shape, k, dtype):
    x = np.zeros(shape, np.int32)
    check(run_op("eye_like", x, k=k, dtype=dtype), np.eye(*shape, k, dtype=dtype))
    check(run_op("eye_like", x.astype(dtype)), np.eye(*shape, dtype=dtype))
