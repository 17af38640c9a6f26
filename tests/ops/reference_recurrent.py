"""LSTM, GRU and RNN in NumPy, step by step, in the precision of x.

A multiply_x(direction, x) gives x's part of all gates, [batch, gates, hidden]; a
multiply_h(direction, gates, h) the state's part of a slice of them. Functions are lists of
callables, one list for each direction.
"""

import numpy as np


def lstm(gates, of_h, h, c, functions, clipped, p=None, input_forget=0):
    f, g, of_cell = functions
    gates = gates + of_h(slice(None), h)
    i, o, forget, fresh = (gates[:, gate] for gate in range(4))
    if p is not None:
        i, forget = i + p[0] * c, forget + p[2] * c
    i, forget = f(clipped(i)), f(clipped(forget))
    if input_forget:
        forget = 1 - i
    c = forget * c + i * g(clipped(fresh))
    if p is not None:
        o = o + p[1] * c
    return f(clipped(o)) * of_cell(c), c


def gru(gates, of_h, h, c, functions, clipped, linear_before_reset=0):
    f, g = functions
    if linear_before_reset:
        state = of_h(slice(None), h)
        z, r = (f(clipped(gates[:, gate] + state[:, gate])) for gate in range(2))
        fresh = gates[:, 2] + r * state[:, 2]
    else:
        z, r = np.moveaxis(f(clipped(gates[:, :2] + of_h(slice(2), h))), 1, 0)
        fresh = gates[:, 2] + of_h(slice(2, 3), r * h)[:, 0]
    return (1 - z) * g(clipped(fresh)) + z * h, c


def rnn(gates, of_h, h, c, functions, clipped):
    return functions[0](clipped(gates + of_h(slice(None), h)))[:, 0], c


def run(
    cell,
    x,
    products,
    functions,
    states,
    *,
    direction="forward",
    layout=0,
    lengths=None,
    p=None,
    clip=np.inf,
    **options,
):
    """Return y, y_h and y_c; states are h0 and c0, always given."""
    multiply_x, multiply_h = products
    h0, c0 = states
    if layout:
        x, h0, c0 = (np.swapaxes(array, 0, 1) for array in (x, h0, c0))
    (steps, batch), (directions, _, hidden) = x.shape[:2], h0.shape
    lengths = np.full(batch, steps) if lengths is None else lengths
    y = np.zeros((steps, directions, batch, hidden), x.dtype)
    last_h, last_c = h0.copy(), c0.copy()
    for d in range(directions):
        if p is not None:
            options["p"] = p[d].reshape(3, hidden)
        reverse = d == 1 or direction == "reverse"
        for t in reversed(range(steps)) if reverse else range(steps):
            h, c = cell(
                multiply_x(d, x[t]),
                lambda gates, h, d=d: multiply_h(d, gates, h),
                last_h[d],
                last_c[d],
                functions[d],
                lambda gate: np.clip(gate, -clip, clip),
                **options,
            )
            goes_on = (t < lengths)[:, None]
            last_h[d] = np.where(goes_on, h, last_h[d])
            last_c[d] = np.where(goes_on, c, last_c[d])
            y[t, d] = np.where(goes_on, h, 0)
    if layout:
        return y.transpose(2, 0, 1, 3), last_h.swapaxes(0, 1), last_c.swapaxes(0, 1)
    return y, last_h, last_c


def products_of(w, r, b, hidden, linear_before_reset=0):
    """Products with weights as ONNX has them: [directions, gates * hidden, ...]."""

    def by_gate(values):
        return values.reshape(len(values), -1, hidden)

    of_x, of_h = np.split(np.zeros((len(w), 2 * w.shape[1])) if b is None else b, 2, axis=1)

    def multiply_x(d, x):
        bias = by_gate(of_x + of_h)[d]
        if linear_before_reset:
            bias[2] = by_gate(of_x)[d, 2]
        return by_gate(x @ w[d].T) + bias

    def multiply_h(d, gates, h):
        product = by_gate(h @ r[d].T)[:, gates]
        if linear_before_reset:
            product[:, 2] += by_gate(of_h)[d, 2]
        return product

    return multiply_x, multiply_h


FUNCTIONS = {
    "sigmoid": lambda alpha, beta: lambda x: 1 / (1 + np.exp(-x)),
    "tanh": lambda alpha, beta: np.tanh,
    "relu": lambda alpha, beta: lambda x: np.maximum(x, 0),
    "leakyrelu": lambda alpha, beta: lambda x: np.where(x < 0, alpha * x, x),
    "elu": lambda alpha, beta: lambda x: np.where(x < 0, alpha * np.expm1(x), x),
    "hardsigmoid": lambda alpha, beta: lambda x: np.clip(alpha * x + beta, 0, 1),
    "softsign": lambda alpha, beta: lambda x: x / (1 + np.abs(x)),
    "softplus": lambda alpha, beta: lambda x: np.log1p(np.exp(x)),
    "affine": lambda alpha, beta: lambda x: alpha * x + beta,
    "scaledtanh": lambda alpha, beta: lambda x: alpha * np.tanh(beta * x),
    "thresholdedrelu": lambda alpha, beta: lambda x: np.where(x < alpha, 0, x),
}

# alpha and beta where they are not given; None: not read.
DEFAULTS = {
    "leakyrelu": (0.01, None),
    "elu": (1.0, None),
    "hardsigmoid": (0.2, 0.5),
    "affine": (1.0, 0.0),
    "scaledtanh": (1.0, 1.0),
    "thresholdedrelu": (1.0, None),
}
