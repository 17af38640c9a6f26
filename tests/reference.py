"""Every kernel defined a second time, in NumPy: dumb, separate and never optimised.

Where the numeric contract is exact, so are these, bit for bit. Activations that need e^x have no
second definition: their kernels are compared with each other, and with float64 for accuracy.
"""

import numpy as np
from numpy.testing import assert_array_equal

F32 = np.float32


def assert_same_bits(actual, expected):
    """Equal bit for bit, but for the payload of NaNs, which is not part of the contract."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    if actual.dtype.kind == "f":
        assert_array_equal(np.isnan(actual), np.isnan(expected))
        actual, expected = (
            np.where(np.isnan(a), 0, a).astype(F32).view(np.uint32) for a in (actual, expected)
        )
    assert_array_equal(actual, expected)


@np.errstate(all="ignore")
def fma(a, b, c):
    """a * b + c in float32, rounded once.

    The product of two float32 is exact in float64. Rounding the sum to odd there (an inexact sum
    gets its last bit set) keeps what the rounding to float32 needs (Boldo and Melquiond, 2008).
    """
    a, b, c = (np.asarray(value, F32).astype(np.float64) for value in (a, b, c))
    product = a * b
    total = product + c
    of_c = total - product
    error = (product - (total - of_c)) + (c - of_c)
    is_even = (total.view(np.int64) & 1) == 0
    is_inexact = np.isfinite(total) & (error != 0)
    neighbour = np.nextafter(total, np.where(error > 0, np.inf, -np.inf))
    return np.where(is_inexact & is_even, neighbour, total).astype(F32)


def round_up(value, step):
    return -(-value // step) * step


def pack_s8(weight):
    """[depth, columns] -> [columns' / 16, depth' / 4, 16, 4].

    Zeros pad depth to depth', a multiple of 64, and columns to columns', a multiple of 16.
    """
    depth, columns = weight.shape
    packed = np.zeros((round_up(columns, 16) // 16, round_up(depth, 64) // 4, 16, 4), np.int8)
    for d in range(depth):
        for panel in range(len(packed)):
            row = weight[d, 16 * panel : 16 * panel + 16]
            packed[panel, d // 4, : len(row), d % 4] = row
    return packed


def pack_f32(weight):
    """[depth, columns] -> [columns' / 16, depth, 16], columns padded as in pack_s8."""
    depth, columns = weight.shape
    packed = np.zeros((round_up(columns, 16) // 16, depth, 16), F32)
    for n in range(columns):
        packed[n // 16, :, n % 16] = weight[:, n]
    return packed


def pad_columns(values):
    """[columns] -> [columns'], as the linear layers take scales and biases."""
    padded = np.zeros(round_up(len(values), 16), values.dtype)
    padded[: len(values)] = values
    return padded


def gemm_s8(a, weight):
    return a.astype(np.int32) @ weight.astype(np.int32)


def gemm_f32(x, weight, bias):
    y = np.tile(bias, (len(x), 1))
    for d in range(x.shape[1]):
        y = fma(x[:, d : d + 1], weight[d], y)
    return y


def with_padding(q, depth, flip):
    padded = np.zeros((len(q), depth), np.uint8)
    padded[:, : q.shape[1]] = q.astype(np.int8).view(np.uint8)
    return (padded ^ np.uint8(flip)).view(np.int8)


@np.errstate(all="ignore")
def quantize_rows(x, depth, flip=0):
    amax = np.abs(x).max(axis=1, initial=F32(0))  # NaN if there is one
    is_tiny = amax < F32(2.0**-100)
    is_number = np.isfinite(amax)
    scales = np.where(is_tiny, F32(1), np.where(is_number, amax * (F32(1) / F32(127)), F32(np.nan)))
    q = np.rint(x * (F32(127) / amax)[:, None])
    q = np.where((is_number & ~is_tiny)[:, None], q, 0)
    return with_padding(q, depth, flip), scales


@np.errstate(all="ignore")
def quantize_fixed(x, depth, inverse_scale, flip=0):
    scaled = x * F32(inverse_scale)
    q = np.rint(np.clip(np.where(np.isnan(scaled), F32(0), scaled), F32(-127), F32(127)))
    return with_padding(q, depth, flip)


@np.errstate(all="ignore")
def dequantize(
    acc, row_scales, column_scales, bias, floor=-np.inf, residual=None, residual_scale=1, post=None
):
    y = fma(acc.astype(F32), row_scales[:, None] * column_scales, bias)
    if residual is not None:  # float32, or int8 with its scale; times 1 is exact
        y = y + residual.astype(F32) * F32(residual_scale if residual.dtype == np.int8 else 1)
    y = np.where(y < floor, F32(floor), y)
    return y if post is None else fma(y, *post)


def requantize(acc, row_scales, column_scales, bias, inverse_scale, *options, **more):
    y = dequantize(acc, row_scales, column_scales, bias, *options, **more)
    return quantize_fixed(y, y.shape[1], inverse_scale)


def lane_sum(x):
    """Sum over 32 lanes (lane l takes x[l], x[l + 32], ...), then lanes folded 16, 8, 4, 2, 1."""
    padded = np.zeros(round_up(len(x), 32), F32)
    padded[: len(x)] = x
    lanes = np.zeros(32, F32)
    for chunk in padded.reshape(-1, 32):
        lanes = lanes + chunk
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = lanes[:half] + lanes[half:]
    return lanes[0]


@np.errstate(all="ignore")
def moments(x):
    n = F32(len(x))
    mean = lane_sum(x) / n
    variance = lane_sum((x - mean) * (x - mean)) / n
    return mean, variance


def absmax(x):
    return np.abs(x).max(initial=F32(0))


@np.errstate(all="ignore")
def layer_norm(x, gamma, beta, epsilon):
    mean, variance = moments(x)
    normal = (x - mean) * (F32(1) / np.sqrt(variance + F32(epsilon)))
    return normal * gamma if beta is None else fma(normal, gamma, beta)


@np.errstate(all="ignore")
def rms_norm(x, gamma, epsilon):
    mean_square = lane_sum(x * x) / F32(len(x))
    return x * (F32(1) / np.sqrt(mean_square + F32(epsilon))) * gamma


@np.errstate(all="ignore")
def unit_norm(kind, x):
    if kind == "max":
        norm = absmax(x)
    else:
        norm = lane_sum(np.abs(x)) if kind == "l1" else np.sqrt(lane_sum(x * x))
    return x / (norm or F32(1))


def identity(x, alpha=0.0):
    return x


@np.errstate(invalid="ignore")
def relu(x, alpha=0.0):
    return np.where(x < 0, F32(0), x)


@np.errstate(all="ignore")
def leaky_relu(x, alpha):
    return np.where(x < 0, F32(alpha) * x, x)


@np.errstate(invalid="ignore")
def hard_sigmoid(x, alpha):
    inner = fma(x, alpha, 0.5)
    return np.where(inner < 0, F32(0), np.where(inner > 1, F32(1), inner))


@np.errstate(all="ignore")
def hard_swish(x, alpha=0.0):
    y = x * hard_sigmoid(x, F32(1) / F32(6))
    return np.where(x == -np.inf, F32(-0.0), y)  # the limit, not -Inf * 0


# By their names in `fourfold._core.activation_names()`.
EXACT_ACTIVATIONS = {
    "identity": identity,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "hard_sigmoid": hard_sigmoid,
    "hard_swish": hard_swish,
}


# By their names in `fourfold._core.kernels.unary_names()`; of x, alpha and beta.
EXACT_UNARY = {
    "abs": lambda x, alpha, beta: np.abs(x),
    "neg": lambda x, alpha, beta: -x,
    "sign": lambda x, alpha, beta: np.where(x == 0, F32(0), np.sign(x)),
    "floor": lambda x, alpha, beta: np.floor(x),
    "ceil": lambda x, alpha, beta: np.ceil(x),
    "round": lambda x, alpha, beta: np.rint(x),
    "sqrt": lambda x, alpha, beta: np.sqrt(x),
    "reciprocal": lambda x, alpha, beta: F32(1) / x,
    "softsign": lambda x, alpha, beta: np.where(
        np.isinf(x), np.copysign(F32(1), x), x / (F32(1) + np.abs(x))
    ),
    "hard_sigmoid": lambda x, alpha, beta: np.clip(fma(x, alpha, beta), F32(0), F32(1)),
}

# By their names in `fourfold._core.kernels.binary_names()`: all but pow.
EXACT_BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "max": lambda a, b: np.where(np.isnan(a) | (a > b), a, b),
    "min": lambda a, b: np.where(np.isnan(a) | (a < b), a, b),
    "prelu": lambda a, b: np.where(a < 0, b * a, a),
}


def linear_s8(x, weight, column_scales, bias, activation="identity", alpha=0.0):
    """x [rows, depth], weight [depth, columns], not packed, not padded; an exact activation."""
    q, row_scales = quantize_rows(x, x.shape[1])
    y = dequantize(gemm_s8(q, weight), row_scales, column_scales, bias)
    return EXACT_ACTIVATIONS[activation](y, alpha)


def linear_f32(x, weight, bias, activation="identity", alpha=0.0):
    """As linear_s8, with float32 weights."""
    return EXACT_ACTIVATIONS[activation](gemm_f32(x, weight, bias), alpha)
