"""X in all the forms that scikit-learn takes: they give what the plain array gives."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import sklearn_models as models

NAMES = [f"feature {i}" for i in range(models.FEATURES)]


@pytest.fixture
def drop_in():
    return models.quantized(models.classifier("logistic"))[0]


@pytest.fixture(scope="module")
def named():
    """A drop-in that was fitted on a DataFrame, its original, and the DataFrame."""
    x, scores = models.data()
    frame = pd.DataFrame(x, columns=NAMES)
    original = models.fit(LogisticRegression(), frame, scores.argmax(axis=1))
    return models.quantized(original)[0], original, frame


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


FORMS = {
    "float64": lambda x: x.astype(np.float64),
    "longdouble": lambda x: x.astype(np.longdouble),
    "big endian": lambda x: x.astype(">f4"),
    "Fortran order": np.asfortranarray,
    "every second column": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "backwards": lambda x: x[::-1].copy()[::-1],
    "read-only": read_only,
    "unaligned": lambda x: np.frombuffer(b"\0" + x.tobytes(), np.float32, offset=1).reshape(
        x.shape
    ),
    "list": lambda x: x.tolist(),
    "DataFrame": pd.DataFrame,
    "nullable DataFrame": lambda x: pd.DataFrame(x).astype("Float32"),
    "DataFrame of objects": lambda x: pd.DataFrame(x.astype(object)),
    "csr": sp.csr_matrix,
    "csc array": sp.csc_array,
    "coo": sp.coo_matrix,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_values(drop_in, form):
    x = models.data()[0]
    for method in ("predict", "predict_proba", "decision_function"):
        result = getattr(drop_in, method)(FORMS[form](x))
        assert np.array_equal(result, getattr(drop_in, method)(x))


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "uint32", "int64", "float16"])
def test_every_dtype_is_converted(drop_in, dtype):
    x = (4 * models.data()[0]).astype(dtype)
    assert np.array_equal(drop_in.predict_proba(x), drop_in.predict_proba(x.astype(np.float32)))


def test_inputs_stay_as_they_are(drop_in):
    x = models.data("float64")[0].copy()
    before = x.copy()
    drop_in.predict_proba(x)
    assert np.array_equal(x, before)


def test_sparse_rows_are_taken_in_blocks(drop_in, monkeypatch):
    monkeypatch.setattr("fourfold.dropin.sklearn.sparse.BLOCK_BYTES", 8 * models.FEATURES * 7)
    x = models.data()[0]
    assert np.array_equal(drop_in.predict_proba(sp.csr_matrix(x)), drop_in.predict_proba(x))
    assert drop_in.predict(sp.csr_matrix(x[:0])).shape == (0,)


@pytest.mark.parametrize(
    ("scaler", "error"), [(MinMaxScaler(), TypeError), (StandardScaler(), ValueError)]
)
def test_sparse_rows_are_refused_as_the_original_refuses_them(scaler, error):
    x, scores = models.data()
    original = make_pipeline(scaler, LogisticRegression()).fit(x, scores.argmax(axis=1))
    drop_in, _ = models.quantized(original)
    with pytest.raises(error) as expected:
        original.predict(sp.csr_matrix(x[:1], dtype=np.float32))
    with pytest.raises(error) as raised:
        drop_in.predict(sp.csr_matrix(x))
    assert str(raised.value) == str(expected.value)


def test_matching_names_pass_in_silence(named):
    drop_in, original, frame = named
    assert np.array_equal(drop_in.feature_names_in_, original.feature_names_in_)
    assert drop_in.feature_names_in_.dtype == original.feature_names_in_.dtype
    assert np.mean(drop_in.predict(frame) == original.predict(frame)) > 0.98


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.rename(columns={NAMES[3]: "unseen"}),
        lambda frame: frame[NAMES[::-1]],
        lambda frame: frame.drop(columns=NAMES[:7]),
        lambda frame: frame.assign(extra=1.0),
        lambda frame: frame.rename(columns={NAMES[0]: 0}),
    ],
    ids=["unseen", "order", "missing", "extra", "mixed kinds"],
)
def test_other_names_are_the_original_error(named, change):
    drop_in, original, frame = named
    with pytest.raises((ValueError, TypeError)) as expected:
        original.predict(change(frame))
    with pytest.raises(expected.type) as raised:
        drop_in.predict(change(frame))
    shared = str(expected.value).split(" If you want", maxsplit=1)[0]
    assert str(raised.value) == shared


def test_names_on_one_side_only_are_the_original_warning(named, drop_in):
    with_names, original, frame = named
    x = frame.to_numpy()
    unnamed = models.classifier("logistic")
    for model, drop, rows in ((original, with_names, x), (unnamed, drop_in, frame)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.predict(rows)
            drop.predict(rows)
        assert [item.category for item in caught] == [UserWarning, UserWarning]
        assert str(caught[0].message) == str(caught[1].message)
        assert caught[1].filename == __file__


def test_names_that_are_numbers_count_as_none(drop_in):
    x = models.data()[0]
    assert np.array_equal(drop_in.predict(pd.DataFrame(x)), drop_in.predict(x))


def test_missing_values_of_a_frame_are_nan(drop_in):
    frame = pd.DataFrame(models.data()[0]).astype("Float32")
    frame.iloc[3, 5] = pd.NA
    with pytest.raises(ValueError, match="Input X contains NaN"):
        drop_in.predict(frame)


def test_a_pipeline_speaks_for_its_first_step():
    x, scores = models.data()
    original = make_pipeline(StandardScaler(), Ridge()).fit(x, scores[:, 0])
    drop_in, _ = models.quantized(original)
    with pytest.raises(ValueError, match="X has 3 features, but StandardScaler is expecting 24"):
        drop_in.predict(x[:, :3])
