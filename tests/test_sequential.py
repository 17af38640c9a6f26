"""The NumPy network: its maths, its file, and the evaluation on construction."""

import pickle

import numpy as np
import pytest
from scipy import special

import fourfold as ff
from fourfold import _core
from networks import ANY_SPEED, quantize, random_network, random_rows

X = np.linspace(-12, 12, 4800, dtype=np.float32).reshape(-1, 3)


def float64_activation(kind, x, alpha):
    """The definitions of cpp/kernels/activation, in float64."""
    x = x.astype(np.float64)
    return {
        "identity": lambda: x,
        "relu": lambda: np.maximum(x, 0),
        "leaky_relu": lambda: np.where(x < 0, alpha * x, x),
        "elu": lambda: np.where(x < 0, alpha * np.expm1(x), x),
        "gelu": lambda: x * special.ndtr(x),
        "gelu_tanh": lambda: 0.5 * x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3))),
        "silu": lambda: x * special.expit(x),
        "tanh": lambda: np.tanh(x),
        "sigmoid": lambda: special.expit(x),
        "hard_sigmoid": lambda: np.clip(x * alpha + 0.5, 0, 1),
        "hard_swish": lambda: x * np.clip(x / 6 + 0.5, 0, 1),
        "softmax": lambda: special.softmax(x, axis=1),
        "log_softmax": lambda: special.log_softmax(x, axis=1),
    }[kind]()


def test_the_activations_are_the_engine_s():
    assert list(ff.ACTIVATIONS) == list(_core.activation_names())


@pytest.mark.parametrize("kind", ff.ACTIVATIONS)
@pytest.mark.parametrize("alpha", [None, 0.3])
def test_activations_follow_their_definitions(kind, alpha):
    layer = ff.Dense(np.eye(3), activation=kind, alpha=alpha)
    expected = float64_activation(kind, X, layer.alpha)
    # One part in 10^6: a few roundings of float32, and the 1.2e-7 of the fit to erfc.
    np.testing.assert_allclose(layer(X), expected, rtol=1e-6, atol=1e-6)
    assert layer(X).dtype == np.float32


def test_the_default_alphas_are_the_field_s():
    alphas = {kind: ff.Dense(np.eye(3), activation=kind).alpha for kind in ff.ACTIVATIONS}
    assert alphas["leaky_relu"] == 0.01
    assert alphas["elu"] == 1
    assert alphas["hard_sigmoid"] == 1 / 6


def test_a_network_is_its_layers_one_after_the_other(rng):
    network = random_network(rng, (64, 32, 16, 5), "tanh", "softmax")
    x = y = random_rows(rng, 7)
    for layer in network.layers:
        y = layer(y)
    np.testing.assert_array_equal(network(x), y)
    np.testing.assert_array_equal(network.predict(x), y)
    assert network.widths == (64, 32, 16, 5)
    assert repr(network) == "Sequential(64 -> 32 -> 16 -> 5, float32)"


def test_an_input_is_never_written_to(rng):
    network = ff.Sequential([ff.Dense(np.eye(64), activation="relu")])
    x = random_rows(rng, 7)
    before = x.copy()
    network(x)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(
    ("dtype", "stored"),
    [
        (np.float64, np.float32),
        (np.float32, np.float32),
        (np.float16, np.float16),
        (np.int8, np.int8),
        (np.int64, np.float32),
        (bool, np.float32),
    ],
)
def test_parameters_are_stored_small_and_computed_in_float32(dtype, stored):
    values = np.array([[1, 0], [0, 1], [1, 1]]).astype(dtype)
    layer = ff.Dense(values, bias=np.ones(2, dtype))
    assert layer.weight.dtype == stored
    assert layer.bias.dtype == stored
    result = layer(np.array([[1, 2, 3]], np.float32))
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, [[5, 6]])


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8])
def test_save_and_load_keep_every_bit(rng, tmp_path, dtype):
    layers = [
        ff.Dense((rng.normal(size=(20, 30)) * 50).astype(dtype), name="first"),
        ff.Dense(
            (rng.normal(size=(30, 4)) * 50).astype(dtype), np.ones(4), "leaky_relu", alpha=0.2
        ),
    ]
    network = ff.Sequential(layers)
    network.save(tmp_path / "network")
    again = ff.Sequential.load(tmp_path / "network")
    x = random_rows(rng, 6, 20)
    np.testing.assert_array_equal(again(x), network(x))
    assert again.layer_names == ("first", "dense_1")
    assert again.layers[0].weight.dtype == dtype


def test_load_refuses_a_file_that_holds_something_else(rng, tmp_path):
    network = random_network(rng)
    result = quantize(network, random_rows(rng, 50))
    result.save(tmp_path / "int8")
    with pytest.raises(ff.ModelFileError, match=r"fourfold\.load reads quantized models"):
        ff.Sequential.load(tmp_path / "int8")
    (tmp_path / "text").write_text("not a model file")
    with pytest.raises(ff.ModelFileError):
        ff.Sequential.load(tmp_path / "text")


