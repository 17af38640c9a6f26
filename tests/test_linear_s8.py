"""The INT8 driver in all its forms is its kernels one after the other, bit for bit."""

import itertools

import numpy as np
import pytest

from fourfold import _core
from reference import assert_same_bits, pad_columns, quantize_fixed, requantize, round_up

kernels = _core.kernels

# Rows around register tiles and blocks of two, columns around panels and blocks; deep; wide.
SHAPES = [
    (1, 1, 1),
    (2, 64, 16),
    (5, 63, 17),
    (6, 65, 64),
    (7, 128, 65),
    (12, 191, 130),
    (13, 256, 31),
    (31, 64, 129),
    (33, 130, 97),
    (97, 320, 53),
    (2, 5000, 19),
    (3, 70, 1500),
]
# Many rows, shared out by rows; few, by columns; few that take two panels.
LARGE = [(1100, 640, 100), (9, 3000, 1100), (13, 40_000, 70)]
INPUTS = ["dynamic", "fixed", "int8", "int8 by row"]
OUTPUTS = [None, 0.03, "rows"]
# Nothing, on the way, and in a pass of their own.
KINDS = [("identity", 0.0), ("relu", 0.0), ("leaky_relu", 0.25), ("gelu", 0.0)]


def values(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


def scales(rng, count):
    return rng.uniform(0.001, 0.02, count).astype(np.float32)


class Layer:
    """A random layer, and what its parts give when they are called one by one."""

    def __init__(self, rng, depth, columns):
        self.columns = columns
        self.depth = depth
        self.packed = _core.pack_s8(rng.integers(-127, 128, (depth, columns), dtype=np.int8))
        self.column_scales = scales(rng, columns)
        self.bias = values(rng, columns)
        self.constants = (self.packed, pad_columns(self.column_scales), pad_columns(self.bias))

    def __call__(self, x, kind, alpha, **forms):
        return kernels.linear_s8(x, *self.constants, self.columns, kind, alpha, **forms)

    def in_parts(self, x, kind, alpha, residual=None, input_scale=None, output_scale=None):
        q, row_scales = self.quantized(x, input_scale)
        acc = kernels.gemm_s8(q, self.packed, self.columns)
        y = kernels.dequantize(acc, row_scales, self.column_scales, self.bias, residual=residual)
        y = kernels.activation(kind, y, alpha)
        if output_scale is None:
            return y
        if output_scale == "rows":
            return kernels.quantize_rows(y, self.columns)
        return kernels.quantize_fixed(y, self.columns, 1 / np.float32(output_scale))

    def quantized(self, x, scale):
        if scale is None:
            return kernels.quantize_rows(x, self.depth)
        if x.dtype == np.float32:
            x = kernels.quantize_fixed(x, self.depth, 1 / np.float32(scale))
        return x, np.broadcast_to(np.float32(scale), len(x)).copy()


def operand(rng, form, rows, depth):
    """An x and its input_scale."""
    if form.startswith("int8"):
        x = rng.integers(-128, 128, (rows, depth), dtype=np.int8)
        return x, 0.02 if form == "int8" else scales(rng, rows)
    x = values(rng, rows, depth)
    return x, None if form == "dynamic" else 0.02


def assert_same(actual, expected):
    if isinstance(expected, tuple):
        for one, other in zip(actual, expected, strict=True):
            assert_same_bits(one, other)
    else:
        assert_same_bits(actual, expected)


@pytest.mark.parametrize("output", OUTPUTS, ids=str)
@pytest.mark.parametrize("form", INPUTS)
def test_every_form_is_its_parts(rng, isa, threads, form, output):
    for i, (rows, depth, columns) in enumerate(SHAPES):
        layer = Layer(rng, depth, columns)
        x, input_scale = operand(rng, form, rows, depth)
        residuals = (None, values(rng, rows, columns))
        for residual, kind in zip(residuals, (KINDS[i % 4], KINDS[(i + 1) % 4]), strict=True):
            forms = {"residual": residual, "input_scale": input_scale, "output_scale": output}
            assert_same(layer(x, *kind, **forms), layer.in_parts(x, *kind, **forms))


@pytest.mark.parametrize("output", OUTPUTS, ids=str)
@pytest.mark.parametrize(("rows", "depth", "columns"), LARGE)
def test_large_products_are_cut_and_joined(rng, isa, threads, output, rows, depth, columns):
    """Several row panels, and several threads."""
    layer = Layer(rng, depth, columns)
    x = values(rng, rows, depth)
    forms = {"residual": values(rng, rows, columns), "output_scale": output}
    assert_same(layer(x, "silu", 0.0, **forms), layer.in_parts(x, "silu", 0.0, **forms))


@pytest.mark.parametrize("kind", ["identity", "relu", "tanh"])
def test_numbers_that_are_none(rng, isa, kind):
    """NaN and Inf from the input, the bias and the residual end the same way in every form."""
    layer = Layer(rng, 70, 100)
    layer.bias[5:8] = np.nan, np.inf, -np.inf
    layer.constants = (layer.packed, layer.constants[1], pad_columns(layer.bias))
    x, residual = values(rng, 9, 70), values(rng, 9, 100)
    x[1, 3], x[2, 0], x[4] = np.nan, -np.inf, 0
    residual[6, 90], residual[7, 91] = np.inf, np.nan
    for output in OUTPUTS:
        forms = {"residual": residual, "output_scale": output}
        assert_same(layer(x, kind, 0.0, **forms), layer.in_parts(x, kind, 0.0, **forms))


def test_rows_go_from_layer_to_layer_in_int8(rng, isa):
    """Two layers with int8 between them are those with float32 between them."""
    first, second = Layer(rng, 200, 190), Layer(rng, 190, 70)
    x = values(rng, 21, 200)
    hidden = first(x, "gelu", 0.0)
    q, row_scales = first(x, "gelu", 0.0, output_scale="rows")
    expected = second(hidden, "identity", 0.0)
    assert_same_bits(second(q, "identity", 0.0, input_scale=row_scales), expected)
    q = first(x, "gelu", 0.0, output_scale=0.05)
    expected = second(hidden, "identity", 0.0, input_scale=0.05)
    assert_same_bits(second(q, "identity", 0.0, input_scale=0.05), expected)


@pytest.mark.parametrize("adds", [False, True])
def test_requantize_is_its_definition(rng, isa, adds):
    for rows, columns in itertools.product([1, 2, 5], [1, 7, 15, 16, 17, 31, 33, 64, 65, 130]):
        acc = rng.integers(-(2**30), 2**30, (rows, columns), dtype=np.int32)
        row_scales, column_scales = scales(rng, rows), scales(rng, columns) * np.float32(1e-4)
        bias = values(rng, columns)
        bias[:: max(3, columns // 3)] = np.nan
        residual = values(rng, rows, columns) * np.float32(50) if adds else None
        for floor in (-np.inf, 0.0):
            arguments = acc, row_scales, column_scales, bias
            actual = kernels.requantize(*arguments, 0.2, floor, residual)
            assert_same_bits(actual, requantize(*arguments, 0.2, floor, residual))


def test_fixed_scales_mean_their_reciprocals(rng):
    layer = Layer(rng, 64, 16)
    x = values(rng, 4, 64)
    q = quantize_fixed(x, 64, np.float32(1) / np.float32(0.3))
    expected = layer(q, "identity", 0.0, input_scale=0.3)
    assert_same_bits(layer(x, "identity", 0.0, input_scale=0.3), expected)
    assert round_up(64, 64) == x.shape[1]  # no padding that could hide a wrong row


@pytest.mark.parametrize(
    ("forms", "message"),
    [
        ({"residual": np.zeros((4, 15), np.float32)}, r"residual: .*\(4, 16\)"),
        ({"input_scale": np.ones(4, np.float32)}, "input_scale: expected one number"),
        ({"output_scale": "row"}, "output_scale: expected a number or 'rows', received 'row'"),
    ],
)
def test_forms_are_checked(rng, forms, message):
    layer = Layer(rng, 64, 16)
    with pytest.raises(ValueError, match=message):
        layer(values(rng, 4, 64), "identity", 0.0, **forms)


@pytest.mark.parametrize("scale", [None, np.ones(3, np.float32)], ids=["none", "three"])
def test_int8_rows_need_their_scales(rng, scale):
    layer = Layer(rng, 64, 16)
    with pytest.raises(ValueError, match="input_scale: expected"):
        layer(np.ones((4, 64), np.int8), "identity", 0.0, input_scale=scale)
