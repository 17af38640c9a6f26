"""Test data in two parts: whose rows are whose, and when they cannot be parted."""

import numpy as np
import pytest

from fourfold.data import EvaluationData
from fourfold.feed_data import load_feeds
from fourfold.graph.ir import TensorInfo
from fourfold.holdout import part_test_data

X = (TensorInfo("x", "float32", (None, 3)),)
TWO = (*X, TensorInfo("s", "float32", (None,)))


def rows(first, count):
    return np.arange(first, first + count, dtype=np.float32)[:, None].repeat(3, 1)


def numbers(batches):
    return [int(value) for batch in batches for value in np.asarray(batch[0])[:, 0]]


@pytest.mark.parametrize(("count", "kept"), [(2, 1), (4, 1), (5, 1), (9, 1), (10, 2), (23, 4)])
def test_whole_batches(count, kept):
    data = load_feeds([rows(2 * i, 2) for i in range(count)], np.arange(2 * count), X)
    parted = part_test_data(data, X)
    assert numbers(parted.calibration) == list(range(2 * kept))
    assert numbers(parted.judged.batches) == list(range(2 * kept, 2 * count))
    np.testing.assert_array_equal(parted.judged.labels, np.arange(2 * kept, 2 * count))
    assert parted.calibration_rows + parted.judged.rows == data.rows
    assert not parted.reason


@pytest.mark.parametrize(("count", "kept"), [(2, 1), (9, 1), (10, 2), (104, 20)])
def test_rows_of_one_batch(count, kept):
    parted = part_test_data(load_feeds(rows(0, count), np.arange(count), X), X)
    assert numbers(parted.calibration) == list(range(kept))
    assert numbers(parted.judged.batches) == list(range(kept, count))
    np.testing.assert_array_equal(parted.judged.labels, np.arange(kept, count))


def test_rows_of_several_inputs():
    feeds = {"x": rows(0, 10), "s": np.arange(10, dtype=np.float32)}
    parted = part_test_data(load_feeds(feeds, None, TWO), TWO)
    np.testing.assert_array_equal(parted.calibration[0][1], [0, 1])
    np.testing.assert_array_equal(parted.judged.batches[0][1], np.arange(2, 10))
    assert parted.judged.labels is None


def test_labels_in_pairs_go_with_their_batches():
    pairs = [(rows(10 * i, 3), np.full(2 + i, i)) for i in range(5)]
    parted = part_test_data(load_feeds(pairs, None, X), X)
    np.testing.assert_array_equal(parted.judged.labels, np.repeat([1, 2, 3, 4], [3, 4, 5, 6]))
    assert parted.judged.label_rows == (3, 4, 5, 6)


@pytest.mark.parametrize("batches", [rows(0, 6), [rows(0, 3), rows(3, 3)]])
def test_labels_of_other_numbers_prevent_it(batches):
    data = load_feeds(batches, np.arange(7), X)
    parted = part_test_data(data, X)
    assert parted.judged is data
    assert not parted.calibration
    assert parted.reason == (
        "the 7 labels do not tell which of the 6 rows of the test data they belong to, so no part "
        "of these can be kept: pass calibration_data"
    )


@pytest.mark.parametrize(
    ("feeds", "inputs", "reason"),
    [
        (rows(0, 1), X, "the test data are too few to keep a part of them"),
        (rows(0, 4), (TensorInfo("x", "float32", (4, 3)),), "the only batch"),
        ({"x": rows(0, 4), "s": np.zeros(3, np.float32)}, TWO, "the only batch"),
        (np.zeros((), np.float32), (TensorInfo("x", "float32", ()),), "the only batch"),
    ],
)
def test_a_batch_without_rows_to_part(feeds, inputs, reason):
    data = load_feeds(feeds, None, inputs)
    parted = part_test_data(data, inputs)
    assert parted.judged is data
    assert parted.calibration_rows == 0
    assert parted.reason.startswith(reason)
    assert parted.reason.endswith("pass calibration_data")


def test_labels_stay_where_there_are_none_to_keep():
    data = EvaluationData(((rows(0, 2),), (rows(2, 2),)), None)
    assert part_test_data(data, X).judged == EvaluationData(((data.batches[1][0],),), None)
