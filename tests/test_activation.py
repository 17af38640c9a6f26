"""Activations: the same bits on every ISA, close to exact arithmetic, right at both ends."""

import math

import numpy as np
import pytest

import fourfold as ff
import reference
from fourfold._core import activation_names, kernels
from reference import assert_same_bits

F32 = np.float32
ELEMENTWISE = [name for name in activation_names() if name not in ("softmax", "log_softmax")]
WIDTHS = [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 65, 127, 1021]
INFO = np.finfo(F32)
TURNS = [0.0, 1e-20, 0.5, 1.0, 3.0, 5.5, 9.0, 10.0, 16.0, 87.0, 88.0, 88.4, 89.0, 1e10]
MAGNITUDES = [INFO.smallest_subnormal, INFO.tiny, *TURNS, INFO.max, np.inf, np.nan]
EXTREMES = np.array([*MAGNITUDES, *np.negative(MAGNITUDES)], F32)


def on_scalar(kernel, *arguments):
    """The scalar kernel's answer, whatever ISA is active."""
    active = ff.active_isa()
    ff.use_isa("scalar")
    try:
        return kernel(*arguments)
    finally:
        ff.use_isa(active)


def random_floats(rng, rows, columns):
    """Every kind of float in the first rows, then what layers put out."""
    bits = rng.integers(0, 2**32, (rows, columns), dtype=np.uint32).view(F32)
    typical = rng.standard_normal((rows, columns)) * 10.0 ** rng.uniform(-3, 2, (rows, 1))
    return np.concatenate([bits, typical.astype(F32)])


@pytest.mark.parametrize("kind", activation_names())
def test_same_bits_as_scalar(isa, rng, kind):
    for alpha in (0.0, 0.2, 1.0, -1.5):
        for x in (random_floats(rng, 20, 1001), EXTREMES[None], EXTREMES[:, None]):
            y = kernels.activation(kind, x, alpha)
            assert_same_bits(y, on_scalar(kernels.activation, kind, x, alpha))


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("kind", activation_names())
def test_same_bits_at_every_width(isa, rng, kind, columns):
    x = (rng.standard_normal((3, columns)) * 5).astype(F32)
    y = kernels.activation(kind, x, 0.3)
    assert_same_bits(y, on_scalar(kernels.activation, kind, x, 0.3))
    assert_same_bits(kernels.activation(kind, x[1:2].copy(), 0.3), y[1:2])


@pytest.mark.parametrize("kind", reference.EXACT_ACTIVATIONS)
def test_exact_kinds_equal_the_reference(isa, rng, kind):
    for alpha in (0.0, F32(1) / F32(6), 0.2, -3.0):
        for x in (random_floats(rng, 20, 1001), EXTREMES[None]):
            expected = reference.EXACT_ACTIVATIONS[kind](x, alpha)
            assert_same_bits(kernels.activation(kind, x, alpha), expected)


erfc = np.vectorize(math.erfc, otypes=[np.float64])


