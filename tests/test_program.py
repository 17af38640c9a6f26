"""The engine: graphs of every form give what their steps, one by one, give."""

import gc
from itertools import pairwise

import numpy as np
import pytest

from fourfold import _core
from program_parts import FLOAT_ROWS, RandomGraph, linear_s8_constants, padded, step


def random_rows(rng, rows, columns):
    return rng.standard_normal((rows, columns)).astype(np.float32)


def relu_program(inputs=(FLOAT_ROWS,)):
    return _core.Program(inputs, [], [step("activation", [0], 1, kind="relu")], [1])


def test_random_graphs_equal_their_steps(rng):
    for _ in range(300):
        graph = RandomGraph(rng, steps=int(rng.integers(1, 25)))
        program = graph.program()
        for rows in (1, 5):
            a, b = random_rows(rng, rows, 8), random_rows(rng, rows, 8)
            kept = a.copy(), b.copy()
            results = program(a, b)
            if len(graph.outputs) == 1:
                results = (results,)
            expected = graph.expected(a, b)
            assert len(results) == len(expected)
            for result, want in zip(results, expected, strict=True):
                assert np.array_equal(result, want), (graph.steps, graph.outputs)
                assert not any(np.shares_memory(result, x) for x in (a, b, *graph.constants))
            assert np.array_equal(a, kept[0])
            assert np.array_equal(b, kept[1])


def test_a_network_equals_its_layers(rng, isa, threads):
    sizes = [30, 200, 65, 10]
    kinds = ["gelu", "relu", "identity"]
    constants = []
    steps = []
    for layer, (depth, columns) in enumerate(pairwise(sizes)):
        constants += linear_s8_constants(rng, depth, columns)
        first = 1 + 3 * layer
        x = 0 if layer == 0 else 9 + layer
        attributes = {"depth": depth, "columns": columns, "activation": kinds[layer]}
        steps.append(step("linear_s8", (x, first, first + 1, first + 2), 10 + layer, **attributes))
    steps.append(step("activation", (12,), 13, kind="softmax"))
    program = _core.Program([("x", "float32", (None, 30))], constants, steps, [13])
    for rows in (1, 3, 64, 257):
        x = random_rows(rng, rows, 30)
        y = x
        for layer, columns in enumerate(sizes[1:]):
            packed = constants[3 * layer : 3 * layer + 3]
            y = _core.kernels.linear_s8(y, *packed, columns, kinds[layer])
        assert np.array_equal(program(x), _core.kernels.activation("softmax", y))


