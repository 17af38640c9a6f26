"""The forms that a session's test data come in."""

import numpy as np
import pytest

from fourfold.feed_data import load_feeds
from fourfold.graph.ir import TensorInfo

X = np.arange(12, dtype=np.float32).reshape(4, 3)
ONE = (TensorInfo("x", "float32", (None, 3)),)
TWO = (TensorInfo("ids", "int64", (None,)), TensorInfo("x", "float32", (None, 3)))
IDS = np.arange(4)


@pytest.mark.parametrize(
    "form",
    [
        X,
        {"x": X},
        [X],
        [{"x": X}],
        (X,),
        iter([X]),
        X.tolist(),
        X.astype(np.float64),
        [(X, [0] * 4)],
    ],
)
def test_one_input_takes(form):
    data = load_feeds(form, None, ONE)
    ((array,),) = data.batches
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, X)
    assert data.rows == 4


@pytest.mark.parametrize(
    "form",
    [
        (IDS, X),
        [IDS, X],
        {"x": X, "ids": IDS},
        [(IDS, X)],
        [{"x": X, "ids": IDS}],
        (each for each in [[IDS, X]]),
        [((IDS, X), IDS)],
        [({"x": X, "ids": IDS}, IDS)],
        (IDS.astype(np.int32), X.astype(np.float64)),
    ],
)
def test_two_inputs_take(form):
    data = load_feeds(form, None, TWO)
    ((ids, x),) = data.batches
    assert (ids.dtype, x.dtype) == (np.int64, np.float32)
    np.testing.assert_array_equal(ids, IDS)
    np.testing.assert_array_equal(x, X)


def test_batches_may_differ_in_every_size_that_varies():
    data = load_feeds([X, X[:1]], IDS, ONE)
    assert [batch[0].shape for batch in data.batches] == [(4, 3), (1, 3)]
    assert data.rows == 5
    np.testing.assert_array_equal(data.labels, IDS)


def test_labels_of_pairs_are_put_together():
    data = load_feeds([(X, IDS), (X[:2], IDS[:2])], None, ONE)
    assert data.labels.tolist() == [0, 1, 2, 3, 0, 1]


def test_scalars_are_data_too():
    info = (TensorInfo("rate", "int64", ()), TensorInfo("x", "float32", (None, 3)))
    data = load_feeds({"rate": 16000, "x": X}, None, info)
    assert data.batches[0][0].shape == ()
    assert data.rows == 4


@pytest.mark.parametrize(
    ("form", "inputs", "error", "message"),
    [
        ({"y": X}, ONE, ValueError, r"inputs \['x'\] as keys, got \['y'\]"),
        ([], ONE, ValueError, "no batch"),
        (3, ONE, TypeError, "an iterable of those; got int"),
        ("text", ONE, TypeError, "got str"),
        (X[:, :2], ONE, ValueError, r"must have the shape \[any, 3\], got \(4, 2\)"),
        (X[0], ONE, ValueError, r"must have the shape \[any, 3\], got \(3,\)"),
        (X.astype(str), ONE, TypeError, "'x' must be of float32, got <U"),
        (X, TWO, ValueError, "pass a dict with an array for each, or a tuple"),
        ((X, X), TWO, TypeError, "'ids' must be of int64, got float32"),
        ([(X, IDS), X], ONE, ValueError, "must all be pairs"),
    ],
)
def test_what_does_not_fit_is_named(form, inputs, error, message):
    with pytest.raises(error, match=message):
        load_feeds(form, None, inputs)


def test_labels_are_given_once():
    with pytest.raises(ValueError, match="labels were given twice"):
        load_feeds([(X, IDS)], IDS, ONE)
