"""The step linear_s8 with a residual, and with int8 between steps: what the driver alone gives."""

import numpy as np
import pytest

from fourfold import _core
from program_parts import linear_s8_constants, step
from reference import assert_same_bits

DEPTH, COLUMNS = 70, 70
X = ("x", "float32", (None, DEPTH))
Q = ("q", "int8", (None, DEPTH))
R = ("r", "float32", (None, COLUMNS))
ROWS = (1, 5, 64, 301)


@pytest.fixture
def constants(rng):
    return linear_s8_constants(rng, DEPTH, COLUMNS)


def linear(inputs, output, **attributes):
    return step("linear_s8", inputs, output, depth=DEPTH, columns=COLUMNS, **attributes)


def floats(rng, rows):
    return rng.standard_normal((rows, COLUMNS), dtype=np.float32)


def test_a_residual_is_added(rng, isa, threads, constants):
    program = _core.Program([X, R], constants, [linear((0, 2, 3, 4, 1), 5, activation="relu")], [5])
    for rows in ROWS:
        x, residual = floats(rng, rows), floats(rng, rows)
        expected = _core.kernels.linear_s8(x, *constants, COLUMNS, "relu", residual=residual)
        assert_same_bits(program(x, residual), expected)


def test_a_residual_may_be_the_input_or_a_constant(rng, threads, constants):
    of_input = _core.Program([X], constants, [linear((0, 1, 2, 3, 0), 4)], [4])
    x = floats(rng, 130)
    expected = _core.kernels.linear_s8(x, *constants, COLUMNS, residual=x)
    assert_same_bits(of_input(x), expected)
    fixed_rows = ("x", "float32", (130, DEPTH))
    steps = [linear((0, 1, 2, 3, 4), 5)]
    assert_same_bits(_core.Program([fixed_rows], [*constants, x], steps, [5])(x), expected)


def test_int8_between_steps(rng, isa, threads, constants):
    steps = [
        linear((0, 1, 2, 3), 4, activation="gelu", output_scale=0.05),
        linear((4, 1, 2, 3), 5, input_scale=0.05),
    ]
    program = _core.Program([X], constants, steps, [5, 4])
    for rows in ROWS:
        x = floats(rng, rows)
        q = _core.kernels.linear_s8(x, *constants, COLUMNS, "gelu", output_scale=0.05)
        y = _core.kernels.linear_s8(q, *constants, COLUMNS, input_scale=0.05)
        result, between = program(x)
        assert_same_bits(between, q)
        assert_same_bits(result, y)


def test_an_int8_input_may_hold_any_int8(rng, isa, constants):
    program = _core.Program([Q], constants, [linear((0, 1, 2, 3), 4, input_scale=0.5)], [4])
    q = rng.integers(-128, 128, (9, DEPTH), dtype=np.int8)
    q[3] = -128
    product = q.astype(np.int64) @ _core.unpack_s8(constants[0], DEPTH, COLUMNS)
    scales = np.float32(0.5) * constants[1][:COLUMNS].astype(np.float64)
    assert np.allclose(program(q), product * scales + constants[2][:COLUMNS], rtol=1e-5, atol=1e-4)


def test_a_float_input_may_have_a_fixed_scale(rng, constants):
    program = _core.Program([X], constants, [linear((0, 1, 2, 3), 4, input_scale=0.02)], [4])
    x = floats(rng, 20)
    expected = _core.kernels.linear_s8(x, *constants, COLUMNS, input_scale=0.02)
    assert_same_bits(program(x), expected)


@pytest.mark.parametrize(
    ("inputs", "attributes", "message"),
    [
        ((1, 3, 4, 5), {}, "x: int8 needs the attribute 'input_scale'"),
        ((0, 3, 4, 5), {"input_scale": 0.0}, "'input_scale': expected a finite number above 0"),
        ((0, 3, 4, 5), {"output_scale": -1}, "'output_scale': expected .* received -1"),
        ((0, 3, 4, 5), {"output_scale": float("nan")}, "'output_scale': expected"),
        ((0, 3, 4, 5), {"output_scale": 1e-39}, "'output_scale': expected"),
        ((0, 3, 4, 5, 1), {}, r"residual: expected float32 \(rows, 70\), received int8"),
        ((0, 3, 4, 5, 4), {}, r"residual: expected float32 \(rows, 70\), received float32 \(80,\)"),
        ((0, 3, 4, 5, 2, 2), {}, "expected 4 inputs .* or 5 with a residual, received 6"),
    ],
)
def test_what_does_not_fit_is_refused(constants, inputs, attributes, message):
    with pytest.raises(ValueError, match=message):
        _core.Program([X, Q, R], constants, [linear(inputs, 6, **attributes)], [6])


def test_a_residual_of_other_rows_is_refused(rng, constants):
    program = _core.Program([X, R], constants, [linear((0, 2, 3, 4, 1), 5)], [5])
    with pytest.raises(ValueError, match="residual: expected"):
        program(floats(rng, 4), floats(rng, 5))
