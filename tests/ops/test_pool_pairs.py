"""Maxima under windows of two columns, side by side: read from x itself, not from a band."""

import numpy as np
import pytest

import fourfold as ff
from guarded import SIDES, guarded, needs_guard_pages
from ops.one_op import run_op
from reference import assert_same_bits

F32 = np.float32
# Around one and two vectors of AVX-512, with and without columns that no window has.
WIDTHS = [2, 3, 14, 15, 28, 31, 32, 33, 34, 62, 64, 65, 97]


def later_largest(x, rows, stride):
    """The maximum in the order of the points, of zeros the later, of NaN the first."""
    height, width = (x.shape[2] - rows) // stride + 1, x.shape[3] // 2
    y = np.full((*x.shape[:2], height, width), -np.inf, F32)
    for row in range(rows):
        for column in range(2):
            under = x[:, :, row::stride, column::2][:, :, :height, :width]
            y = np.where(np.isnan(y) | (under < y), y, under)
    return y


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("rows", "stride"), [(2, 2), (1, 1), (3, 2), (2, 3)])
def test_against_numpy(isa, rng, width, rows, stride):
    x = rng.standard_normal((2, 3, 11, width)).astype(F32)
    x[rng.random(x.shape) < 0.2] = -0.0
    x[rng.random(x.shape) < 0.2] = 0.0
    x[rng.random(x.shape) < 0.02] = np.nan
    attributes = {"kernel_shape": (rows, 2), "strides": (stride, 2)}
    assert_same_bits(run_op("pool", x, kind="max", **attributes), later_largest(x, rows, stride))


@pytest.mark.parametrize("shape", [(1, 1, 1, 2), (3, 40, 50, 60)])
def test_same_bits_for_any_threads(threads, rng, shape):
    x = rng.standard_normal(shape).astype(F32)
    attributes = {"kind": "max", "kernel_shape": (1, 2), "strides": (1, 2)}
    y = run_op("pool", x, **attributes)
    ff.set_threads(1)
    assert_same_bits(run_op("pool", x, **attributes), y)


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("width", WIDTHS)
def test_reads_stay_inside(isa, rng, side, width):
    x = rng.standard_normal((1, 2, 4, width)).astype(F32)
    attributes = {"kind": "max", "kernel_shape": (2, 2), "strides": (2, 2)}
    assert_same_bits(
        run_op("pool", guarded(x, side), **attributes), run_op("pool", x, **attributes)
    )
