"""The elementwise ops in NumPy: dumb, separate and never optimised."""

import math

import numpy as np


def _whole_power(base, exponent):
    if exponent < 0:
        return 0 if base == 0 else math.trunc(base**exponent)
    return base**exponent


def _integer_power(a, b):
    """Powers of Python's integers, without their fraction, wrapped to a's type."""
    a, b = np.broadcast_arrays(a, b)
    bits = 8 * a.dtype.itemsize
    powers = [_whole_power(int(x), int(y)) % 2**bits for x, y in zip(a.flat, b.flat, strict=True)]
    return np.array(powers, f"uint{bits}").view(a.dtype).reshape(a.shape)


def _quotient(a, b):
    if a.dtype.kind == "f":
        return a / b
    floor = np.floor_divide(a, b)
    if a.dtype.kind == "u":
        return floor
    return floor + ((np.remainder(a, b) != 0) & ((a < 0) != (b < 0))).astype(a.dtype)


def _shift(a, b, shifted, beyond):
    bits = 8 * a.dtype.itemsize
    out = (b < 0) | (b >= bits)
    inside = shifted(a, np.where(out, 0, b).astype(a.dtype))
    return np.where(out, np.asarray(beyond).astype(a.dtype), inside)


BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": _quotient,
    "max": np.maximum,
    "min": np.minimum,
    "mod": np.remainder,
    "fmod": np.fmod,
    "prelu": lambda a, b: np.where(a < 0, b * a, a),
    "pow": lambda a, b: _integer_power(a, b) if a.dtype.kind in "iu" else np.power(a, b),
    "equal": np.equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "xor": np.logical_xor,
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
    "shift_left": lambda a, b: _shift(a, b, np.left_shift, 0),
    "shift_right": lambda a, b: _shift(a, b, np.right_shift, -(a < 0).astype(np.int8)),
}


def _softplus(x):
    return np.logaddexp(x, 0)


UNARY = {
    "abs": np.abs,
    "neg": np.negative,
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
    "reciprocal": lambda x: 1 / x,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "erf": np.vectorize(math.erf, otypes=[np.float64]),
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "softplus": _softplus,
    "softsign": lambda x: np.where(np.isinf(x), np.sign(x), x / (1 + np.abs(x))),
    "mish": lambda x: np.where(x == -np.inf, -0.0, x * np.tanh(_softplus(x))),
}


@np.errstate(all="ignore")
def cast(x, dtype):
    """NumPy's cast, but of floats to integers: to the nearest in range, NaN to 0."""
    if x.dtype.kind != "f" or np.dtype(dtype).kind not in "iu":
        return x.astype(dtype)
    info = np.iinfo(dtype)
    whole = [
        0 if math.isnan(v) else info.max if v >= info.max else info.min if v <= info.min else int(v)
        for v in x.astype(np.float64).flat
    ]
    return np.array(whole, dtype).reshape(x.shape)


def to_bfloat16(x):
    """float32 as the bits of bfloat16, rounded to nearest even."""
    bits = np.asarray(x, np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)
