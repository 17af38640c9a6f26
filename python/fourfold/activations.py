"""The activations in plain NumPy: what a float32 network runs.

Each takes a float32 array [rows, columns] that it may write into, and ``alpha``. The formulas are
those of ``cpp/kernels/activation``; the bits are NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

# float32 [rows, columns]. NumPy's stubs lose the dtype where an operand is a scalar.
Array = Any

SQRT_HALF = np.float32(0.5**0.5)
SQRT_2_OVER_PI = np.float32((2 / np.pi) ** 0.5)

# erfc(z) for z >= 0 is t * exp(-z^2 + p(t)) with t = 1 / (1 + z / 2): a Chebyshev fit with a
# relative error below 1.2e-7 everywhere (Press et al., Numerical Recipes, erfcc).
ERFC_COEFFICIENTS = (
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807,
    -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223,
)  # fmt: skip


def _identity(x: Array, _alpha: float) -> Array:
    return x


def _relu(x: Array, _alpha: float) -> Array:
    return np.maximum(x, 0, out=x)


def _leaky_relu(x: Array, alpha: float) -> Array:
    return np.multiply(x, np.float32(alpha), out=x, where=x < 0)


def _elu(x: Array, alpha: float) -> Array:
    return np.where(x < 0, np.float32(alpha) * np.expm1(np.minimum(x, 0)), x)


def _gelu(x: Array, _alpha: float) -> Array:
    z = np.abs(x) * SQRT_HALF
    t = 1 / (1 + z / 2)
    p = np.float32(ERFC_COEFFICIENTS[0])
    for coefficient in ERFC_COEFFICIENTS[1:]:
        p = p * t + np.float32(coefficient)
    half_erfc = t / 2 * np.exp(p - z * z)
    return x * np.where(x < 0, half_erfc, 1 - half_erfc)


def _gelu_tanh(x: Array, _alpha: float) -> Array:
    inner = SQRT_2_OVER_PI * (x + np.float32(0.044715) * x * x * x)
    return x / 2 * (1 + np.tanh(inner))


def _silu(x: Array, _alpha: float) -> Array:
    with np.errstate(over="ignore"):  # exp(-x) of a very negative x: x / Inf is the right 0
        return x / (1 + np.exp(-x))


def _tanh(x: Array, _alpha: float) -> Array:
    return np.tanh(x, out=x)


def _sigmoid(x: Array, _alpha: float) -> Array:
    with np.errstate(over="ignore"):  # as in silu
        return 1 / (1 + np.exp(-x))


def _hard_sigmoid(x: Array, alpha: float) -> Array:
    return np.clip(x * np.float32(alpha) + np.float32(0.5), 0, 1)


def _hard_swish(x: Array, _alpha: float) -> Array:
    return x * _hard_sigmoid(x, 1 / 6)


def _softmax(x: Array, _alpha: float) -> Array:
    x -= x.max(axis=1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=1, keepdims=True)
    return x


def _log_softmax(x: Array, _alpha: float) -> Array:
    x -= x.max(axis=1, keepdims=True)
    x -= np.log(np.exp(x).sum(axis=1, keepdims=True))
    return x


NUMPY_ACTIVATIONS: dict[str, Callable[[Array, float], Array]] = {
    "identity": _identity,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "silu": _silu,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "hard_sigmoid": _hard_sigmoid,
    "hard_swish": _hard_swish,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
}

ACTIVATIONS = tuple(NUMPY_ACTIVATIONS)

# Where an activation has an alpha, the value that the field uses unless told otherwise.
DEFAULT_ALPHA = {"leaky_relu": 0.01, "elu": 1.0, "hard_sigmoid": 1 / 6}
