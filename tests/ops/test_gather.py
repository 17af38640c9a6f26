"""gather, gather_elements, gather_nd, scatter_elements, scatter_nd, one_hot, compress."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.movement_arrays import DTYPES, array_of, check, shapes
from ops.one_op import run_op

FILLED = st.sampled_from([1, 2, 3, 5])
REDUCTIONS = {
    "add": np.add,
    "mul": np.multiply,
    "min": np.minimum,
    "max": np.maximum,
}


def draw_indices(data, shape, size):
    seed = data.draw(st.integers(0, 2**32 - 1))
    dtype = data.draw(st.sampled_from(["int32", "int64"]))
    return np.random.default_rng(seed).integers(-size, size, shape).astype(dtype)


def draw_element_indices(data, x, axis):
    shape = [data.draw(st.integers(0, size)) for size in x.shape]
    shape[axis] = data.draw(st.integers(0, 4))
    return draw_indices(data, shape, x.shape[axis])


@given(st.data(), st.sampled_from(DTYPES))
def test_gather(data, dtype):
    x = array_of(data.draw(shapes(1, 4, FILLED)), dtype)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    indices = draw_indices(data, data.draw(shapes(0, 3)), x.shape[axis])
    check(run_op("gather", x, indices, axis=axis), np.take(x, indices, axis))


def test_gather_rows_on_several_threads(threads, rng):
    x, indices = array_of((1000, 65)), rng.integers(-1000, 1000, (40, 50))
    check(run_op("gather", x, indices), x[indices])
    check(run_op("gather", x, indices % 65, axis=1), x[:, indices % 65])


@given(st.data(), st.sampled_from(DTYPES))
def test_gather_elements(data, dtype):
    x = array_of(data.draw(shapes(1, 4, FILLED)), dtype)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    indices = draw_element_indices(data, x, axis)
    cut = x[tuple(slice(size) for size in indices.shape[: axis % x.ndim])]
    places = np.ix_(*(range(size) for size in indices.shape))
    places = [np.broadcast_to(p, indices.shape) for p in places]
    places[axis] = indices
    check(run_op("gather_elements", x, indices, axis=axis), cut[tuple(places)])


@given(st.data(), st.sampled_from(DTYPES), st.integers(0, 2))
def test_gather_nd(data, dtype, batch_dims):
    x = array_of(data.draw(shapes(batch_dims + 1, 4, FILLED)), dtype)
    length = data.draw(st.integers(0, x.ndim - batch_dims))
    shape = (*x.shape[:batch_dims], *data.draw(shapes(0, 2)))
    sizes = x.shape[batch_dims : batch_dims + length]
    columns = [draw_indices(data, shape, size) for size in sizes]
    indices = np.stack(columns, -1) if columns else np.zeros((*shape, 0), np.int64)
    batch = np.ix_(*(range(size) for size in x.shape[:batch_dims]))
    batch = [b.reshape(b.shape + (1,) * (len(shape) - batch_dims)) for b in batch]
    picked = x[(*batch, *np.moveaxis(indices, -1, 0).astype(np.int64))]
    expected = np.broadcast_to(picked, (*shape, *x.shape[batch_dims + length :]))
    check(run_op("gather_nd", x, indices, batch_dims=batch_dims), expected)


@given(st.data(), st.sampled_from(DTYPES))
def test_scatter_elements(data, dtype):
    x = array_of(data.draw(shapes(1, 4, FILLED)), dtype)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    indices = draw_element_indices(data, x, axis)
    updates = array_of(indices.shape, dtype)[...]
    expected = x.copy()
    for place in np.ndindex(indices.shape):
        to = list(place)
        to[axis] = indices[place]
        expected[tuple(to)] = updates[place]
    check(run_op("scatter_elements", x, indices, updates, axis=axis), expected)


@given(st.data(), st.sampled_from(DTYPES))
def test_scatter_nd(data, dtype):
    x = array_of(data.draw(shapes(1, 4, FILLED)), dtype)
    sizes = x.shape[: data.draw(st.integers(0, x.ndim))]
    shape = data.draw(shapes(0, 2))
    columns = [draw_indices(data, shape, size) for size in sizes]
    indices = np.stack(columns, -1) if columns else np.zeros((*shape, 0), np.int64)
    updates = array_of((*shape, *x.shape[len(sizes) :]), dtype)
    expected = x.copy()
    for place in np.ndindex(shape):
        expected[tuple(indices[place])] = updates[place]
    check(run_op("scatter_nd", x, indices, updates), expected)


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int16", "uint32", "int64", "float32", "float64"]
)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_reductions_of_duplicates(reduction, dtype, rng):
    x, updates = (rng.integers(0, 127, shape).astype(dtype) for shape in [(5, 4), (40, 4)])
    if dtype.startswith("float"):
        x[2, 1] = updates[7, 2] = np.nan
    indices = rng.integers(-5, 5, 40)
    expected = x.copy()
    REDUCTIONS[reduction].at(expected, indices, updates)
    check(run_op("scatter_nd", x, indices[:, None], updates, reduction=reduction), expected)
    by_element = np.repeat(indices[:, None], 4, 1)
    y = run_op("scatter_elements", x, by_element, updates, axis=0, reduction=reduction)
    check(y, expected)


@given(st.data(), st.sampled_from(["int8", "uint8", "int64", "float32"]))
def test_one_hot(data, dtype):
    shape, depth = data.draw(shapes(0, 3)), data.draw(st.integers(1, 5))
    axis = data.draw(st.integers(-len(shape) - 1, len(shape)))
    count = int(np.prod(shape))
    indices = np.resize(np.array([0, 1, -1, 3, -5, 7, 90, -90]), count).astype(dtype).reshape(shape)
    wrapped = np.where(indices < 0, indices + depth, indices)
    hot = np.expand_dims(wrapped, axis) == np.arange(depth).reshape(
        [-1 if k == axis % (len(shape) + 1) else 1 for k in range(len(shape) + 1)]
    )
    values = np.array([3, 7], np.int16)
    check(
        run_op("one_hot", indices, np.array(depth), values, axis=axis),
        np.where(hot, values[1], values[0]),
    )


def test_one_hot_of_what_is_no_index():
    indices = np.float32([np.nan, np.inf, -np.inf, 1.9, -1.9, 1e30])
    y = run_op("one_hot", indices, np.float32([3.5]), np.array([False, True]))
    check(y, np.isin(np.arange(18), [10, 14]).reshape(6, 3))


@given(st.data(), st.sampled_from(DTYPES))
def test_compress(data, dtype):
    x = array_of(data.draw(shapes(0, 4)), dtype)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1)) if x.ndim else None
    axis = data.draw(st.sampled_from([axis, None]))
    size = x.size if axis is None else x.shape[axis]
    condition = np.array(data.draw(st.lists(st.booleans(), max_size=min(size, 9))), bool)
    attributes = {} if axis is None else {"axis": axis}
    expected = np.compress(condition, x, axis)
    check(run_op("compress", x, condition, **attributes), expected)
