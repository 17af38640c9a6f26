"""einsum and matmul_integer against NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fourfold as ff
from ops.one_op import run_op
from reference import assert_same_bits

F32 = np.float32

EQUATIONS = [
    ("ij,jk->ik", [(3, 4), (4, 5)]),
    ("ij,jk", [(3, 4), (4, 5)]),
    ("ij,kj->ki", [(30, 4), (50, 4)]),
    ("bhid,bhjd->bhij", [(2, 3, 30, 8), (2, 3, 40, 8)]),
    ("bhij,bhjd->bihd", [(2, 3, 30, 40), (2, 3, 40, 8)]),
    ("...ij,...jk->...ik", [(2, 1, 3, 4), (5, 4, 2)]),
    ("...ij,jk", [(2, 3, 4), (4, 5)]),
    ("i...,i->...", [(3, 2, 4), (3,)]),
    ("ii->i", [(4, 4)]),
    ("ii", [(4, 4)]),
    ("iij->ji", [(4, 4, 3)]),
    ("ij->ji", [(3, 4)]),
    ("ba", [(3, 4)]),
    ("ij->", [(3, 4)]),
    ("i,j->ij", [(3,), (4,)]),
    ("i,i->i", [(4,), (4,)]),
    ("i,i", [(4,), (4,)]),
    ("ij,k->i", [(3, 4), (5,)]),
    ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 5)]),
    ("ij,ij,ij->i", [(2, 3), (2, 3), (2, 3)]),
    ("ij,jj->i", [(2, 3), (3, 3)]),
    ("iJ,Jk->ki", [(2, 3), (3, 4)]),
    ("ij,jk->ik", [(3, 0), (0, 5)]),
    ("ij,jk->ik", [(3, 1), (4, 5)]),
    (" ij , jk -> i k ", [(3, 4), (4, 5)]),
    (",ij->ij", [(), (3, 4)]),
    ("...->...", [(2, 3)]),
    ("...,...->...", [(2, 3), (3,)]),
]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint64"])
@pytest.mark.parametrize(("equation", "shapes"), EQUATIONS)
def test_equations(rng, equation, shapes, dtype):
    arrays = [np.asarray(rng.normal(0, 9, shape)).astype(dtype) for shape in shapes]
    y = run_op("einsum", *arrays, equation=equation)
    expected = np.einsum(equation.replace(" ", ""), *arrays)
    assert y.dtype == dtype
    assert y.shape == expected.shape
    if dtype.startswith("float"):
        tolerance = 1e-3 if dtype == "float32" else 1e-9
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=tolerance)
    else:
        np.testing.assert_array_equal(y, expected)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_equation(data):
    sizes = {letter: data.draw(st.integers(1, 4)) for letter in "abcXYZ"}
    letters = st.lists(st.sampled_from("abcXYZ"), max_size=3)
    terms = [data.draw(letters) for _ in range(data.draw(st.integers(1, 3)))]
    known = sorted({letter for term in terms for letter in term})
    output = data.draw(st.permutations(known)) if known else []
    output = output[: data.draw(st.integers(0, len(output)))]
    equation = ",".join("".join(term) for term in terms) + "->" + "".join(output)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    arrays = [rng.integers(-9, 9, [sizes[letter] for letter in term]) for term in terms]
    np.testing.assert_array_equal(
        run_op("einsum", *[np.asarray(a, np.int64) for a in arrays], equation=equation),
        np.einsum(equation, *arrays),
    )


@pytest.mark.parametrize("equation", ["bij,bjk->bki", "bij,bjk,bik->b"])
def test_same_bits_for_every_isa_and_thread_count(isa, threads, rng, equation):
    shapes = [(3, 40, 50), (3, 50, 60), (3, 40, 60)]
    arrays = [rng.standard_normal(s).astype(F32) for s in shapes[: equation.count(",") + 1]]
    y = run_op("einsum", *arrays, equation=equation)
    ff.use_isa("scalar")
    ff.set_threads(1)
    assert_same_bits(run_op("einsum", *arrays, equation=equation), y)


ONES = np.ones((2, 3), F32)


@pytest.mark.parametrize(
    ("equation", "arrays", "message"),
    [
        ("ij,jk->ik", [ONES], "expected 1 terms for the inputs"),
        ("ijk->i", [ONES], "x0: expected 3 dimensions as in the equation"),
        ("i...jk->i", [ONES], "x0: expected 3 dimensions or more"),
        ("ij,ij->ij", [ONES, ONES.T.copy()], "x1: expected size 3 on axis 1 as elsewhere"),
        ("ij->ik", [ONES], "expected labels of the inputs in the output, each once"),
        ("ij->ii", [ONES], "expected labels of the inputs in the output, each once"),
        ("i1->i", [ONES], "expected letters and one '...' in a term, received 'i1'"),
        ("......->", [ONES], "expected letters and one '...'"),
        ("ij->i->j", [ONES], "expected letters and one '...'"),
        ("abcdefghi", [ONES], "expected at most 8 letters"),
        ("ij,ij", [ONES, ONES.astype(float)], "x1: expected float32 as x0"),
        ("ij", [ONES.astype("int8")], "x0: expected float32, float64"),
        ("ij", [ONES] * 17, "expected 1 to 16 inputs"),
    ],
)
def test_refusals(equation, arrays, message):
    with pytest.raises(ValueError, match=message):
        run_op("einsum", *arrays, equation=equation)


def widened(x, zero, axis):
    if zero is None:
        return x.astype(np.int64)
    zero = zero.astype(np.int64)
    return x.astype(np.int64) - (zero.reshape(-1, 1) if axis == 0 and zero.size > 1 else zero)


@pytest.mark.parametrize("a_type", ["int8", "uint8"])
@pytest.mark.parametrize("b_type", ["int8", "uint8"])
@pytest.mark.parametrize("zeros", ["none", "one", "many"])
@pytest.mark.parametrize(
    ("a_shape", "b_shape"),
    [
        ((5, 70), (70, 9)),
        ((2, 3, 5, 7), (7, 9)),
        ((2, 1, 5, 7), (3, 7, 9)),
        ((5, 7), (2, 7, 1)),
        ((5, 0), (0, 3)),
        ((40000,), (40000,)),
    ],
)
def test_matmul_integer(rng, threads, a_type, b_type, zeros, a_shape, b_shape):
    def draw(dtype, shape):
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, shape, dtype, endpoint=True)

    a, b = draw(a_type, a_shape), draw(b_type, b_shape)
    rows, columns = a.shape[-2] if a.ndim > 1 else 1, b.shape[-1] if b.ndim > 1 else 1
    many = zeros == "many"
    a_zero = None if zeros == "none" else draw(a_type, (rows,) if many else ())
    b_zero = None if zeros == "none" else draw(b_type, (columns,) if many else (1,))
    y = run_op("matmul_integer", a, b, a_zero, b_zero)
    expected = np.matmul(widened(a, a_zero, 0), widened(b, b_zero, 1))
    np.testing.assert_array_equal(y, expected.astype(np.int32))
    assert y.dtype == np.int32


BYTES = np.ones((2, 3), np.int8)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ((BYTES.astype(F32), BYTES.T, None, None), "a: expected int8 or uint8"),
        ((BYTES, BYTES.T.astype("int16"), None, None), "b: expected int8 or uint8"),
        ((BYTES, BYTES, None, None), "b: expected 3 rows"),
        ((BYTES, BYTES.T, np.zeros(3, np.int8), None), "a_zero: expected int8 of 1 or 2 values"),
        ((BYTES, BYTES.T, np.zeros(2, np.uint8), None), "a_zero: expected int8"),
        ((BYTES, BYTES.T, None, np.zeros(3, np.int8)), "b_zero: expected int8 of 1 or 2 values"),
    ],
)
def test_matmul_integer_refusals(arrays, message):
    arrays = [None if a is None else np.ascontiguousarray(a) for a in arrays]
    with pytest.raises(ValueError, match=message):
        run_op("matmul_integer", *arrays)
