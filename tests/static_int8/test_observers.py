"""Streaming observers: in whatever pieces values come, the same range; and the best scale."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.quantization.form import Form
from fourfold.quantization.observers import BINS, RangeObserver


def observed(*arrays):
    observer = RangeObserver()
    for array in arrays:
        observer.add(np.asarray(array, np.float32))
    return observer


def assert_equal(one, other):
    assert (one.lowest, one.highest) == (other.lowest, other.highest)
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
    values = np.asarray(values, np.float32).astype(float)
    assert found.lowest == min(0, values.min())
    assert found.highest == max(0, values.max())
    if found.limit == 0:
        assert found.zeros == len(values)
        return
    assert math.frexp(found.limit)[0] == 0.5  # a power of two
    expected = BINS + np.trunc(values * (BINS / found.limit)).astype(int) - (values < 0)
    np.testing.assert_array_equal(found.counts, np.bincount(expected, minlength=2 * BINS))


def error(values, scale, zero):
    steps = np.clip(np.rint(values / scale) + zero, -128, 127)
    return np.square((steps - zero) * scale - values).mean()


DRAWS = {
    "normal": lambda rng: rng.normal(size=20000),
    "laplace": lambda rng: rng.laplace(size=20000),
    "uniform": lambda rng: rng.uniform(-1, 1, 20000),
    "relu": lambda rng: np.maximum(rng.normal(size=20000), 0),
    "negative": lambda rng: -np.exp(rng.normal(size=20000)),
    "outlier": lambda rng: np.append(rng.normal(size=20000), 40),
}


@pytest.mark.parametrize("draw", DRAWS)
def test_the_form_is_as_good_as_any(draw, rng):
    values = DRAWS[draw](rng).astype(np.float32)
    form = observed(values).form()
    lowest, highest = min(0, values.min()), max(0, values.max())
    tried = []
    for share in np.linspace(0.25, 1, 151):
        for below in (share, 1):
            scale = (highest * share - lowest * below) / 255
            if scale > 0:
                zero = np.clip(np.rint(-128 - lowest * below / scale), -128, 127)
                tried.append(error(values, scale, zero))
    assert error(values, form.scale, form.zero) <= 1.05 * min(tried)


def test_a_uniform_range_is_kept_whole(rng):
    form = observed(rng.uniform(-1, 3, 50000).astype(np.float32)).form()
    assert form.scale == pytest.approx(4 / 255, rel=0.02)
    assert form.zero == pytest.approx(-64, abs=2)


def test_what_is_never_negative_has_all_steps(rng):
    for sign, zero in ((1, -128), (-1, 127)):
        form = observed(sign * rng.uniform(0, 3, 50000).astype(np.float32)).form()
        assert form.scale == pytest.approx(3 / 255, rel=0.02)
        assert form.zero == zero


@pytest.mark.parametrize("value", [0.0, 1e-38, -1e-33])
def test_nothing_but_zeros_has_scale_one(value):
    assert observed([value, 0.0]).form() == Form(1.0, 0)
    assert RangeObserver().form() == Form(1.0, 0)


@given(st.lists(FLOATS | SMALL, min_size=1, max_size=9))
def test_every_form_is_one_that_the_engine_takes(values):
    form = observed(values).form()
    scale = np.float32(form.scale)
    assert scale == form.scale > 0
    assert np.isfinite(scale)
    assert np.isfinite(np.float32(1) / scale)
    assert -128 <= form.zero <= 127
    assert form.quantized(np.zeros(1, np.float32)) == form.zero


def test_infinities_and_nan_are_passed_over():
    found = observed([1.0, np.inf, -2.0, np.nan], [-np.inf], [np.nan])
    assert_equal(found, observed([1.0, -2.0]))


def test_a_large_array_is_sampled_in_every_channel(rng):
    values = rng.normal(size=(512, 1024)).astype(np.float32)
    values[:, 3] *= 50
    found = observed(values)
    assert found.maximum == np.abs(values).max()
    assert 1 << 15 < found.counts.sum() <= 1 << 16
    far = found.counts[BINS + int(BINS * 5 / found.limit) + 1 :].sum()
    assert 0.5 < 2 * far / found.counts.sum() * 1024 < 1.5