def test_without_test_data_nothing_is_evaluated(rng):
    assert random_network(rng).quantization is None


def test_accepted_on_construction_it_answers_in_int8(rng):
    x = random_rows(rng, 50)
    seed = int(rng.integers(2**32))
    network = random_network(np.random.default_rng(seed), test_data=x, gate=ANY_SPEED)
    plain = random_network(np.random.default_rng(seed))
    assert network.quantization.accepted
    assert repr(network).endswith("INT8)")
    np.testing.assert_array_equal(network(x), network.quantization.model(x))
    np.testing.assert_array_equal(network.predict(x), network(x))
    error = np.linalg.norm(network(x) - plain(x)) / np.linalg.norm(plain(x))
    assert 0 < 100 * error == pytest.approx(network.quantization.stats.accuracy_loss)


def test_rejected_on_construction_it_stays_as_it_was(rng):
    x = random_rows(rng, 50)
    seed = int(rng.integers(2**32))
    gate = ff.Gate(min_compression=100)
    network = random_network(np.random.default_rng(seed), test_data=x, gate=gate)
    plain = random_network(np.random.default_rng(seed))
    assert not network.quantization.accepted
    assert "100x" in network.quantization.reasons[0]
    assert repr(network).endswith("float32)")
    np.testing.assert_array_equal(network(x), plain(x))


def test_a_pickled_network_answers_with_the_same_bits(rng):
    x = random_rows(rng, 9)
    for options in [{}, {"test_data": x, "gate": ANY_SPEED}]:
        network = random_network(rng, **options)
        again = pickle.loads(pickle.dumps(network))
        np.testing.assert_array_equal(again(x), network(x))
        assert repr(again) == repr(network)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.ones(3),), ValueError, r"weight must have 2 axes, got shape \(3,\)"),
        ((np.ones((0, 3)),), ValueError, "must not be empty"),
        ((np.ones((3, 2)), np.ones(3)), ValueError, "2 columns, got shape"),
        ((np.ones((3, 2)), np.ones((1, 2))), ValueError, "bias must have 1 axes"),
        ((np.ones((3, 2)), None, "rleu"), ValueError, "one of .*relu.*, got 'rleu'"),
        ((np.eye(2), None, "elu", "big"), TypeError, "alpha must be a number, got str"),
        ((np.eye(2), None, "elu", np.nan), ValueError, "alpha must be finite as float32, got nan"),
        ((np.eye(2), None, "elu", 1e39), ValueError, "alpha must be finite as float32"),
        ((np.eye(2), None, "elu", None, 3), TypeError, "name must be a string, got int"),
        ((np.eye(2), None, "elu", None, ("a", 1)), TypeError, "name must be a string, got tuple"),
        ((np.eye(2), None, "elu", None, "a" * 1001), ValueError, "at most 1000 .*, got 1001"),
        ((np.eye(2), None, "elu", None, "\ud800"), ValueError, "valid Unicode"),
        ((np.ones((3, 2), complex),), TypeError, "weight must be of real numbers"),
        ((np.ones((3, 2), object),), TypeError, "dtype object"),
        (([["a"]],), TypeError, "dtype <U1"),
    ],
)
def test_a_layer_that_cannot_be_is_refused(arguments, error, message):
    names = ("weight", "bias", "activation", "alpha", "name")
    with pytest.raises(error, match=message):
        ff.Dense(**dict(zip(names, arguments, strict=False)))


@pytest.mark.parametrize("name", ["weight", "bias", "activation", "alpha", "name"])
def test_a_layer_s_parts_cannot_be_exchanged_by_half(name):
    layer = ff.Dense(np.eye(2), np.ones(2))
    with pytest.raises(AttributeError):
        setattr(layer, name, getattr(layer, name))
    with pytest.raises(AttributeError):
        ff.Sequential([layer]).layers = ()


@pytest.mark.parametrize("x", [np.ones((3, 2)), np.ones((3, 2), int), [[1, 1]]])
def test_a_layer_answers_in_float32(x):
    assert ff.Dense(np.eye(2))(x).dtype == np.float32


def test_layers_that_do_not_fit_are_refused():
    first, second = ff.Dense(np.ones((3, 4)), name="one"), ff.Dense(np.ones((5, 2)), name="two")
    with pytest.raises(ValueError, match=r"'two' must take the 4 columns that 'one' gives"):
        ff.Sequential([first, second])
    with pytest.raises(ValueError, match="at least one layer"):
        ff.Sequential([])
    with pytest.raises(ValueError, match="different names"):
        ff.Sequential([ff.Dense(np.eye(2), name="a"), ff.Dense(np.eye(2), name="a")])
    with pytest.raises(TypeError, match=r"got fourfold\.dense\.Dense: pass a list"):
        ff.Sequential(first)
    with pytest.raises(TypeError, match=r"layer 0 must be a fourfold\.Dense"):
        ff.Sequential([np.ones((3, 4))])
