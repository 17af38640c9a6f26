"""Calls of the kernels on rows of float32."""

import functools
import itertools

import numpy as np

from fourfold import _core
from kernel_calls.parts import WIDTHS, float32, writing

kernels = _core.kernels


def activation(rng):
    for kind, columns in itertools.product(_core.activation_names(), WIDTHS):
        run = functools.partial(kernels.activation, kind)
        yield run, [float32(rng, 3, columns)], {"alpha": 0.3}


def reduce(rng):
    for columns in WIDTHS:
        yield kernels.absmax, [float32(rng, columns)], {}
        yield kernels.moments, [float32(rng, columns)], {}


def unary(rng):
    for kind, count in itertools.product(kernels.unary_names(), WIDTHS):
        run = writing(lambda x, y, kind=kind: kernels.unary(kind, x, y, 0.7, 0.3), count)
        yield run, [rng.uniform(0.1, 0.9, count).astype(np.float32)], {}


def binary(rng):
    rows = 3
    for kind, columns in itertools.product(kernels.binary_names(), WIDTHS[::2]):
        run = writing(functools.partial(kernels.binary, kind), rows, columns)
        full = float32(rng, rows, columns)
        for shape in ((rows, columns), (1, columns), (rows, 1), (1, 1)):
            yield run, [full, float32(rng, *shape)], {}
            yield run, [float32(rng, *shape), full], {}


def normalize(rng):
    for rows, columns in itertools.product([1, 2, 5], WIDTHS):
        x, residual = float32(rng, rows, columns), float32(rng, rows, columns)
        gamma, beta = float32(rng, columns), float32(rng, columns)
        for kind in ("l1", "l2", "max"):
            unit_norm = functools.partial(kernels.unit_norm, kind)
            yield writing(unit_norm, rows, columns), [x], {}
        for along, one_each in (("columns", [gamma, beta]), ("rows", [x[:, 0], residual[:, 0]])):
            affine = functools.partial(kernels.affine, along)
            yield writing(affine, rows, columns), [x, *map(np.ascontiguousarray, one_each)], {}
        yield writing(layer_norm, rows, columns), [gamma, beta, x], {}
        yield writing(layer_norm, rows, columns), [gamma, None, x], {}
        yield writing(rms_norm, rows, columns), [gamma, x], {}
        of_sum = writing(layer_norm_of_sum, rows, columns, results=2)
        yield of_sum, [gamma, beta, x, residual], {}
        yield writing(rms_norm_of_sum, rows, columns, results=2), [gamma, x, residual], {}


def layer_norm(gamma, beta, x, y):
    kernels.layer_norm(x, gamma, beta, 1e-5, y)


def layer_norm_of_sum(gamma, beta, x, residual, y, total):
    kernels.layer_norm(x, gamma, beta, 1e-5, y, residual, total)


def rms_norm(gamma, x, y):
    kernels.rms_norm(x, gamma, 1e-5, y)


def rms_norm_of_sum(gamma, x, residual, y, total):
    kernels.rms_norm(x, gamma, 1e-5, y, residual, total)


def lstm_cell(rng):
    for rows, hidden in itertools.product([1, 3], WIDTHS):
        gates = [float32(rng, rows, 4 * (hidden + -hidden % 16)) for _ in range(2)]
        run = writing(kernels.lstm_cell, rows, hidden, results=3)
        yield run, [*gates, float32(rng, rows, hidden)], {}
