"""transpose, concat, split, slice, expand, tile: what NumPy does with views, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold import _core
from ops.movement_arrays import DTYPES, EDGES, array_of, check, integers, shapes
from ops.one_op import run_op


@given(st.data(), st.sampled_from(DTYPES))
def test_transpose(data, dtype):
    shape = data.draw(shapes(0, 8, st.sampled_from([0, 1, 2, 3])))
    perm = tuple(data.draw(st.permutations(range(len(shape)))))
    x = array_of(shape, dtype)
    check(run_op("transpose", x, perm=perm), x.transpose(perm))
    check(run_op("transpose", x), x.T)


@given(st.data(), st.sampled_from(["uint8", "float16", "float32", "float64"]))
@settings(max_examples=200)
def test_transpose_around_tile_edges(data, dtype):
    shape = data.draw(st.tuples(st.sampled_from([1, 2, 3]), EDGES, EDGES, st.sampled_from([1, 2])))
    perm = tuple(data.draw(st.permutations(range(4))))
    x = array_of(shape, dtype)
    check(run_op("transpose", x, perm=perm), x.transpose(perm))


@pytest.mark.parametrize("positions", [1, 2, 15, 16, 17, 31, 32, 33, 49, 5461, 5462, 9216])
def test_planes_of_three_channels_to_pixels(positions):
    rng = np.random.default_rng(0)
    for dtype in (np.int8, np.int16):
        x = rng.integers(-128, 128, (2, 3, positions)).astype(dtype)
        check(run_op("transpose", x, perm=(0, 2, 1)), x.transpose(0, 2, 1))


@pytest.mark.parametrize(
    ("shape", "perm"),
    [
        ((2, 64, 57, 59), (0, 2, 3, 1)),
        ((2, 57, 59, 64), (0, 3, 1, 2)),
        ((1, 3, 300, 201), (0, 2, 3, 1)),
        ((1, 300, 201, 3), (0, 3, 1, 2)),
        ((4, 100, 12, 32), (0, 2, 1, 3)),
        ((4, 100, 12, 32), (0, 2, 3, 1)),
        ((1024, 515), (1, 0)),
        ((1 << 18,), (0,)),
    ],
)
def test_large_transposes_on_several_threads(shape, perm, threads):
    x = array_of(shape)
    check(run_op("transpose", x, perm=perm), x.transpose(perm))


@given(st.data(), st.sampled_from(DTYPES))
def test_concat(data, dtype):
    shape = data.draw(shapes(1, 4))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    parts = []
    for size in data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=5)):
        part_shape = list(shape)
        part_shape[axis] = size
        parts.append(array_of(part_shape, dtype))
    check(run_op("concat", *parts, axis=axis), np.concatenate(parts, axis))


def test_concat_of_many():
    parts = [np.full((2, i % 3), i, np.int32) for i in range(300)]
    check(run_op("concat", *parts, axis=-1), np.concatenate(parts, -1))


def split(x, sizes, *, count, axis):
    inputs = [("x", x.dtype.name, (None,) * x.ndim)]
    constants = [] if sizes is None else [sizes]
    operands = (0, None if sizes is None else 1)
    results = tuple(range(1 + len(constants), 1 + len(constants) + count))
    steps = [("split", operands, results, {"axis": axis, "outputs": count})]
    pieces = _core.Program(inputs, constants, steps, results)(x)
    return pieces if count > 1 else [pieces]


@given(st.data(), st.sampled_from(DTYPES))
def test_split_is_the_inverse_of_concat(data, dtype):
    shape = data.draw(shapes(1, 4))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    cuts = sorted(data.draw(st.lists(st.integers(0, shape[axis]), max_size=4)))
    sizes = np.diff([0, *cuts, shape[axis]])
    x = array_of(shape, dtype)
    pieces = split(x, sizes, count=len(sizes), axis=axis)
    for piece, expected in zip(pieces, np.split(x, cuts, axis), strict=True):
        check(piece, expected)


@pytest.mark.parametrize(
    ("size", "sizes"), [(7, (2, 2, 2, 1)), (8, (2, 2, 2, 2)), (5, (2, 2, 1, 0)), (0, (0,) * 4)]
)
def test_split_into_equal_pieces(size, sizes):
    pieces = split(array_of((2, size)), None, count=4, axis=1)
    assert tuple(piece.shape[1] for piece in pieces) == sizes
    check(np.concatenate(pieces, 1), array_of((2, size)))


BOUNDS = st.one_of(st.integers(-7, 7), st.sampled_from([2**63 - 1, -(2**63), 2**31 - 1]))
STEPS = st.one_of(st.integers(1, 3), st.integers(-3, -1), st.sampled_from([2**63 - 1, -(2**63)]))


@given(st.data(), st.sampled_from(DTYPES))
@settings(max_examples=300)
def test_slice(data, dtype):
    x = array_of(data.draw(shapes(1, 4)), dtype)
    order = data.draw(st.permutations(range(x.ndim)))
    axes = order[: data.draw(st.integers(0, x.ndim))]
    starts, ends = (data.draw(st.tuples(*[BOUNDS] * len(axes))) for _ in range(2))
    steps = data.draw(st.tuples(*[STEPS] * len(axes)))
    index = [slice(None)] * x.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        # NumPy begins before the first element where ONNX begins with it.
        first = max(start, -x.shape[axis]) if step < 0 else start
        index[axis] = slice(first, end, step)
    named = [axis - data.draw(st.sampled_from([0, x.ndim])) for axis in axes]
    y = run_op("slice", x, integers(*starts), integers(*ends), integers(*named), integers(*steps))
    check(y, x[tuple(index)])


def test_slice_of_the_first_axes_by_int32():
    x = array_of((4, 5, 6))
    y = run_op("slice", x, np.int32([1, -3]), np.int32([3, 2**31 - 1]), None, None)
    check(y, x[1:3, -3:])


@given(st.data(), st.sampled_from(DTYPES))
def test_expand(data, dtype):
    to = data.draw(shapes(0, 5))
    kept = data.draw(st.integers(0, len(to)))
    shape = tuple(data.draw(st.sampled_from([1, size])) for size in to[len(to) - kept :])
    given_shape = tuple(data.draw(st.sampled_from([1, size])) for size in to)
    expected_shape = np.broadcast_shapes(shape, given_shape)
    x = array_of(shape, dtype)
    check(
        run_op("expand", x, integers(*given_shape)),
        np.broadcast_to(x, expected_shape),
    )


@given(st.data(), st.sampled_from(DTYPES))
def test_tile(data, dtype):
    x = array_of(data.draw(shapes(0, 8, st.sampled_from([1, 1, 2, 3]))), dtype)
    repeats = data.draw(st.tuples(*[st.sampled_from([0, 1, 1, 2])] * x.ndim))
    check(run_op("tile", x, integers(*repeats)), np.tile(x, repeats))


def test_copies_of_an_input_that_also_goes_elsewhere(threads):
    x = array_of((300, 401))
    check(run_op("concat", x, x, axis=1), np.concatenate([x, x], 1))
    check(run_op("tile", x, integers(2, 3)), np.tile(x, (2, 3)))
    check(run_op("expand", x, integers(3, 1, 1)), np.broadcast_to(x, (3, 300, 401)).copy())
