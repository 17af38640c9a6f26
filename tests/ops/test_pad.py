"""pad, depth_to_space, space_to_depth, reverse_sequence, trilu, tensor_scatter."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ops.movement_arrays import DTYPES, array_of, check, integers, shapes
from ops.one_op import run_op

MODES = ["constant", "reflect", "edge", "wrap"]
PADS = st.sampled_from([-2, -1, 0, 0, 1, 2, 3, 7])


def padded(x, before, after, mode):
    """Crop, then pad as NumPy does."""
    cropped = x[
        tuple(
            slice(max(-b, 0), size - max(-a, 0))
            for b, a, size in zip(before, after, x.shape, strict=True)
        )
    ]
    widths = [(max(b, 0), max(a, 0)) for b, a in zip(before, after, strict=True)]
    return np.pad(cropped, widths, mode) if widths else cropped


@given(st.data(), st.sampled_from(MODES), st.sampled_from(DTYPES))
@settings(max_examples=300)
def test_pad(data, mode, dtype):
    x = array_of(data.draw(shapes(0, 4)), dtype)
    before, after = (data.draw(st.tuples(*[PADS] * x.ndim)) for _ in range(2))
    rest = [size + min(b, 0) + min(a, 0) for size, b, a in zip(x.shape, before, after, strict=True)]
    assume(min(rest, default=0) >= 0)
    assume(
        mode == "constant"
        or all(r or max(b, a) <= 0 for r, b, a in zip(rest, before, after, strict=True))
    )
    y = run_op("pad", x, integers(*before, *after), None, None, mode=mode)
    check(y, padded(x, before, after, mode))


@pytest.mark.parametrize("dtype", DTYPES)
def test_pad_of_some_axes_with_a_value(dtype):
    x, value = array_of((2, 3, 4), dtype), np.array([1], dtype)
    y = run_op("pad", x, integers(1, 0, 2, -1), value, integers(-1, 0))
    expected = np.pad(x[:1], [(0, 0), (0, 0), (1, 2)], constant_values=value[0])
    check(y, expected)


@pytest.mark.parametrize("mode", MODES)
def test_large_pads_on_several_threads(mode, threads):
    x = array_of((3, 200, 301))
    y = run_op("pad", x, integers(0, 9, 3, 1, 2, 700), None, None, mode=mode)
    check(y, np.pad(x, [(0, 1), (9, 2), (3, 700)], mode))


@given(shapes(4, 4), st.sampled_from([1, 2, 3]), st.sampled_from(DTYPES))
def test_depth_to_space_and_back(shape, block, dtype):
    n, c, h, w = shape
    x = array_of((n, c * block * block, h, w), dtype)
    dcr = x.reshape(n, block, block, c, h, w).transpose(0, 3, 4, 1, 5, 2)
    crd = x.reshape(n, c, block, block, h, w).transpose(0, 1, 4, 2, 5, 3)
    y = run_op("depth_to_space", x, block=block)
    check(y, dcr.reshape(n, c, h * block, w * block))
    check(run_op("depth_to_space", x, block=block, mode="crd"), crd.reshape(y.shape))
    check(run_op("space_to_depth", y, block=block), x)


@given(st.data(), st.integers(0, 1), st.sampled_from(DTYPES))
def test_reverse_sequence(data, batch_axis, dtype):
    x = array_of(data.draw(shapes(2, 4)), dtype)
    times = x.shape[1 - batch_axis]
    lengths = data.draw(st.tuples(*[st.integers(0, times)] * x.shape[batch_axis]))
    expected = x.copy()
    rows, expected_rows = (np.swapaxes(a, 0, 1) if batch_axis else a for a in (x, expected))
    for row, to, length in zip(rows, expected_rows, lengths, strict=True):
        to[:length] = row[:length][::-1]
    axes = {"batch_axis": batch_axis, "time_axis": 1 - batch_axis}
    check(run_op("reverse_sequence", x, integers(*lengths), **axes), expected)


@given(shapes(2, 4), st.integers(-7, 7), st.sampled_from(DTYPES))
def test_trilu(shape, k, dtype):
    x = array_of(shape, dtype)
    check(run_op("trilu", x, np.array(k)), np.triu(x, k))
    check(run_op("trilu", x, integers(k), upper=0), np.tril(x, k))
    check(run_op("trilu", x, None), np.triu(x))


@pytest.mark.parametrize("k", [2**63 - 1, -(2**63)])
def test_trilu_of_a_diagonal_far_away(k):
    x = array_of((3, 4))
    check(run_op("trilu", x, np.array(k)), np.triu(x, np.clip(k, -9, 9)))
    check(run_op("trilu", x, np.array(k), upper=0), np.tril(x, np.clip(k, -9, 9)))


@given(st.data(), st.sampled_from(["linear", "circular"]), st.sampled_from([-2, -1, 1]))
def test_tensor_scatter(data, mode, axis):
    x = array_of((2, 3, 5, 4))
    shape = list(x.shape)
    size = shape[axis]
    shape[axis] = data.draw(st.integers(0, size))
    updates = -array_of(shape) - 1
    most = size - 1 if mode == "circular" else size - shape[axis]
    starts = data.draw(st.tuples(*[st.integers(0, most)] * 2))
    expected = x.copy()
    for row, new, start in zip(expected, updates, starts, strict=True):
        along = np.moveaxis(row, axis - 1 if axis > 0 else axis, 0)
        new_along = np.moveaxis(new, axis - 1 if axis > 0 else axis, 0)
        for i in range(shape[axis]):
            along[(start + i) % size] = new_along[i]
    check(run_op("tensor_scatter", x, updates, integers(*starts), axis=axis, mode=mode), expected)
