"""Streaming observers: in whatever pieces values come, the same range; and the best scale."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.quantization.observers import BINS, RangeObserver


def observed(*arrays):
    observer = RangeObserver()
    for array in arrays:
        observer.add(np.asarray(array, np.float32))
    return observer


def assert_equal(one, other):
    assert one.maximum == other.maximum
    assert one.limit == other.limit
    assert one.zeros == other.zeros
    np.testing.assert_array_equal(one.counts, other.counts)


FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
SMALL = st.floats(-8, 8, width=32)


@given(st.lists(st.lists(FLOATS | SMALL | st.just(0.0), max_size=9), max_size=6))
def test_pieces_count_as_the_whole_does(pieces):
    whole = observed([value for piece in pieces for value in piece])
    assert_equal(observed(*pieces), whole)
    merged = RangeObserver()
    for piece in pieces:
        merged.merge(observed(piece))
    assert_equal(merged, whole)


@given(st.lists(FLOATS | SMALL, min_size=1, max_size=40))
def test_every_value_is_in_its_bin(values):
    found = observed(values)
    magnitudes = np.abs(np.asarray(values, np.float32)).astype(float)
    assert found.maximum == magnitudes.max()
    if found.limit == 0:
        assert found.zeros == len(values)
        return
    assert math.frexp(found.limit)[0] == 0.5  # a power of two
    expected = np.minimum(np.floor(magnitudes * (BINS / found.limit)), BINS - 1).astype(int)
    np.testing.assert_array_equal(found.counts, np.bincount(expected, minlength=BINS))


def squared_error(values, scale):
    rounded = np.clip(np.rint(values / scale), -127, 127) * scale
    return np.square(values - rounded).mean()


@pytest.mark.parametrize("draw", ["normal", "laplace", "uniform", "relu", "outlier"])
def test_the_scale_is_as_good_as_any(draw, rng):
    values = rng.laplace(size=20000) if draw == "laplace" else rng.normal(size=20000)
    if draw == "uniform":
        values = rng.uniform(-1, 1, 20000)
    if draw == "relu":
        values = np.maximum(values, 0)
    if draw == "outlier":
        values[7] = 40
    values = values.astype(np.float32)
    scale = observed(values).scale()
    found = squared_error(values, scale)
    most = np.abs(values).max()
    tried = [squared_error(values, s * most / 127) for s in np.linspace(0.25, 1, 151)]
    assert found <= 1.03 * min(tried)


def test_a_uniform_range_is_kept_whole(rng):
    values = rng.uniform(-3, 3, 50000).astype(np.float32)
    assert observed(values).scale() == pytest.approx(3 / 127, rel=0.02)


@pytest.mark.parametrize("value", [0.0, 1e-38, -1e-33])
def test_nothing_but_zeros_has_scale_one(value):
    assert observed([value, 0.0]).scale() == 1.0
    assert RangeObserver().scale() == 1.0


def test_infinities_and_nan_are_passed_over():
    found = observed([1.0, np.inf, -2.0, np.nan], [-np.inf], [np.nan])
    assert_equal(found, observed([1.0, -2.0]))


def test_a_large_array_is_sampled_in_every_channel(rng):
    values = rng.normal(size=(512, 1024)).astype(np.float32)
    values[:, 3] *= 50
    found = observed(values)
    assert found.maximum == np.abs(values).max()
    assert 1 << 15 < found.counts.sum() <= 1 << 16
    far = found.counts[int(BINS * 5 / found.limit) + 1 :].sum()
    assert 0.5 < far / found.counts.sum() * 1024 < 1.5
