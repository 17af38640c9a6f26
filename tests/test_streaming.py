"""Many rows run through the program a few at a time: nobody may be able to tell."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from fourfold import _core
from program_parts import RandomGraph, linear_s8_constants, padded, step


def wide_program(rng):
    """Two inputs, a residual add over a wide layer, two outputs; a chunk is 96 rows."""
    constants = [*linear_s8_constants(rng, 64, 1024), *linear_s8_constants(rng, 1024, 64)]
    steps = [
        step("linear_s8", (0, 2, 3, 4), 8, depth=64, columns=1024, activation="gelu"),
        step("linear_s8", (8, 5, 6, 7), 9, depth=1024, columns=64),
        step("add", (9, 1), 10),
        step("activation", (10,), 11, kind="softmax"),
    ]
    inputs = [("a", "float32", (None, 64)), ("b", "float32", (None, 64))]
    return _core.Program(inputs, constants, steps, (10, 11))


@pytest.mark.parametrize("rows", [32, 33, 95, 96, 97, 108, 191, 192, 193, 289, 500])
def test_rows_in_chunks_equal_rows_alone(rng, isa, threads, rows):
    program = wide_program(rng)
    a, b = rng.standard_normal((2, rows, 64), np.float32)
    together = program(a, b)
    picked = sorted({0, rows // 2, max(0, rows - 13), rows - 2, rows - 1, 95 % rows, 96 % rows})
    for row in picked:
        alone = program(a[row : row + 1], b[row : row + 1])
        for whole, part in zip(together, alone, strict=True):
            assert_array_equal(whole[row : row + 1], part)


@pytest.mark.parametrize("rows", [1000, 5000])
def test_random_graphs_equal_their_steps(rng, threads, rows):
    for _ in range(10):
        graph = RandomGraph(rng, int(rng.integers(1, 10)))
        a, b = rng.standard_normal((2, rows, 8), np.float32)
        received = graph.program()(a, b)
        expected = graph.expected(a, b)
        if len(expected) == 1:
            received = (received,)
        for output, reference in zip(received, expected, strict=True):
            assert_array_equal(output, reference)


def test_a_constant_with_rows_of_its_own_is_added_to_all_of_them(rng):
    rows = 3000
    constant = rng.standard_normal((rows, 8), np.float32)
    inputs = [("x", "float32", (None, 8))]
    program = _core.Program(inputs, [constant], [step("add", (0, 1), 2)], (2,))
    x = rng.standard_normal((rows, 8), np.float32)
    assert_array_equal(program(x), x + constant)


def test_one_program_takes_few_rows_and_many_in_turn(rng, threads):
    program = wide_program(rng)
    a, b = rng.standard_normal((2, 400, 64), np.float32)
    expected = program(a, b)
    for rows in (1, 400, 97, 5, 400, 200):
        for whole, part in zip(expected, program(a[:rows], b[:rows]), strict=True):
            assert_array_equal(part, whole[:rows])


def test_a_float_layer_streams_as_well(rng, threads):
    weight = rng.standard_normal((64, 700), np.float32)
    constants = [_core.pack_f32(weight), padded(np.zeros(700))]
    steps = [step("linear_f32", (0, 1, 2), 3, depth=64, columns=700, activation="relu")]
    program = _core.Program([("x", "float32", (None, 64))], constants, steps, (3,))
    x = rng.standard_normal((700, 64), np.float32)
    together = program(x)
    for row in (0, 191, 192, 350, 699):
        assert_array_equal(together[row : row + 1], program(x[row : row + 1]))
