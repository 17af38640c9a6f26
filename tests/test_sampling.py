"""The rows that layers are measured on, and what the evaluation keeps."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from fourfold.evaluation import REMEMBERED_BYTES, Remembering
from fourfold.graph.ir import TensorInfo
from fourfold.sampling import first_rows

FEATURES = (TensorInfo("x", "float32", (None, 3)),)
TOKENS = tuple(TensorInfo(name, "int64", (None, None)) for name in ("ids", "mask"))


@pytest.mark.parametrize(
    "make", [np.asarray, pd.DataFrame, sparse.csr_matrix, sparse.coo_matrix, sparse.csc_array]
)
def test_features_in_every_form(make):
    x = np.arange(300.0).reshape(100, 3)
    (rows,) = first_rows((make(x),), FEATURES)
    dense = rows.toarray() if sparse.issparse(rows) else np.asarray(rows)
    np.testing.assert_array_equal(dense, x[:64])
    (few,) = first_rows((make(x[:5]),), FEATURES)
    assert few.shape == (5, 3)


def test_one_row_of_tokens_of_each_input():
    batch = (np.ones((8, 12), np.int64), np.zeros((8, 12), np.int64))
    assert [array.shape for array in first_rows(batch, TOKENS)] == [(1, 12), (1, 12)]


@pytest.mark.parametrize(
    ("shapes", "sizes"),
    [
        ([(8, None), (None, None)], [(8, 5), (8, 5)]),
        ([(None, None), (None, None)], [(8, 5), (2, 5)]),
        ([(None, 4), ()], [(8, 4), ()]),
    ],
)
def test_a_batch_that_cannot_be_cut_stays_whole(shapes, sizes):
    inputs = tuple(TensorInfo("x", "float32", shape) for shape in shapes)
    batch = tuple(np.ones(size, np.float32) for size in sizes)
    assert first_rows(batch, inputs) == batch


def test_a_batch_is_run_once():
    calls = []

    def model(*arrays):
        calls.append(arrays)
        return [array + 1 for array in arrays]

    remembering = Remembering(lambda: model)
    one, other = np.zeros(3), np.zeros(3)
    first = remembering(one)
    assert remembering(one) is first
    assert remembering(other) is not first
    assert len(calls) == 2


def test_what_is_large_is_run_again():
    calls = []

    def model(x):
        calls.append(x)
        return np.broadcast_to(np.float64(0), (REMEMBERED_BYTES // 8 + 1,))

    remembering, x = Remembering(lambda: model), np.zeros(1)
    remembering(x)
    remembering(x)
    assert len(calls) == 2


def test_a_model_that_was_let_go_is_opened_again_for_what_is_new():
    opened = []

    def open_model():
        opened.append(len(opened))
        return lambda x: [x + 1]

    remembering, one, other = Remembering(open_model), np.zeros(3), np.ones(3)
    assert opened == []
    first = remembering(one)
    remembering.let_go()
    assert remembering(one) is first
    assert opened == [0]
    np.testing.assert_array_equal(remembering(other)[0], [2, 2, 2])
    assert opened == [0, 1]


def test_what_is_remembered_lies_in_memory_of_its_own():
    held = np.zeros(6)
    remembering = Remembering(lambda: lambda x: [held[:3]])
    assert not np.shares_memory(remembering(np.zeros(1))[0], held)
