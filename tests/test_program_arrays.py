"""Arrays that a program takes, and those that it refuses."""

import numpy as np
import pytest

from fourfold import _core
from program_parts import FLOAT_ROWS, linear_s8_constants, padded, step


def build(steps, outputs=(1,), inputs=(FLOAT_ROWS,), constants=()):
    return _core.Program(inputs, constants, steps, outputs)


@pytest.fixture
def linear(rng):
    """A program of 8 columns in and 5 out."""
    steps = [step("linear_s8", (0, 1, 2, 3), 4, depth=8, columns=5)]
    return build(steps, (4,), constants=linear_s8_constants(rng, 8, 5))


GOOD = np.arange(-12, 12).reshape(3, 8)


@pytest.mark.parametrize(
    "argument",
    [
        GOOD,
        GOOD.tolist(),
        tuple(map(tuple, GOOD)),
        GOOD.astype(np.float32),
        *(GOOD.astype(dtype) for dtype in (np.float64, np.float16, np.longdouble, np.int8, ">f4")),
        np.asfortranarray(GOOD.astype(np.float32)),
        np.repeat(GOOD.astype(np.float32), 2, axis=1)[:, ::2],
        GOOD[::-1].astype(np.float32)[::-1],
        np.frombuffer(b"-" + GOOD.astype(np.float32).tobytes(), np.float32, offset=1).reshape(3, 8),
        np.ma.masked_array(GOOD.astype(np.float32)),
    ],
    ids=lambda argument: f"{type(argument).__name__}-{getattr(argument, 'dtype', '')}",
)
def test_real_numbers_of_any_kind_and_layout_are_taken(argument):
    program = build([step("activation", [0], 1, kind="relu")])
    result = program(argument)
    assert result.dtype == np.float32
    assert np.array_equal(result, GOOD.clip(0))


def test_booleans_and_read_only_arrays_are_taken():
    program = build([step("add", (0, 0), 1)])
    booleans = np.array([[True, False] * 4])
    assert np.array_equal(program(booleans), [[2, 0] * 4])
    fixed = np.ones((1, 8), np.float32)
    fixed.flags.writeable = False
    assert np.array_equal(program(fixed), 2 * fixed)


@pytest.mark.parametrize(
    ("argument", "dtype"),
    [
        (np.ones((1, 8), object), "object"),
        (np.ones((1, 8), complex), "complex128"),
        (np.full((1, 8), "1"), "<U1"),
        (np.full((1, 8), b"1"), r"\|S1"),
        (np.ones((1, 8), "datetime64[s]"), "datetime64"),
        (np.ones((1, 8), [("a", "f4")]), "a"),
        ([["1"] * 8], "<U1"),
        (None, "object"),
        ({}, "object"),
        ("text", "<U4"),
    ],
)
def test_other_kinds_are_refused(linear, argument, dtype):
    with pytest.raises(TypeError, match=rf"x: expected real numbers.*received dtype .*{dtype}"):
        linear(argument)


@pytest.mark.parametrize(
    ("shape", "received"),
    [
        ((1, 7), r"\(1, 7\)"),
        ((8,), r"\(8,\)"),
        ((), r"\(\)"),
        ((2, 2, 8), r"\(2, 2, 8\)"),
        ((0, 9), r"\(0, 9\)"),
        ((1,) * 9, "9 dimensions"),
    ],
)
def test_wrong_shapes_are_refused(linear, shape, received):
    for dtype in (np.float32, np.float64):
        with pytest.raises(
            ValueError, match=rf"x: expected shape \(rows, 8\), received {received}"
        ):
            linear(np.zeros(shape, dtype))
    assert linear(np.zeros((1, 8))).shape == (1, 5)


def test_shapes_that_only_the_call_tells_are_checked_there():
    inputs = [("a", "float32", (None, None)), ("b", "float32", (None, 3))]
    program = build([step("add", (0, 1), 2)], (2,), inputs)
    with pytest.raises(ValueError, match=r"step 0 \(add\): .*\(2, 4\) and \(2, 3\)"):
        program(np.zeros((2, 4)), np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"received \(2, 3\) and \(3, 3\)"):
        program(np.zeros((2, 3)), np.zeros((3, 3)))
    assert program(np.ones((2, 3)), np.ones((2, 3))).tolist() == [[2] * 3] * 2


def test_the_number_of_arguments_is_checked():
    inputs = [("a", "float32", (None, 8)), ("b", "float32", (None, 8))]
    program = build([step("add", (0, 1), 2)], (2,), inputs)
    x = np.zeros((1, 8))
    for arguments in [(), (x,), (x, x, x)]:
        message = rf"expected 2 inputs \(a, b\), received {len(arguments)}"
        with pytest.raises(TypeError, match=message):
            program(*arguments)


def test_an_int8_input_takes_int8_only():
    program = _core.Program([("x", "int8", (None,))], [padded([1.0])], [], [0, 1])
    x = np.array([-128, 0, 127], np.int8)
    assert np.array_equal(program(x)[0], x)
    assert np.array_equal(program(x[::-1])[0], x[::-1])
    with pytest.raises(TypeError, match="x: expected int8, received dtype float64"):
        program(x.astype(float))