def test_linear_f32_equals_a_chain_of_fused_multiply_adds(rng):
    weight, bias = random_rows(rng, 20, 7), random_rows(rng, 1, 7)[0]
    constants = [_core.pack_f32(weight), padded(bias)]
    steps = [step("linear_f32", (0, 1, 2), 3, depth=20, columns=7, activation="relu")]
    program = _core.Program([("x", "float32", (None, 20))], constants, steps, [3])
    x = random_rows(rng, 5, 20)
    result = program(x)
    assert np.array_equal(result, _core.kernels.linear_f32(x, *constants, 7, "relu"))
    assert np.allclose(result, np.maximum(x @ weight + bias, 0), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("norm", ["l1", "l2", "max"])
def test_normalize_gives_unit_rows_and_keeps_zeros(rng, norm):
    steps = [step("normalize", [0], 1, norm=norm)]
    program = _core.Program([("x", "float32", (None, None))], [], steps, [1])
    order = {"l1": 1, "l2": 2, "max": np.inf}[norm]
    for columns in (1, 31, 32, 33, 100):
        x = random_rows(rng, 4, columns)
        x[1] = 0
        result = program(x)
        assert np.array_equal(result[1], x[1])
        # A sum of n terms errs by less than n roundings.
        expected = np.delete(x / np.linalg.norm(x, order, axis=1, keepdims=True).clip(1e-30), 1, 0)
        assert np.allclose(np.delete(result, 1, 0), expected, rtol=columns * 2**-23, atol=0)


def test_clip_and_add_take_extremes(rng):
    x = np.array([[np.nan, np.inf, -np.inf, -0.0, 1e-45, 3e38, 1, -1]], np.float32)
    steps = [step("clip", [0], 1, low=-np.inf, high=1), step("add", (0, 0), 2)]
    clipped, doubled = _core.Program([FLOAT_ROWS], [], steps, [1, 2])(x)
    assert np.array_equal(clipped, np.minimum(x, 1), equal_nan=True)
    with np.errstate(over="ignore"):
        assert np.array_equal(doubled, x + x, equal_nan=True)


def test_elementwise_ops_take_any_rank(rng):
    steps = [step("add", (0, 1), 2), step("activation", (2,), 3, kind="softmax")]
    for shape in [(3,), (2, 3, 4), (1, 2, 1, 3, 1, 2, 1, 2)]:
        inputs = [(name, "float32", (None,) * len(shape)) for name in "ab"]
        a, b = (rng.standard_normal(shape).astype(np.float32) for _ in range(2))
        total, result = _core.Program(inputs, [], steps, [2, 3])(a, b)
        assert np.array_equal(total, a + b)
        rows = _core.kernels.activation("softmax", total.reshape(-1, shape[-1]))
        assert np.array_equal(result, rows.reshape(shape))


def test_outputs_may_be_inputs_constants_and_repeats(rng):
    constant = random_rows(rng, 2, 3)
    program = _core.Program(
        [FLOAT_ROWS], [constant], [step("activation", [0], 2, kind="relu")], [2, 0, 1, 2]
    )
    x = random_rows(rng, 4, 8)
    results = program(x)
    for result, expected in zip(results, [np.maximum(x, 0), x, constant, x.clip(0)], strict=True):
        assert np.array_equal(result, expected)
        assert result.flags.owndata
        assert result.flags.writeable
    assert not np.shares_memory(results[0], results[3])


def test_an_empty_batch_gives_empty_results(rng, isa):
    steps = [
        step("linear_s8", (0, 1, 2, 3), 4, depth=8, columns=5),
        step("activation", (4,), 5, kind="softmax"),
        step("normalize", (5,), 6, norm="l2"),
    ]
    program = _core.Program([FLOAT_ROWS], linear_s8_constants(rng, 8, 5), steps, [6, 4, 0])
    assert [y.shape for y in program(np.empty((0, 8), np.float32))] == [(0, 5), (0, 5), (0, 8)]
    assert [y.dtype for y in program(np.empty((0, 8)))] == 3 * [np.float32]


def test_more_batch_sizes_than_the_plan_cache_holds(rng):
    program = relu_program()
    batches = [random_rows(rng, rows, 8) for rows in range(1, 200)]
    for x in batches + batches[::-1]:
        assert np.array_equal(program(x), np.maximum(x, 0))


def test_every_call_returns_memory_of_its_own(rng):
    program = relu_program()
    x = random_rows(rng, 3, 8)
    first = program(x)
    kept = first.copy()
    second = program(-x)
    assert not np.shares_memory(first, second)
    assert np.array_equal(first, kept)


def test_constants_live_as_long_as_the_program(rng):
    steps = [step("add", (0, 1), 2)]
    constant = random_rows(rng, 500, 8)
    program = _core.Program([FLOAT_ROWS], [constant], steps, [2])
    expected = constant + 1
    del constant
    gc.collect()
    reused = [np.full((500, 8), np.nan, np.float32) for _ in range(20)]
    assert np.array_equal(program(np.ones((500, 8), np.float32)), expected)
    del reused


def test_a_large_arena_is_given_back_and_comes_again(rng):
    # 1 column to 1024 and back to 1: over 256 MB between the two steps, little outside.
    constants = [_core.pack_f32(random_rows(rng, 1, 1024)), padded(np.zeros(1024))]
    constants += [_core.pack_f32(random_rows(rng, 1024, 1)), padded(np.zeros(1))]
    steps = [
        step("linear_f32", (0, 1, 2), 5, depth=1, columns=1024, activation="relu"),
        step("linear_f32", (5, 3, 4), 6, depth=1024, columns=1),
    ]
    program = _core.Program([("x", "float32", (None, 1))], constants, steps, [6])
    few = random_rows(rng, 3, 1)
    expected = program(few)
    for _ in range(2):
        many = np.resize(few, (66_000, 1))
        assert np.array_equal(program(many), np.resize(expected, many.shape))
        assert np.array_equal(program(few), expected)
