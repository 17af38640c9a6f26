"""The step linear_s8 with activation_bits 16."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fourfold as ff
import reference
from fourfold import _core
from program_parts import linear_s8_constants, padded, step
from reference import assert_same_bits


@np.errstate(all="ignore")
def expected_of(x, weight, column_scales, bias, activation, residual):
    """Two products of the reference, the smaller one first."""
    q, row_scales = reference.quantize_rows(x, x.shape[1])
    rest = x - row_scales[:, None] * q.astype(np.float32)
    scaled = rest * (np.float32(254) / row_scales)[:, None]
    small = np.rint(np.clip(np.where(np.isnan(scaled), 0, scaled), -127, 127)).astype(np.int8)
    small_scales = row_scales * (np.float32(1) / np.float32(254))
    first = reference.dequantize(
        reference.gemm_s8(small, weight), small_scales, column_scales, bias, residual=residual
    )
    product, no_bias = reference.gemm_s8(q, weight), np.float32(0)
    y = reference.dequantize(product, row_scales, column_scales, no_bias, residual=first)
    return reference.EXACT_ACTIVATIONS[activation](y, 0.0)


class Layer:
    """A random layer, and its program."""

    def __init__(self, rng, depth, columns, **attributes):
        self.weight = rng.integers(-127, 128, (depth, columns), dtype=np.int8)
        self.scales = rng.uniform(0.001, 0.01, columns).astype(np.float32)
        self.bias = rng.standard_normal(columns).astype(np.float32)
        self.constants = [
            _core.pack_s8(self.weight),
            padded(self.scales, 1),
            padded(self.bias),
        ]
        self.columns, self.depth = columns, depth
        self.attributes = {"depth": depth, "columns": columns, "activation_bits": 16, **attributes}

    def run(self, x, residual=None):
        inputs = [("x", "float32", (None, self.depth))]
        if residual is not None:
            inputs.append(("r", "float32", (None, self.columns)))
        first = len(inputs)
        operands = (0, first, first + 1, first + 2, *range(1, first))
        steps = [step("linear_s8", operands, first + 3, **self.attributes)]
        arrays = [x] if residual is None else [x, residual]
        return _core.Program(inputs, self.constants, steps, [first + 3])(*arrays)

    def expected(self, x, residual=None, activation="identity"):
        return expected_of(x, self.weight, self.scales, self.bias, activation, residual)


@given(
    rows=st.sampled_from([1, 2, 15, 16, 17, 67]),
    depth=st.sampled_from([1, 63, 64, 65, 255, 256, 257, 700]),
    columns=st.sampled_from([1, 15, 16, 17, 48, 97]),
    adds=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_is_exact(rows, depth, columns, adds, seed):
    rng = np.random.default_rng(seed)
    layer = Layer(rng, depth, columns)
    x = (rng.normal(size=(rows, depth)) * rng.lognormal(sigma=5, size=(rows, 1))).astype(np.float32)
    residual = rng.normal(size=(rows, columns)).astype(np.float32) if adds else None
    assert_same_bits(layer.run(x, residual), layer.expected(x, residual))


def test_the_same_bits_on_every_isa_and_for_any_threads(rng, isa, threads):
    layer = Layer(np.random.default_rng(1), 384, 130, activation="relu")
    x = np.random.default_rng(2).normal(size=(150, 384)).astype(np.float32)
    y = layer.run(x)
    assert_same_bits(y, layer.expected(x, activation="relu"))
    assert_same_bits(layer.run(x[70:71]), y[70:71])


def test_an_output_in_int8(rng, isa, threads):
    layer = Layer(rng, 100, 40, output_scale=0.25)
    x = rng.normal(size=(90, 100)).astype(np.float32)
    expected = reference.quantize_fixed(layer.expected(x), 40, np.float32(1) / np.float32(0.25))
    assert_same_bits(layer.run(x), expected)


def test_rows_that_are_no_numbers_tiny_or_huge(rng, isa):
    layer = Layer(rng, 70, 33)
    x = rng.normal(size=(7, 70)).astype(np.float32)
    x[0] = 0
    x[1, 5], x[2, 6] = np.nan, -np.inf
    x[3] *= np.float32(2.0**-110)
    x[4] *= np.float32(3e37)
    x[5, 1:] = 0  # one value, which the row's own scale holds
    assert_same_bits(layer.run(x), layer.expected(x))
    assert np.isnan(layer.run(x)[[1, 2]]).all()
    assert_same_bits(layer.run(x)[[0, 3]], np.broadcast_to(layer.bias, (2, 33)))


def test_it_is_a_hundred_times_closer_than_8_bits(rng):
    layer = Layer(rng, 512, 64)
    x = rng.normal(size=(50, 512)).astype(np.float32)
    exact = x.astype(np.float64) @ (layer.weight * layer.scales.astype(np.float64)) + layer.bias
    wide = np.linalg.norm(layer.run(x) - exact)
    layer.attributes["activation_bits"] = 8
    assert 100 * wide < np.linalg.norm(layer.run(x) - exact)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"activation_bits": 12}, "'activation_bits': expected 8 or 16, received 12"),
        ({"activation_bits": 32}, "'activation_bits'"),
        ({"activation_bits": 16, "input_scale": 0.5}, "'activation_bits': 16 is of float32 rows"),
    ],
)
def test_what_does_not_fit_is_refused(rng, attributes, message):
    constants = linear_s8_constants(rng, 8, 8)
    steps = [step("linear_s8", (0, 1, 2, 3), 4, depth=8, columns=8, **attributes)]
    with pytest.raises(ValueError, match=message):
        _core.Program([("x", "float32", (None, 8))], constants, steps, [4])


def test_int8_rows_have_no_more_bits(rng):
    constants = linear_s8_constants(rng, 8, 8)
    steps = [step("linear_s8", (0, 1, 2, 3), 4, depth=8, columns=8, activation_bits=16)]
    with pytest.raises(ValueError, match="x: expected float32"):
        _core.Program([("x", "int8", (None, 8))], constants, steps, [4])


def test_rows_do_not_depend_on_the_chunk_they_are_streamed_in(rng, threads):
    layer = Layer(rng, 64, 64)
    x = rng.normal(size=(3000, 64)).astype(np.float32)
    inputs, steps = [("x", "float32", (None, 64))], []
    for number in range(4, 8):
        attributes = {**layer.attributes, "activation": "tanh"}
        before = 0 if number == 4 else number - 1
        steps.append(step("linear_s8", (before, 1, 2, 3), number, **attributes))
    program = _core.Program(inputs, layer.constants, steps, [7])
    y = program(x)
    before = ff.get_threads()
    ff.set_threads(1)
    assert_same_bits(np.concatenate([program(x[:7]), program(x[7:1000]), program(x[1000:])]), y)
    ff.set_threads(before)