def exact_gelu_tanh(x):
    return x / (1 + np.exp(-2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


# kind, from, to, float64 definition, relative bound, absolute bound: as activation.h states them.
ACCURACY = [
    ("elu", -30.0, 0.0, np.expm1, 1e-7, 0.0),
    ("gelu", 0.0, 30.0, lambda x: x - 0.5 * x * erfc(x / math.sqrt(2)), 4e-7, 0.0),
    ("gelu", -30.0, 0.0, lambda x: 0.5 * x * erfc(-x / math.sqrt(2)), 0.0, 2.7e-7),
    ("gelu_tanh", 0.0, 30.0, exact_gelu_tanh, 1.6e-7, 0.0),
    ("gelu_tanh", -15.0, 0.0, exact_gelu_tanh, 0.0, 6e-8),
    ("silu", -87.0, 87.0, lambda x: x / (1 + np.exp(-x)), 2e-7, 0.0),
    ("tanh", -20.0, 20.0, np.tanh, 2e-7, 0.0),
    ("sigmoid", -87.0, 87.0, lambda x: 1 / (1 + np.exp(-x)), 1.6e-7, 0.0),
]


@pytest.mark.parametrize(("kind", "low", "high", "exact", "relative", "absolute"), ACCURACY)
def test_accuracy(isa, rng, kind, low, high, exact, relative, absolute):
    wide = rng.uniform(low, high, 100_000)
    near_zero = np.clip(wide, -1, 1) * 10.0 ** rng.uniform(-30, 0, wide.size)
    x = np.concatenate([wide, near_zero]).astype(F32)
    y = kernels.activation(kind, x[None], 1.0)[0]
    expected = exact(x.astype(np.float64))
    assert np.all(np.abs(y - expected) <= relative * np.abs(expected) + absolute)


@pytest.mark.parametrize(
    ("kind", "at_minus_inf", "at_inf"),
    [
        ("identity", -np.inf, np.inf),
        ("relu", 0.0, np.inf),
        ("leaky_relu", -np.inf, np.inf),
        ("elu", -0.5, np.inf),
        ("gelu", 0.0, np.inf),
        ("gelu_tanh", -0.0, np.inf),
        ("silu", -0.0, np.inf),
        ("tanh", -1.0, 1.0),
        ("sigmoid", 0.0, 1.0),
        ("hard_sigmoid", 0.0, 1.0),
        ("hard_swish", -0.0, np.inf),
    ],
)
def test_limits(isa, kind, at_minus_inf, at_inf):
    x = np.array([[-np.inf, np.inf, np.nan]], F32)
    y = kernels.activation(kind, x, 0.5)
    assert_same_bits(y, np.array([[at_minus_inf, at_inf, np.nan]], F32))


@pytest.mark.parametrize("kind", ["gelu", "gelu_tanh", "silu", "hard_swish", "relu"])
def test_large_numbers_pass_or_vanish(isa, kind):
    x = np.array([[1e3, 1e20, INFO.max, -1e3, -1e20, -INFO.max]], F32)
    y = kernels.activation(kind, x)
    assert np.array_equal(y[:, :3], x[:, :3])
    assert np.all(y[:, 3:] == 0)


@pytest.mark.parametrize("kind", ["identity", "relu", "leaky_relu", "elu", "tanh", "gelu", "silu"])
def test_zeros_keep_their_sign(isa, kind):
    x = np.array([[0.0, -0.0]], F32)
    assert_same_bits(kernels.activation(kind, x, 0.5), x)


@pytest.mark.parametrize("columns", [1, 2, 10, 31, 32, 33, 100, 1000, 4096])
@pytest.mark.parametrize("spread", [0.0, 1.0, 10.0])
def test_softmax_accuracy(isa, rng, columns, spread):
    x = (rng.standard_normal((20, columns)) * spread + 3).astype(F32)
    distance = x.max(axis=1, keepdims=True).astype(np.float64) - x
    log_sum = np.log(np.exp(-distance).sum(axis=1, keepdims=True))
    softmax = kernels.activation("softmax", x)
    exact = np.exp(-distance - log_sum)
    near = distance < 87
    assert np.all((np.abs(softmax - exact) <= (6e-7 + 6e-8 * distance) * exact)[near])
    log_softmax = kernels.activation("log_softmax", x)
    exact = -distance - log_sum
    assert np.all(np.abs(log_softmax - exact) <= 5e-7 * np.maximum(1, np.abs(exact)))


def test_softmax_of_one_column_is_certain(isa):
    x = np.array([[-1e30], [0.0], [88.0]], F32)
    assert np.all(kernels.activation("softmax", x) == 1)
    assert np.all(kernels.activation("log_softmax", x) == 0)


def test_softmax_of_masked_and_distant_entries(isa):
    x = np.array([[0.0, -np.inf, 0.0, -1e30, -INFO.max]], F32)
    assert np.array_equal(kernels.activation("softmax", x), [[0.5, 0, 0.5, 0, 0]])
    y = kernels.activation("log_softmax", x)[0]
    assert y[1] == -np.inf
    assert y[4] == -INFO.max
    assert y[0] == y[2] == F32(-math.log(2))


@pytest.mark.parametrize("kind", ["softmax", "log_softmax"])
@pytest.mark.parametrize("columns", [1, 16, 40])
def test_softmax_rows_without_an_answer_are_nan(isa, rng, kind, columns):
    x = rng.standard_normal((5, columns)).astype(F32)
    x[0, -1], x[1, 0], x[2] = np.nan, np.inf, -np.inf
    y = kernels.activation(kind, x)
    assert np.isnan(y[:3]).all()
    assert np.isfinite(y[3:]).all()
