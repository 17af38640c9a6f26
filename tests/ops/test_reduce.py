"""reduce against NumPy: axes, types, empty axes, accuracy, one order of every sum."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import fourfold as ff
from ops.arrays import INTEGERS, random_array, shapes
from ops.one_op import run_op
from ops.reference_reduction import REDUCE
from reference import assert_same_bits

LARGE_INTEGERS = ["int32", "uint32", "int64", "uint64"]
EXACT_OF_INTEGERS = ["sum", "prod", "l1", "sum_square", "max", "min"]


def axes_array(axes):
    return None if axes is None else np.array(axes, np.int64)


@st.composite
def shapes_and_axes(draw):
    shape = draw(shapes)
    axes = draw(st.sets(st.integers(0, len(shape) - 1))) if shape else set()
    signs = draw(st.tuples(*[st.booleans()] * len(axes)))
    signed = [a - len(shape) if s else a for a, s in zip(sorted(axes), signs, strict=True)]
    return shape, tuple(signed)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", sorted(REDUCE))
@given(case=shapes_and_axes(), keep=st.booleans(), seed=st.integers(0, 2**32 - 1))
def test_axes(kind, dtype, case, keep, seed):
    shape, axes = case
    x = np.random.default_rng(seed).uniform(0.9, 1.1, shape).astype(dtype)
    reduced = axes or tuple(range(len(shape)))  # which is what no axes mean
    extra = {"initial": {"max": -np.inf, "min": np.inf}[kind]} if kind in ("max", "min") else {}
    with np.errstate(all="ignore"):
        expected = REDUCE[kind](x.astype(np.float64), axis=reduced, keepdims=keep, **extra)
    y = run_op("reduce", x, axes_array(axes or None), kind=kind, keepdims=int(keep))
    assert y.dtype == x.dtype
    assert y.shape == np.shape(expected)
    assert_allclose(y, expected, rtol=2e-6 if dtype == "float32" else 1e-13, atol=1e-6)


@np.errstate(all="ignore")
@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1), (2,), (0, 2), (1, 2)])
@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_are_exact(dtype, axes, rng):
    x = random_array(rng, dtype, (7, 33, 40))
    for kind in EXACT_OF_INTEGERS if dtype in LARGE_INTEGERS else ["max", "min"]:
        extra = {"dtype": x.dtype} if kind in ("sum", "prod") else {}
        expected = REDUCE[kind](x, axis=axes, keepdims=True, **extra).astype(dtype)
        assert_array_equal(run_op("reduce", x, axes_array(axes), kind=kind), expected)


def test_float_functions_of_integers_are_truncated():
    x = np.array([[3, -5, 9], [-4, -4, -3]], np.int32)
    axes = axes_array([1])
    assert_array_equal(run_op("reduce", x, axes, kind="mean", keepdims=0), [2, -3])
    assert_array_equal(run_op("reduce", x, axes, kind="l2", keepdims=0), [10, 6])
    assert_array_equal(run_op("reduce", np.abs(x), axes, kind="log_sum", keepdims=0), [2, 2])
    assert_array_equal(run_op("reduce", x, axes, kind="log_sum_exp", keepdims=0), [9, -2])
    assert_array_equal(run_op("reduce", x[:, :0], axes, kind="mean", keepdims=0), [0, 0])


@pytest.mark.parametrize(("kind", "of_none"), [("max", False), ("min", True)])
def test_any_and_all(kind, of_none):
    bytes_ = np.array([[0, 0, 2], [0, 0, 0], [1, 7, 255]], np.uint8)
    x, truth = bytes_.view(bool), bytes_ != 0
    for axis in (0, 1):
        y = run_op("reduce", x, axes_array([axis]), kind=kind, keepdims=0)
        assert_array_equal(y.view(np.uint8), REDUCE[kind](truth, axis=axis))
    y = run_op("reduce", x[:0], axes_array([0]), kind=kind, keepdims=0)
    assert_array_equal(y, [of_none] * 3)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("kind", ["max", "min", "sum", "log_sum_exp"])
def test_nan_and_infinity(kind, axis, rng):
    x = rng.standard_normal((3, 67, 70)).astype(np.float32)
    x.flat[rng.integers(0, x.size, 30)] = rng.choice([np.nan, np.inf, -np.inf], 30)
    x[:, 5, :] = x[:, :, 5] = x[1] = -np.inf
    with np.errstate(all="ignore"):
        expected = REDUCE[kind](x, axis=axis, keepdims=True)
    y = run_op("reduce", x, axes_array([axis]), kind=kind)
    assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("axes", [(-1,), (0,), (1,), (0, 2), (2, 3), (0, 2, 3), None])
@pytest.mark.parametrize("kind", ["sum", "mean", "l2", "log_sum_exp"])
def test_the_same_bits_for_any_number_of_threads(kind, axes, isa, rng):
    x = rng.standard_normal((3, 37, 41, 50)).astype(np.float32)
    results = []
    before = ff.get_threads()
    for threads in (1, 2, 3):
        ff.set_threads(threads)
        results.append(run_op("reduce", x, axes_array(axes), kind=kind))
    ff.set_threads(before)
    exact_axes = (0, 1, 2, 3) if axes is None else axes
    expected = REDUCE[kind](x.astype(np.float64), axis=exact_axes, keepdims=True)
    assert_allclose(results[0], expected, rtol=1e-5, atol=1e-3 if kind == "sum" else 1e-5)
    assert_same_bits(results[1], results[0])
    assert_same_bits(results[2], results[0])


def test_a_long_sum_is_accurate():
    x = np.full((200_000, 5), 0.1, np.float32)
    assert_allclose(run_op("reduce", x, None, kind="sum"), [[1e5]], rtol=1e-5)
    assert_allclose(run_op("reduce", x, axes_array([0]), kind="sum"), [[2e4] * 5], rtol=3e-5)


def test_no_axes_may_mean_none():
    x = np.array([[1.0, -2.0], [3.0, 4.0]], np.float32)
    for axes in (None, axes_array([])):
        noop = {"noop_with_empty_axes": 1}
        assert_array_equal(run_op("reduce", x, axes, kind="sum", **noop), x)
        assert_array_equal(run_op("reduce", x, axes, kind="l1", **noop), np.abs(x))
        assert_array_equal(run_op("reduce", x, axes, kind="sum_square", **noop), x * x)
        assert_array_equal(run_op("reduce", x, axes, kind="sum"), [[6]])


def test_reduce_refuses():
    x = np.zeros((2, 3), np.float32)
    with pytest.raises(ValueError, match="kind: expected one of sum, mean.*received 'median'"):
        run_op("reduce", x, None, kind="median")
    with pytest.raises(ValueError, match="axes: expected an axis of 2 dimensions, received 2"):
        run_op("reduce", x, axes_array([2]), kind="sum")
    with pytest.raises(ValueError, match=r"axes: expected a vector of int64, received float32"):
        run_op("reduce", x, x, kind="sum")
    with pytest.raises(ValueError, match=r"x: expected one of float32, int32.*received int8"):
        run_op("reduce", x.astype(np.int8), None, kind="sum")
