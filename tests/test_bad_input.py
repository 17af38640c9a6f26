"""What a model is called with: what it takes, and the clear error that anything else gets."""

import numpy as np
import pytest
from scipy import sparse

import fourfold as ff
from networks import ANYTHING, quantize, random_network, random_rows


@pytest.fixture
def x(rng):
    return random_rows(rng, 24)


@pytest.fixture
def network(rng):
    return random_network(rng, (64, 128, 10))


@pytest.fixture(params=["float32", "int8"])
def model(request, network, x):
    """A network before and after: both refuse and accept the same."""
    if request.param == "float32":
        return network
    result = quantize(network, x)
    assert result.accepted
    return result.model


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: x[:, :63],
        lambda x: np.hstack([x, x]),
        lambda x: x[0],
        lambda x: x[None],
        lambda x: x[:, :0],
        lambda x: 3.0,
        lambda x: [[1.0, 2.0]],
    ],
)
def test_another_shape_is_an_error_that_names_both(model, x, wrong):
    expected = model(x)
    with pytest.raises(ValueError, match=r"64.*\(.*\)"):
        model(wrong(x))
    np.testing.assert_array_equal(model(x), expected)


@pytest.mark.parametrize("dtype", [object, complex, "U8", "S8", "M8[s]"])
def test_another_kind_is_an_error_that_names_it(model, x, dtype):
    with pytest.raises(TypeError, match=r"real numbers.*dtype"):
        model(x.astype(dtype))
    with pytest.raises(TypeError, match="real numbers"):
        model("x")
    with pytest.raises(TypeError, match="dense array, got a sparse matrix"):
        model(sparse.csr_matrix(x))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", "i1", "u2", "i8", "?"])
def test_every_real_dtype_is_converted(model, rng, dtype):
    x = rng.integers(0, 100, size=(5, 64)).astype(dtype)
    np.testing.assert_array_equal(model(x), model(x.astype(np.float32)))
    np.testing.assert_array_equal(model(x.tolist()), model(x.astype(np.float32)))


def test_every_memory_layout_is_accepted(model, x):
    expected = model(x)
    wide = np.zeros((24, 200), np.float32)
    wide[:, 3:195:3] = x
    read_only = x.copy()
    read_only.flags.writeable = False
    unaligned = np.zeros(x.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(x.shape)
    unaligned[...] = x
    for same in (wide[:, 3:195:3], x[::-1][::-1].copy()[:], read_only, unaligned):
        np.testing.assert_array_equal(model(same), expected)
    # NumPy's BLAS sums in another order for a transposed operand: only INT8 keeps the bits.
    for same in (np.asfortranarray(x), x[:, ::-1].copy()[:, ::-1]):
        np.testing.assert_allclose(model(same), expected, rtol=1e-4, atol=1e-5)


def test_no_rows_give_no_rows(model):
    answer = model(np.empty((0, 64)))
    assert answer.shape == (0, 10)
    assert answer.dtype == np.float32


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_row_that_is_not_finite_becomes_nan_and_no_other(network, x, value, isa):
    model = quantize(network, x).model
    expected = model(x)
    broken = x.copy()
    broken[5, 17] = value
    broken[9] = value
    answer = model(broken)
    rows = np.isin(np.arange(24), [5, 9])
    assert np.isnan(answer[rows]).all()
    np.testing.assert_array_equal(answer[~rows], expected[~rows])


@pytest.mark.parametrize("kind", ff.ACTIVATIONS)
def test_nan_passes_every_activation(rng, kind, isa):
    network = random_network(rng, (64, 48, 16), kind, kind)
    x = random_rows(rng, 4)
    model = quantize(network, x, gate=ANYTHING).model
    x[2, 3] = np.nan
    assert np.isnan(model(x)).all(axis=1).tolist() == [False, False, True, False]


def test_rows_as_good_as_zero_count_as_zero(network, x, isa):
    model = quantize(network, x).model
    zero = model(np.zeros((1, 64)))
    np.testing.assert_array_equal(model(np.full((1, 64), 1e-40)), zero)
    np.testing.assert_array_equal(model(np.full((1, 64), -(2.0**-101))), zero)
    assert np.isfinite(zero).all()


def test_the_largest_inputs_stay_finite_where_the_answer_is(isa):
    network = ff.Sequential([ff.Dense(np.eye(64) * 127 / 256)])
    model = quantize(network, np.eye(64), gate=ANYTHING).model
    x = np.full((2, 64), np.finfo(np.float32).max)
    np.testing.assert_allclose(model(x), x * (127 / 256), rtol=1e-5)
