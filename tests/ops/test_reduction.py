"""arg_reduce, cumulative, top_k, softmax and det against NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from ops import reference_reduction as reference
from ops.arrays import FLOATS, INTEGERS, random_array
from ops.one_op import run_op
from reference import assert_same_bits

NUMBERS = INTEGERS + FLOATS
shapes = hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=6)
seeds = st.integers(0, 2**32 - 1)


def array_and_axis(dtype, shape, seed):
    """A random array with ties and, of floats, NaN; and one of its axes, from either end."""
    rng = np.random.default_rng(seed)
    return random_array(rng, dtype, shape), int(rng.integers(-len(shape), len(shape)))


@pytest.mark.parametrize("kind", ["max", "min"])
@pytest.mark.parametrize("dtype", NUMBERS)
@given(shape=shapes, seed=seeds, keep=st.booleans(), last=st.booleans())
def test_arg_reduce(dtype, kind, shape, seed, keep, last):
    x, axis = array_and_axis(dtype, shape, seed)
    attributes = {"kind": kind, "axis": axis, "keepdims": int(keep)}
    if x.shape[axis] == 0:
        with pytest.raises(ValueError, match="expected elements along axis"):
            run_op("arg_reduce", x, **attributes)
        return
    y = run_op("arg_reduce", x, select_last_index=int(last), **attributes)
    assert y.dtype == np.int64
    assert_array_equal(y, reference.arg_reduce(x, kind, axis, keep, last))


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("size", [1, 2, 10, 31, 32, 33])
@pytest.mark.parametrize("rows", [1, 7, 8, 9, 67])
def test_arg_reduce_of_narrow_rows(rows, size, dtype, threads, rng):
    x = random_array(rng, dtype, (rows, size))
    for kind in ("max", "min"):
        for last in (0, 1):
            y = run_op("arg_reduce", x, kind=kind, axis=1, keepdims=0, select_last_index=last)
            assert_array_equal(y, reference.arg_reduce(x, kind, 1, False, last))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_arg_reduce_over_large_axes(axis, threads, rng):
    x = rng.integers(0, 50, (17, 301, 290)).astype(np.float32)
    for last in (0, 1):
        y = run_op("arg_reduce", x, kind="max", axis=axis, keepdims=0, select_last_index=last)
        assert_array_equal(y, reference.arg_reduce(x, "max", axis, False, last))


@np.errstate(all="ignore")
@pytest.mark.parametrize("kind", ["sum", "prod"])
@pytest.mark.parametrize("dtype", NUMBERS)
@given(shape=shapes, seed=seeds, exclusive=st.booleans(), reverse=st.booleans())
def test_cumulative(dtype, kind, shape, seed, exclusive, reverse):
    x, axis = array_and_axis(dtype, shape, seed)
    settings = {"exclusive": int(exclusive), "reverse": int(reverse)}
    y = run_op("cumulative", x, np.array(axis), kind=kind, **settings)
    assert y.dtype == x.dtype
    with np.errstate(all="ignore"):
        expected = reference.cumulative(x, kind, axis, exclusive, reverse)
    assert_array_equal(y, expected)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_cumulative_over_large_axes(axis, threads, rng):
    x = rng.standard_normal((5, 130, 1500)).astype(np.float32)
    y = run_op("cumulative", x, np.array([axis], np.int32), kind="sum")
    assert_array_equal(y, reference.cumulative(x, "sum", axis, False, False))


@pytest.mark.parametrize("largest", [0, 1])
@pytest.mark.parametrize("dtype", NUMBERS)
@given(shape=shapes, seed=seeds, data=st.data())
def test_top_k(dtype, largest, shape, seed, data):
    x, axis = array_and_axis(dtype, shape, seed)
    k = data.draw(st.integers(0, x.shape[axis]))
    values, indices = run_op("top_k", x, np.array([k]), outputs=2, axis=axis, largest=largest)
    expected_values, expected_indices = reference.top_k(x, k, axis, largest)
    assert_array_equal(indices, expected_indices)
    assert_array_equal(values, expected_values)


@pytest.mark.parametrize("axis", [0, 1])
def test_top_k_of_long_lines(axis, threads, rng):
    x = rng.integers(-90, 90, (400, 410)).astype(np.float32)
    for k in (1, 5, 399, x.shape[axis]):
        values, indices = run_op("top_k", x, np.array(k, np.int32), outputs=2, axis=axis)
        expected = np.argsort(-x, axis, kind="stable")
        expected = np.take(expected, np.arange(k), axis)
        assert_array_equal(indices, expected)
        assert_array_equal(values, np.take_along_axis(x, expected, axis))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", ["softmax", "log_softmax", "hardmax"])
@given(shape=shapes, seed=seeds)
def test_softmax(kind, dtype, shape, seed):
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal(shape) * 4).astype(dtype).round(1)  # ties for hardmax
    axis = int(rng.integers(-len(shape), len(shape)))
    y = run_op("softmax", x, axis=axis, kind=kind)
    assert y.dtype == x.dtype
    if x.size == 0:
        assert y.shape == x.shape
        return
    expected = reference.softmax(x.astype(np.float64), axis, kind)
    rtol, atol = (3e-6, 2e-6) if dtype == "float32" else (1e-13, 1e-13)
    assert_allclose(y, expected, rtol=rtol, atol=atol)


@pytest.mark.parametrize("kind", ["softmax", "log_softmax", "hardmax"])
def test_softmax_has_the_same_bits_along_any_axis(kind, isa, threads, rng):
    x = rng.standard_normal((3, 119, 217)).astype(np.float32)
    for axis in (0, 1):
        moved = np.ascontiguousarray(np.moveaxis(x, axis, -1))
        expected = np.moveaxis(run_op("softmax", moved, kind=kind), -1, axis)
        assert_same_bits(run_op("softmax", x, axis=axis, kind=kind), expected)


def test_hardmax_takes_the_first_nan():
    x = np.array([[1, np.nan, 3, np.nan], [2, np.inf, np.inf, 1]], np.float32)
    assert_array_equal(run_op("softmax", x, kind="hardmax"), [[0, 1, 0, 0], [0, 1, 0, 0]])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (2, 2), (7, 7), (3, 4, 5, 5), (2, 0, 3, 3)])
def test_det(shape, dtype, threads, rng):
    x = rng.standard_normal(shape).astype(dtype)
    y = run_op("det", x)
    assert y.dtype == x.dtype
    expected = np.linalg.det(x.astype(np.float64))
    assert_allclose(y, expected, rtol=1e-6 if dtype == "float32" else 1e-11)


def test_det_of_singular_and_of_permuted_matrices():
    singular = np.array([[1, 2, 3], [2, 4, 6], [1, 0, 1]], np.float32)
    permuted = np.eye(4, dtype=np.float64)[[1, 0, 3, 2]] * 2
    assert run_op("det", singular) == 0
    assert run_op("det", np.zeros((3, 3), np.float32)) == 0
    assert run_op("det", permuted) == 16
    assert run_op("det", permuted[[1, 0, 2, 3]]) == -16


X = np.zeros((2, 3), np.float32)


@pytest.mark.parametrize(
    ("op", "arrays", "attributes", "message"),
    [
        ("arg_reduce", [X], {"kind": "mean"}, "kind: expected one of max, min; received 'mean'"),
        ("arg_reduce", [X], {"kind": "max", "axis": 2}, "axis: expected an axis of 2 dimensions"),
        ("arg_reduce", [X > 0], {"kind": "max"}, "x: expected numbers, received bool"),
        ("cumulative", [X, np.array(2)], {"kind": "sum"}, "axis: expected an axis of 2 dimensions"),
        (
            "cumulative",
            [X, np.array([0, 1])],
            {"kind": "sum"},
            "axis: expected one int64",
        ),
        ("cumulative", [X, np.array(0)], {"kind": "max"}, "kind: expected one of sum, prod"),
        ("top_k", [X, np.array([4])], {}, r"k: expected 0 to 3, the size of axis 1 of x \(2, 3\)"),
        ("top_k", [X, np.array([-1])], {}, "k: expected 0 to 3.*received -1"),
        ("top_k", [X, np.array([1.0])], {}, "k: expected one int64, received float64"),
        ("top_k", [X > 0, np.array([1])], {}, "x: expected numbers, received bool"),
        ("softmax", [X], {"kind": "softmin"}, "kind: expected one of softmax, log_softmax"),
        ("softmax", [X.astype(np.int32)], {"kind": "softmax"}, "x: expected float32 or float64"),
        ("softmax", [X], {"kind": "softmax", "axis": -3}, "axis: expected an axis of 2 dimensions"),
        ("det", [X], {}, r"x: expected square matrices.*received float32 \(2, 3\)"),
    ],
)
def test_refusals(op, arrays, attributes, message):
    with pytest.raises(ValueError, match=message):
        run_op(op, *arrays, outputs=2 if op == "top_k" else 1, **attributes)
