"""Test data: every accepted form comes to the same batches; every other is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from fourfold.data import load_data

X = np.arange(12, dtype=np.float32).reshape(4, 3)
Y = np.array([0, 1, 0, 1])


def rows(data):
    return np.concatenate([np.asarray(batch[0]) for batch in data.batches])


@pytest.mark.parametrize(
    ("form", "batches"),
    [
        (X, 1),
        (X.tolist(), 1),
        (X.astype(np.float64), 1),
        (X.astype(np.int16), 1),
        ({"x": X}, 1),
        (pd.DataFrame(X), 1),
        ([X[:1], X[1:]], 2),
        ((X[:2], X[2:]), 2),
        ((X[i : i + 1] for i in range(4)), 4),
        ([{"x": X[:3]}, {"x": X[3:]}], 2),
        ([pd.DataFrame(X[:2]), pd.DataFrame(X[2:])], 2),
    ],
)
def test_all_forms_give_the_same_rows(form, batches):
    data = load_data(form, Y, ["x"])
    assert len(data.batches) == batches
    assert data.rows == 4
    np.testing.assert_array_equal(rows(data), X)
    np.testing.assert_array_equal(data.labels, Y)


def test_pairs_bring_their_labels():
    data = load_data(((X[i : i + 2], Y[i : i + 2]) for i in (0, 2)), None, ["x"])
    np.testing.assert_array_equal(rows(data), X)
    np.testing.assert_array_equal(data.labels, Y)


@pytest.mark.parametrize("wrap", [np.asarray, pd.DataFrame, lambda x: {"x": x}])
def test_pairs_may_be_lists(wrap):
    data = load_data([[wrap(X[i : i + 2]), Y[i : i + 2]] for i in (0, 2)], None, ["x"])
    np.testing.assert_array_equal(rows(data), X)
    np.testing.assert_array_equal(data.labels, Y)


@pytest.mark.parametrize("labels", [1, "0101", {0, 1}, iter(Y), {"y": Y}])
def test_labels_must_be_an_array_or_list(labels):
    with pytest.raises(TypeError, match=f"one entry per row, got {type(labels).__name__}"):
        load_data(X, labels, ["x"])


def test_a_frame_stays_a_frame():
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    ((batch,),) = load_data(frame, None, ["x"]).batches
    assert batch is frame


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array, sparse.csc_array])
def test_a_sparse_matrix_stays_one(kind):
    matrix = kind(X)
    data = load_data([matrix, matrix], None, ["x"])
    assert data.rows == 8
    assert data.batches[0][0] is matrix


def test_several_inputs_come_in_the_model_s_order():
    (batch,) = load_data({"b": X + 1, "a": X}, None, ["a", "b"]).batches
    assert batch[0][0, 0] == 0
    assert batch[1][0, 0] == 1


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (X.astype(object), "dtype object"),
        (X.astype(complex), "dtype complex128"),
        (np.array([["a"]]), "dtype <U1"),
        (pd.DataFrame({"a": ["x"], "b": [1.0]}), "column 'a'"),
        (sparse.csr_matrix(X * 1j), "dtype complex"),
        (5, "got int"),
        (None, "got NoneType"),
        ("rows.csv", "got str"),
    ],
)
def test_other_kinds_are_refused(form, message):
    with pytest.raises(TypeError, match=message):
        load_data(form, None, ["x"])


@pytest.mark.parametrize(
    ("form", "labels", "message"),
    [
        ([], None, "ended at once"),
        (iter(()), None, "ended at once"),
        (X[:0], None, "without rows"),
        ([X, X[:0]], None, "without rows"),
        (np.float32(3), None, "single value"),
        ({"y": X}, None, r"inputs \['x'\] as keys, got \['y'\]"),
        (X, Y[:3], r"shape \(3,\) for 4 rows"),
        ([X, X[:, :2]], None, r"same columns, got shapes \(4, 3\) and \(4, 2\)"),
        ((X, Y), None, r"shape \(4,\).*labels go into labels="),
        (list(X), Y, r"shape \(3,\).*numpy\.stack"),
        ([(X, Y)], Y, "given twice"),
        ([(X, Y), X], None, "must all be pairs"),
        ([(X, Y, Y)], None, "must all be pairs"),
        ([(X, Y[:2])], None, r"shape \(2,\) for 4 rows"),
    ],
)
def test_values_that_do_not_fit_are_refused(form, labels, message):
    with pytest.raises(ValueError, match=message):
        load_data(form, labels, ["x"])


def test_several_inputs_need_a_dict_with_equally_many_rows():
    with pytest.raises(ValueError, match="pass a dict"):
        load_data(X, None, ["a", "b"])
    with pytest.raises(ValueError, match="equally many rows"):
        load_data({"a": X, "b": X[:2]}, None, ["a", "b"])
