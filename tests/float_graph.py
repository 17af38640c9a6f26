"""A float graph run in NumPy, with a bound on what INT8 layers may do to each value.

Dumb on purpose: one line of mathematics per operation, and beside it how far the result can move if
the input moves by ``error``. The bounds are worst cases, not estimates: a result outside them is
wrong. Derivations, with e the error of the input, s a row's step, t a column's step:

linear in INT8   |Q(x') - x| <= s/2 + e, |W' - W| <= t/2, so |x| @ t/2 + (s/2 + e) @ (|W| + t/2)
softmax          p'/p lies within exp(+-2 max e)
log_softmax      e plus the move of the logarithm of the sum, which is max e at most
sigmoid          its slope is 1/4 at most; relu, tanh, clip: 1 at most
normalize        (x + e) / (n + d) with |d| <= the sum of e: (e + y d) / (n - d)
"""

import numpy as np

EPSILON = np.finfo(np.float32).eps
SLOPES = {"identity": 1.0, "relu": 1.0, "tanh": 1.0, "sigmoid": 0.25}


def run(graph, x, int8=()):
    """Return values and error bounds of all outputs; ``int8`` names the linear nodes in INT8."""
    values = {graph.inputs[0].name: x.astype(np.float64)}
    errors = {graph.inputs[0].name: np.zeros(x.shape)}
    for node in graph.nodes:
        source = node.inputs[0]
        constants = [graph.constants[name].astype(np.float64) for name in node.inputs[1:]]
        y, error = OPERATIONS[node.op](
            values[source], errors[source], node.attributes, *constants, int8=node.name in int8
        )
        values[node.outputs[0]], errors[node.outputs[0]] = y, error
    return [values[name] for name in graph.outputs], [errors[name] for name in graph.outputs]


def _linear(x, error, attributes, weight, bias, *, int8):
    # float32 sums of K products: K roundings of the sum of magnitudes at most.
    rounding = (len(weight) + 4) * EPSILON * (np.abs(x) @ np.abs(weight) + np.abs(bias))
    moved = error @ np.abs(weight) + rounding
    if int8:
        row_step = (np.abs(x) + error).max(axis=1, keepdims=True) / 127
        column_step = np.abs(weight).max(axis=0, keepdims=True) / 127
        inputs = row_step / 2 + error
        moved = rounding + inputs @ (np.abs(weight) + column_step / 2)
        moved += np.abs(x).sum(axis=1, keepdims=True) * column_step / 2
    return _activation(x @ weight + bias, moved, {"kind": attributes["activation"]})


def _activation(x, error, attributes, *, int8=False):
    kind = attributes["kind"]
    if kind in SLOPES:
        return _elementwise(kind, x), SLOPES[kind] * error + 8 * EPSILON
    most = error.max(axis=1, keepdims=True)
    logarithms = x - x.max(axis=1, keepdims=True)
    logarithms -= np.log(np.exp(logarithms).sum(axis=1, keepdims=True))
    if kind == "log_softmax":
        return logarithms, error + most + 16 * EPSILON * (1 + np.abs(logarithms))
    probabilities = np.exp(logarithms)
    return probabilities, np.minimum(1, probabilities * np.expm1(2 * most)) + 16 * EPSILON


def _elementwise(kind, x):
    if kind == "sigmoid":
        return 0.5 * (1 + np.tanh(0.5 * x))
    return {"identity": x, "relu": np.maximum(x, 0), "tanh": np.tanh(x)}[kind]


def _affine(x, error, attributes, shift, scale, offset, *, int8):
    size = np.abs(x) + np.abs(shift) + np.abs(offset / np.where(scale, scale, 1))
    return (x - shift) * scale + offset, (error + 4 * EPSILON * size) * np.abs(scale)


def _clip(x, error, attributes, *, int8):
    return np.clip(x, attributes["low"], attributes["high"]), error


def _normalize(x, error, attributes, *, int8):
    order = {"l1": 1, "l2": 2, "max": np.inf}[attributes["norm"]]
    norm = np.linalg.norm(x, order, axis=1, keepdims=True)
    norm[norm == 0] = 1
    y, drift = x / norm, error.sum(axis=1, keepdims=True)
    bound = (error + np.abs(y) * drift) / np.maximum(norm - drift, 1e-30)
    return y, np.minimum(2, bound) + 64 * EPSILON


OPERATIONS = {
    "linear": _linear,
    "activation": _activation,
    "affine": _affine,
    "clip": _clip,
    "normalize": _normalize,
}
