"""quantize_linear, dequantize_linear, dynamic_quantize_linear, qlinear_matmul."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops import reference_quantization as reference
from ops.one_op import run_op

SIZES = st.sampled_from([0, 1, 2, 3, 5, 16, 17])
SHAPES = st.lists(SIZES, min_size=1, max_size=4)
QUANTIZED = ["int8", "uint8", "int16", "uint16"]
EXTREMES = [0, -0.0, 0.5, 1.5, 2.5, -0.5, 127.5, 1e30, -1e30, np.inf, -np.inf, np.nan, 32767.5]


def floats(shape, seed=0, spread=100):
    return np.random.default_rng(seed).normal(0, spread, shape).astype(np.float32)


def scales(shape, seed=1):
    return np.random.default_rng(seed).uniform(0.1, 2, shape).astype(np.float32)


def integers(shape, dtype, seed=2):
    info = np.iinfo(dtype)
    rng = np.random.default_rng(seed)
    return rng.integers(info.min, info.max, shape, dtype, endpoint=True)


@st.composite
def grids(draw):
    """A shape, the shape of its scales, and the attributes that say so."""
    shape = draw(SHAPES)
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    kind = draw(st.sampled_from(["one", "single", "axis", "block"]))
    if kind == "one":
        return shape, (), {}
    if kind == "single":
        return shape, (1,), {}
    if kind == "axis":
        return shape, (shape[axis],), {"axis": axis}
    block = draw(st.integers(1, 9))
    of_blocks = list(shape)
    of_blocks[axis] = -(-shape[axis] // block)
    return shape, tuple(of_blocks), {"axis": axis, "block_size": block}


def check(y, expected):
    assert y.dtype == expected.dtype
    np.testing.assert_array_equal(y, expected)


@given(grids(), st.sampled_from(QUANTIZED), st.booleans())
@settings(max_examples=200, deadline=None)
def test_quantize_linear(grid, dtype, has_zero):
    shape, of_scales, attributes = grid
    x, scale = floats(shape), scales(of_scales)
    zero = integers(of_scales, dtype) if has_zero else np.zeros(of_scales, dtype)
    y = run_op("quantize_linear", x, scale, zero if has_zero else None, to=dtype, **attributes)
    check(y, reference.quantize_linear(x, scale, zero, **attributes))


@pytest.mark.parametrize("dtype", QUANTIZED)
def test_quantize_extremes(dtype):
    x, info = np.array(EXTREMES, np.float32), np.iinfo(dtype)
    scale = np.array(1, np.float32)
    for zero in np.array([info.min, 0, info.max], dtype).reshape(3, 1):
        y = run_op("quantize_linear", x, scale[None], zero, to=dtype)
        check(y, reference.quantize_linear(x, scale, zero))


@given(grids(), st.sampled_from([*QUANTIZED, "int32"]), st.booleans())
@settings(max_examples=200, deadline=None)
def test_dequantize_linear(grid, dtype, has_zero):
    shape, of_scales, attributes = grid
    x, scale = integers(shape, dtype), scales(of_scales)
    zero = integers(of_scales, dtype) if has_zero else np.zeros(of_scales, dtype)
    y = run_op("dequantize_linear", x, scale, zero if has_zero else None, **attributes)
    check(y, reference.dequantize_linear(x, scale, zero, **attributes))


@given(SHAPES, st.sampled_from([-300, 0, 0.5, 300]))
@settings(deadline=None)
def test_dynamic_quantize_linear(shape, shift):
    x = floats(shape) + np.float32(shift)
    for y, expected in zip(
        run_op("dynamic_quantize_linear", x, outputs=3),
        reference.dynamic_quantize_linear(x),
        strict=True,
    ):
        check(y, np.asarray(expected))


@pytest.mark.parametrize(
    ("x", "y", "scale", "zero"),
    [
        ([0, 0], [0, 0], 1, 0),
        ([np.nan, 255, 0], [0, 255, 0], 1, 0),
        ([np.inf, 1], [0, 0], np.inf, 0),
        ([-np.inf, np.inf], [0, 0], np.inf, 0),
        ([], [], 1, 0),
    ],
)
def test_dynamic_quantization_of_ranges_that_are_none(x, y, scale, zero):
    results = run_op("dynamic_quantize_linear", np.array(x, np.float32), outputs=3)
    check(results[0], np.array(y, np.uint8))
    check(results[1], np.array(scale, np.float32))
    check(results[2], np.array(zero, np.uint8))


@st.composite
def products(draw):
    """a, b, and how many values each scale has."""
    m, k, n = (draw(st.sampled_from([1, 2, 7, 16, 33])) for _ in range(3))
    k = draw(st.sampled_from([0, k]))
    a_batch, b_batch = draw(
        st.sampled_from([((), ()), ((2,), ()), ((), (3,)), ((2, 1), (1, 3)), ((2, 3), (3,))])
    )
    by_row, by_column = draw(st.booleans()), draw(st.booleans())
    return (*a_batch, m, k), (*b_batch, k, n), m if by_row else 1, n if by_column else 1


@given(products(), *[st.sampled_from(["int8", "uint8"])] * 3)
@settings(max_examples=150, deadline=None)
def test_qlinear_matmul(shapes, a_type, b_type, y_type):
    a_shape, b_shape, rows, columns = shapes
    arrays = [
        integers(a_shape, a_type),
        scales(rows),
        integers(rows, a_type, 3),
        integers(b_shape, b_type, 4),
        scales(columns, 5),
        integers(columns, b_type, 6),
        scales(rows, 7) * np.float32(300),
        integers(rows, y_type, 8),
    ]
    check(run_op("qlinear_matmul", *arrays), reference.qlinear_matmul(*arrays))


def scalars(*values):
    return [
        np.array(value, dtype)
        for value, dtype in zip(values, ("f4", "u1", "f4", "u1", "f4", "u1"), strict=True)
    ]


def test_qlinear_matmul_of_vectors():
    a, b = integers(40, "uint8"), integers((40, 5), "uint8", 3)
    s = scalars(0.5, 128, 0.25, 100, 90, 7)
    for left, right in [(a, b), (b.T.copy(), a), (a, a)]:
        arrays = [left, s[0], s[1], right, s[2], s[3], s[4], s[5]]
        check(run_op("qlinear_matmul", *arrays), reference.qlinear_matmul(*arrays))


def test_the_sums_of_a_deep_product_are_exact():
    depth = 40_000
    a, b = np.full((1, depth), 255, np.uint8), np.full((depth, 1), 255, np.uint8)
    s = scalars(1, 0, 1, 0, 255 * 255 * 200, 0)
    y = run_op("qlinear_matmul", a, s[0], s[1], b, s[2], s[3], s[4], s[5])
    # The sum goes past 2^31, and around.
    check(y, np.array([[0]], np.uint8))
    y = run_op("qlinear_matmul", a[:, :33000], s[0], s[1], b[:33000], s[2], s[3], s[4], s[5])
    check(y, np.array([[165]], np.uint8))


def test_the_same_for_any_threads(threads):
    x, scale, zero = floats((40, 64, 50)), scales(64), integers(64, "int8")
    y = run_op("quantize_linear", x, scale, zero, to="int8")
    check(y, reference.quantize_linear(x, scale, zero))
    check(run_op("dequantize_linear", y, scale, zero), reference.dequantize_linear(y, scale, zero))
    check(
        run_op("dynamic_quantize_linear", x, outputs=3)[0], reference.dynamic_quantize_linear(x)[0]
    )
    a, b, s = (
        integers((3, 80, 100), "uint8"),
        integers((100, 70), "uint8"),
        scalars(1, 9, 1, 8, 9e4, 7),
    )
    arrays = [a, s[0], s[1], b, s[2], s[3], s[4], s[5]]
    check(run_op("qlinear_matmul", *arrays), reference.qlinear_matmul(*arrays))


X, S, Z = floats((2, 6)), scales(6), integers(6, "int8")
Q, ONE, ZERO = integers((6, 6), "int8"), np.float32([1]), np.int8([0])
MATMUL = {"a": Q, "a_scale": ONE, "a_zero": ZERO, "b": Q, "b_scale": ONE, "b_zero": ZERO}
MATMUL |= {"y_scale": ONE, "y_zero": ZERO}


@pytest.mark.parametrize(
    ("op", "arrays", "attributes", "message"),
    [
        ("quantize_linear", [X, S, Z], {"to": "float32"}, "'to': expected int8, uint8"),
        ("quantize_linear", [X, S, Z], {}, "'to' is missing"),
        ("quantize_linear", [X, S, Z], {"to": "uint8"}, "zero: expected uint8"),
        ("quantize_linear", [X, S, Z[:1]], {"to": "int8"}, r"zero: expected int8 \(6,\)"),
        ("quantize_linear", [X, S, Z], {"to": "int8", "axis": 0}, "one for each index of the axis"),
        ("quantize_linear", [X, S, Z], {"to": "int8", "axis": 2}, "axis of 2 dimensions"),
        ("quantize_linear", [X[0], S, Z], {"to": "int8"}, "axis: expected an axis of 1 dimension"),
        ("quantize_linear", [Q, S, Z], {"to": "int8"}, "x: expected float32"),
        ("quantize_linear", [X, S, Z], {"to": "int8", "block_size": 2}, "one value for each block"),
        ("quantize_linear", [X, S, Z], {"to": "int8", "block_size": -1}, "expected 0 to"),
        ("dequantize_linear", [X, S, None], {}, "x: expected int8, uint8"),
        ("dequantize_linear", [Q, S.astype(float), Z], {}, "scale: expected float32"),
        ("dequantize_linear", [Q, S, Z.astype("u1")], {}, "zero: expected int8"),
        ("qlinear_matmul", [X], {}, "expected 8 inputs"),
    ],
)
def test_refusals(op, arrays, attributes, message):
    with pytest.raises(ValueError, match=message):
        run_op(op, *arrays, **attributes)


def test_a_range_of_integers_is_not_quantized():
    with pytest.raises(ValueError, match="x: expected float32"):
        run_op("dynamic_quantize_linear", Q, outputs=3)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"a": X}, "a: expected int8 or uint8"),
        ({"y_zero": ONE}, "y_zero: expected int8 or uint8"),
        ({"b": Q[1:]}, r"b: expected 6 rows as a \(6, 6\) has columns"),
        ({"a": np.int8(1)}, "a: expected at least 1 dimension"),
        (
            {"a": Q[None], "b": np.stack([Q] * 2), "y_scale": S[:2]},
            "y_scale: expected float32 of 1",
        ),
        (
            {"a": np.stack([Q] * 3), "b": np.stack([Q] * 2)},
            "b: expected a shape that broadcasts with a",
        ),
        ({"a_scale": S}, "a_zero: expected as many values as the scale, 6"),
        ({"b_zero": np.uint8([1])}, "b_zero: expected int8"),
    ],
)
def test_products_that_do_not_fit(changed, message):
    with pytest.raises(ValueError, match=message):
        run_op("qlinear_matmul", *map(np.asarray, (MATMUL | changed).values()))
