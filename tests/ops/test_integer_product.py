"""Products of 8-bit integers with a constant, packed factor: exact whatever the bytes are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fourfold as ff
from ops import reference_quantization as reference
from ops.one_op import run_op

BYTES = ["int8", "uint8"]
SIZES = st.sampled_from([1, 2, 3, 4, 5, 7, 12, 13, 15, 16, 17, 31, 33, 63, 64, 65, 127, 130, 191])


def exact(a, b, a_zero, b_zero):
    """(a - a_zero) @ (b - b_zero) modulo 2^32; a_zero [] or [M], b_zero [] or [N]."""
    rows = a_zero.reshape(-1, 1) if a_zero.ndim else a_zero
    left, right = a.astype(np.int64) - rows, b.astype(np.int64) - b_zero
    return (left @ right).astype(np.uint64).astype(np.uint32).view(np.int32)


def any_bytes(rng, shape, dtype, low=None):
    info = np.iinfo(dtype)
    return rng.integers(info.min if low is None else low, info.max + 1, shape).astype(dtype)


@pytest.mark.parametrize("a_type", BYTES)
@pytest.mark.parametrize("b_type", BYTES)
@settings(max_examples=40)
@given(sizes=st.tuples(SIZES, SIZES, SIZES), many=st.tuples(st.booleans(), st.booleans()))
def test_any_size_and_zero(a_type, b_type, sizes, many):
    rows, depth, columns = sizes
    rng = np.random.default_rng(sum(sizes))
    a, b = any_bytes(rng, (rows, depth), a_type), any_bytes(rng, (depth, columns), b_type)
    a_zero = any_bytes(rng, (rows,) if many[0] else (), a_type)
    b_zero = any_bytes(rng, (columns,) if many[1] else (), b_type)
    y = run_op("matmul_integer", a, b, a_zero, b_zero, constants=(1, 3))
    np.testing.assert_array_equal(y, exact(a, b, a_zero, b_zero), strict=True)


@pytest.mark.parametrize("a_type", BYTES)
@pytest.mark.parametrize("b_type", BYTES)
def test_extremes_under_every_isa_and_any_threads(isa, threads, rng, a_type, b_type):
    a_ends, b_ends = np.iinfo(a_type), np.iinfo(b_type)
    for rows in (1, 6, 40):
        a = rng.choice(np.array([a_ends.min, a_ends.max], a_type), (rows, 300))
        b = rng.choice(np.array([b_ends.min, b_ends.min + 1, b_ends.max], b_type), (300, 70))
        for zero in (a_ends.min, a_ends.max):
            a_zero, b_zero = np.array(zero, a_type), any_bytes(rng, (70,), b_type)
            y = run_op("matmul_integer", a, b, a_zero, b_zero, constants=(1, 3))
            np.testing.assert_array_equal(y, exact(a, b, a_zero, b_zero))


@pytest.mark.parametrize("b_type", BYTES)
def test_the_lowest_byte_everywhere(isa, b_type):
    a = np.full((3, 129), 255, np.uint8)
    b = np.full((129, 17), np.iinfo(b_type).min, b_type)
    zero = np.zeros((), b_type)
    y = run_op("matmul_integer", a, b, None, zero, constants=(1, 3))
    np.testing.assert_array_equal(y, exact(a, b, np.uint8(0), zero))


def test_without_zeros_and_with_batches(rng):
    a, b = any_bytes(rng, (2, 3, 5, 70), "uint8"), any_bytes(rng, (70, 33), "int8")
    expected = a.astype(np.int32) @ b.astype(np.int32)
    y = run_op("matmul_integer", a, b, None, None, constants=(1,))
    np.testing.assert_array_equal(y, expected, strict=True)
    zero = any_bytes(rng, (5,), "uint8")  # one for each row of a matrix
    y = run_op("matmul_integer", a, b, zero, None, constants=(1,))
    np.testing.assert_array_equal(
        y, (a.astype(np.int32) - zero[:, None].astype(np.int32)) @ b.astype(np.int32)
    )


def test_vectors_stacks_and_depths_that_are_not_packed(rng):
    b = any_bytes(rng, (70, 9), "int8")
    a = any_bytes(rng, (70,), "uint8")
    y = run_op("matmul_integer", a, b, None, None, constants=(1,))
    np.testing.assert_array_equal(y, a.astype(np.int32) @ b.astype(np.int32), strict=True)
    y = run_op("matmul_integer", b.T.copy(), a, None, None, constants=(1,))
    np.testing.assert_array_equal(y, b.T.astype(np.int32) @ a.astype(np.int32), strict=True)
    stack = any_bytes(rng, (3, 9, 4), "int8")
    y = run_op("matmul_integer", b, stack, None, None, constants=(1,))
    np.testing.assert_array_equal(y, b.astype(np.int32) @ stack.astype(np.int32), strict=True)
    deep = 65_537
    a, b = np.full((2, deep), 255, np.uint8), np.full((deep, 3), 255, np.uint8)
    y = run_op("matmul_integer", a, b, None, None, constants=(1,))
    np.testing.assert_array_equal(y, exact(a, b, np.uint8(0), np.uint8(0)))
    a, b = a[:, 1:].copy(), b[1:].copy()
    y = run_op("matmul_integer", a, b, None, None, constants=(1,))
    np.testing.assert_array_equal(y, exact(a, b, np.uint8(0), np.uint8(0)))
    empty = run_op("matmul_integer", a[:, :0], b[:0], None, None, constants=(1,))
    np.testing.assert_array_equal(empty, np.zeros((2, 3), np.int32), strict=True)


@pytest.mark.parametrize("a_type", BYTES)
@pytest.mark.parametrize("b_type", BYTES)
@pytest.mark.parametrize("y_type", BYTES)
@pytest.mark.parametrize("by_channel", [False, True])
def test_products_quantized_again(isa, rng, a_type, b_type, y_type, by_channel):
    a, b = any_bytes(rng, (13, 130), a_type), any_bytes(rng, (130, 70), b_type)
    columns = (70,) if by_channel else ()
    arrays = [
        a,
        np.float32(0.02),
        any_bytes(rng, (), a_type),
        b,
        np.asarray(rng.uniform(0.01, 0.03, columns), np.float32),
        any_bytes(rng, columns, b_type),
        np.float32(9.5),
        any_bytes(rng, (), y_type),
    ]
    arrays = [np.asarray(array) for array in arrays]
    y = run_op("qlinear_matmul", *arrays, constants=(3, 4, 5))
    np.testing.assert_array_equal(y, reference.qlinear_matmul(*arrays), strict=True)


def test_the_weight_is_packed_for_the_isa_of_each_run(rng):
    a, b = any_bytes(rng, (9, 70), "uint8"), any_bytes(rng, (70, 20), "uint8")
    inputs = [("a", "uint8", (None, 70))]
    program = ff._core.Program(
        inputs, [b], [("matmul_integer", (0, 1, None, None), (2,), {})], (2,)
    )
    before = ff.active_isa()
    try:
        for name in ff.supported_isas():
            ff.use_isa(name)
            for rows in (9, 1):
                np.testing.assert_array_equal(
                    program(a[:rows]), exact(a[:rows], b, np.uint8(0), np.uint8(0))
                )
    finally:
        ff.use_isa(before)
