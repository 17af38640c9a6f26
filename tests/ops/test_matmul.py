"""Products of two values: matmul, gemm, against NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fourfold as ff
import reference
from guarded import SIDES, guarded, needs_guard_pages
from ops.one_op import run_op
from reference import assert_same_bits

F32 = np.float32
INTEGERS = ["int32", "uint32", "int64", "uint64"]


def exact(a, b):
    """NumPy's matmul, each sum of float32 in the kernels' order."""
    y = np.matmul(a.astype(np.float64), b.astype(np.float64))
    if a.ndim < 2 or b.ndim < 2:
        a2, b2 = np.atleast_2d(a), b[:, None] if b.ndim == 1 else b
        return exact(a2, b2).reshape(y.shape)
    batch = y.shape[:-2]
    a = np.broadcast_to(a, (*batch, *a.shape[-2:]))
    b = np.broadcast_to(b, (*batch, *b.shape[-2:]))
    result = np.empty(y.shape, F32)
    for index in np.ndindex(*batch):
        zeros = np.zeros(b.shape[-1], F32)
        result[index] = reference.gemm_f32(a[index], b[index], zeros)
    return result


SHAPES = [
    ((3, 4), (4, 5)),
    ((1, 7), (7, 16)),
    ((24, 9), (9, 17)),
    ((25, 9), (9, 17)),
    ((50, 33), (33, 130)),
    ((4,), (4,)),
    ((4,), (4, 3)),
    ((2, 3, 4), (4,)),
    ((5, 6, 4), (4, 3)),
    ((2, 5, 6, 4), (5, 4, 3)),
    ((2, 1, 6, 4), (1, 5, 4, 3)),
    ((6, 4), (3, 2, 4, 20)),
    ((2, 1, 30, 4), (4, 40)),
    ((0, 4), (4, 3)),
    ((3, 0), (0, 5)),
    ((2, 3, 4), (2, 4, 0)),
    ((0, 3, 4), (1, 4, 2)),
]


@pytest.mark.parametrize(("a_shape", "b_shape"), SHAPES)
def test_matmul_float32(isa, rng, a_shape, b_shape):
    a, b = (rng.standard_normal(shape).astype(F32) for shape in (a_shape, b_shape))
    assert_same_bits(run_op("matmul", a, b), exact(a, b))


@pytest.mark.parametrize("dtype", ["float64", *INTEGERS])
@pytest.mark.parametrize(("a_shape", "b_shape"), SHAPES)
def test_matmul_of_other_types(rng, dtype, a_shape, b_shape):
    if dtype == "float64":
        a, b = (rng.standard_normal(shape) for shape in (a_shape, b_shape))
        np.testing.assert_allclose(run_op("matmul", a, b), np.matmul(a, b), rtol=0, atol=1e-12)
        return
    info = np.iinfo(dtype)
    a, b = (rng.integers(info.min, info.max, s, dtype=dtype) for s in (a_shape, b_shape))
    np.testing.assert_array_equal(run_op("matmul", a, b), np.matmul(a, b))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_batch(data):
    batch = data.draw(st.lists(st.integers(1, 3), max_size=3))
    rows, depth, columns = (data.draw(st.integers(0, 40)) for _ in range(3))

    def some(axes):
        kept = axes[data.draw(st.integers(0, len(axes))) :]
        return [1 if data.draw(st.booleans()) else size for size in kept]

    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    a = rng.standard_normal((*some(batch), rows, depth)).astype(F32)
    b = rng.standard_normal((*some(batch), depth, columns)).astype(F32)
    assert_same_bits(run_op("matmul", a, b), exact(a, b))


@pytest.mark.parametrize(
    ("a_shape", "b_shape"),
    [((300, 200), (200, 500)), ((2, 2000), (2000, 1000)), ((12, 90, 64), (12, 64, 90))],
)
def test_same_bits_for_every_thread_count(isa, threads, rng, a_shape, b_shape):
    a, b = (rng.standard_normal(shape).astype(F32) for shape in (a_shape, b_shape))
    y = run_op("matmul", a, b)
    ff.set_threads(1)
    ff.use_isa("scalar")
    assert_same_bits(y, run_op("matmul", a, b))


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("rows", [1, 7, 40])
@pytest.mark.parametrize("columns", [1, 16, 33, 160])
def test_reads_stay_inside(isa, rng, rows, columns, side):
    a, b = (rng.standard_normal(s).astype(F32) for s in [(rows, 5), (5, columns)])
    assert_same_bits(run_op("matmul", guarded(a, side), guarded(b, side)), exact(a, b))


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.ones((2, 3), F32), np.ones((4, 2), F32), r"b: expected 3 rows as a \(2, 3\)"),
        (np.ones((2, 2, 3), F32), np.ones((3, 3, 2), F32), "b: expected a shape that broadcasts"),
        (np.ones((), F32), np.ones(1, F32), "a: expected at least 1 dimension"),
        (np.ones(1, F32), np.ones((), F32), "b: expected at least 1 dimension"),
        (np.ones((2, 2), F32), np.ones((2, 2)), "b: expected float32 as a, received float64"),
        (np.ones((2, 2), "int8"), np.ones((2, 2), "int8"), "a: expected float32, float64, int32"),
    ],
)
def test_matmul_refusals(a, b, message):
    with pytest.raises(ValueError, match=message):
        run_op("matmul", a, b)


C_SHAPES = [None, (), (1,), (70,), (30, 1), (1, 70), (30, 70), (1, 1)]


@pytest.mark.parametrize("c_shape", C_SHAPES)
@pytest.mark.parametrize("trans_a", [0, 1])
@pytest.mark.parametrize("trans_b", [0, 1])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_gemm(isa, rng, c_shape, trans_a, trans_b, dtype):
    a, b = (rng.normal(0, 9, shape).astype(dtype) for shape in [(30, 20), (20, 70)])
    c = None if c_shape is None else rng.normal(0, 9, c_shape).astype(dtype)
    a_given, b_given = (
        np.ascontiguousarray(m.T if t else m) for m, t in [(a, trans_a), (b, trans_b)]
    )
    attributes = {"trans_a": trans_a, "trans_b": trans_b, "alpha": 3.0, "beta": -2.0}
    y = run_op("gemm", a_given, b_given, c, **attributes)
    product = exact(a, b) if dtype == "float32" else a @ b
    three, two = np.dtype(dtype).type(3), np.dtype(dtype).type(-2)
    expected = three * product if c is None else three * product + two * c
    assert y.dtype == dtype
    if dtype == "float64":
        np.testing.assert_allclose(y, expected, rtol=1e-10, atol=1e-9)
    else:
        np.testing.assert_array_equal(y, expected)


def test_gemm_as_it_is(rng):
    a, b, c = (rng.standard_normal(s).astype(F32) for s in [(3, 20), (20, 7), (3, 7)])
    assert_same_bits(run_op("gemm", a, b, None), exact(a, b))
    assert_same_bits(run_op("gemm", a, b, c), exact(a, b) + c)


A, B = np.ones((2, 3), F32), np.ones((3, 4), F32)


@pytest.mark.parametrize(
    ("arrays", "attributes", "message"),
    [
        ((A[0], B, None), {}, "a: expected a matrix"),
        ((A, B[None], None), {}, "b: expected a matrix of float32 as a"),
        ((A, B.astype(float), None), {}, "b: expected a matrix of float32 as a"),
        ((A, B, None), {"trans_a": 1}, "b: expected a depth of 2 as a has"),
        ((A, B, None), {"trans_b": 1}, "b: expected a depth of 3 as a has"),
        ((A, B, np.ones((2, 1, 1), F32)), {}, r"c: expected float32 that broadcasts to \(2, 4\)"),
        ((A, B, np.ones(2, F32)), {}, "c: expected float32 that broadcasts"),
        ((A, B, np.ones(4)), {}, "c: expected float32 that broadcasts"),
        ((A.astype(int), B.astype(int), None), {"alpha": 0.5}, "expected whole numbers"),
    ],
)
def test_gemm_refusals(arrays, attributes, message):
    with pytest.raises(ValueError, match=message):
        run_op("gemm", *arrays, **attributes)
