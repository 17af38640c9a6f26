"""Kernels on int8 tensors, bit for bit as their contracts have them, on every ISA."""

import itertools

import numpy as np
import pytest

from fourfold._core import kernels
from kernel_calls.parts import WIDTHS
from kernel_calls.tensors_s8 import convolve_s8, interleave_s8
from reference import assert_same_bits, quantize_fixed, round_up

F32 = np.float32


def int8(rng, *shape):
    return rng.integers(-128, 128, shape, dtype=np.int8)


def values_of(slots, group, flip):
    """Slots as the integers that they stand for: [columns, padded channels, group]."""
    if group == 2:
        return slots.view(np.int16).astype(int)
    return (slots ^ np.uint8(flip).view(np.int8)).astype(int)


@pytest.mark.parametrize("channels", WIDTHS)
def test_interleave(isa, rng, channels):
    group, flip = kernels.depthwise_s8_form()
    for columns, stride in itertools.product([1, 2, 7], [channels, channels + 3, 2 * channels]):
        rows = [int8(rng, (columns - 1) * stride + channels) for _ in range(group)]
        for absent in (None, 0, group - 1):
            given = [None if j == absent else row for j, row in enumerate(rows)]
            slots = interleave_s8(columns, stride, channels)(*given)
            values = values_of(slots, group, flip)[:, :channels]
            for j, row in enumerate(given):
                at = np.arange(columns)[:, None] * stride + np.arange(channels)
                expected = np.zeros(at.shape) if row is None else row[at]
                np.testing.assert_array_equal(values[:, :, j], expected)


def expected_sums(values, offsets, weights, start, shape, steps, group):
    """The contract's sum, step by step; every position is two slots further."""
    rows, columns, padded = shape
    sums = np.broadcast_to(start, shape).astype(int)
    of_rows = [range(rows)] * steps[0] + [range(1)] * steps[1] + [range(1, 2)] * steps[2]
    weights = iter(weights.reshape(-1, padded, group).astype(int))
    for offset, under in zip(offsets, of_rows, strict=True):
        for r in under:
            slots = values[offset + 2 * np.arange(columns)]
            sums[r] += (slots * next(weights)).sum(axis=-1)
    return sums


@pytest.mark.parametrize("extreme", [False, True])
@pytest.mark.parametrize(
    ("rows", "steps"), [(1, (7, 0, 0)), (2, (5, 0, 0)), (2, (3, 2, 1)), (4, (6, 0, 0))]
)
def test_depthwise(isa, rng, rows, steps, extreme):
    """Also the first rows alone, of steps that have more."""
    group, flip = kernels.depthwise_s8_form()
    for columns, channels in itertools.product([1, 2, 3, 4, 7, 8, 9, 17], [1, 16, 31, 64, 100]):
        padded, count = round_up(channels, 16), 2 * columns + 4
        x = [int8(rng, count * padded) for _ in range(group)]
        weights = rng.integers(-127, 128, 4 * sum(steps) * padded * group, dtype=np.int8)
        if extreme:
            x = [np.full_like(row, -128) for row in x]
            weights[:] = 127
        weights = weights[: (steps[0] * rows + steps[1] + steps[2]) * padded * group]
        slots = interleave_s8(count, padded, padded)(*x)
        offsets = [*rng.integers(0, 6, sum(steps))]
        start = rng.integers(-999, 999, padded, dtype=np.int32)
        shape = (rows, columns, padded)
        read = values_of(slots, group, 0).astype(int) if group == 2 else values_of(slots, 4, flip)
        if flip:
            read = read + 128  # as u8: the caller's start takes it off again
        expected = expected_sums(read, offsets, weights, start, shape, steps, group)
        for computed in {1, (rows + 1) // 2, rows}:
            sums = np.empty((computed, columns, padded), np.int32)
            convolve_s8(offsets, channels, steps, rows)(slots, weights, start, sums)
            of_these = expected[:computed, :, :channels]
            np.testing.assert_array_equal(sums[:, :, :channels], of_these)


@pytest.mark.parametrize("columns", WIDTHS)
def test_copy_and_dequantize(isa, rng, columns):
    x = int8(rng, 3, columns)
    copied = np.empty_like(x)
    kernels.copy_s8(x, copied, 128)
    assert_same_bits(copied, x ^ np.int8(-128))
    y = np.empty(columns, F32)
    kernels.dequantize_values(x[0].copy(), 0.3, y)
    assert_same_bits(y, x[0].astype(F32) * F32(0.3))


@pytest.mark.parametrize("kind", ["add", "mul"])
@pytest.mark.parametrize("columns", WIDTHS)
def test_join(isa, rng, columns, kind):
    a, b = int8(rng, 4, columns), rng.standard_normal((4, columns)).astype(F32)
    for row_b, floor in itertools.product((b, b[:1].copy(), b[:, :1].copy()), (-np.inf, 0.0)):
        real = a.astype(F32) * F32(0.02)
        value = real + row_b if kind == "add" else real * row_b
        value = np.maximum(value, F32(floor))
        y, q = np.empty(a.shape, F32), np.empty(a.shape, np.int8)
        kernels.join_s8(kind, a, row_b, y, a_scale=0.02, floor=floor)
        assert_same_bits(y + F32(0), value + F32(0))  # of two zeros, either
        kernels.join_s8(kind, a, row_b, q, a_scale=0.02, inverse_scale=50.0, floor=floor)
        assert_same_bits(q, quantize_fixed(value, columns, 50.0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, s, n: kernels.interleave_s8([x], 16, 16, s), "expected . rows"),
        (lambda x, s, n: kernels.interleave_s8([x] * n, 15, 16, s), "a stride from 16"),
        (lambda x, s, n: kernels.interleave_s8([x[1:]] * n, 16, 16, s), "row: expected shape"),
        (lambda x, s, n: kernels.interleave_s8([x] * n, 16, 17, s), "slots: expected shape"),
        (lambda x, s, n: kernels.join_s8("sub", s[0], s[0], s[0]), "kind: expected add or mul"),
        (lambda x, s, n: kernels.join_s8("add", s[0], s[0, :, :1].copy(), s[0]), "b: expected"),
        (lambda x, s, n: kernels.copy_s8(s[0], s[0, :3].copy(), 0), "to: expected shape"),
    ],
)
def test_sizes_are_checked(call, message):
    slots = np.zeros((2, 16, 4), np.int8)
    with pytest.raises(ValueError, match=message):
        call(np.zeros(32, np.int8), slots, kernels.depthwise_s8_form()[0])


@pytest.mark.parametrize(
    ("offsets", "steps", "rows"),
    [([0, 2], (2, 0, 0), 1), ([0], (2, 0, 0), 1), ([0, 1], (1, 1, 0), 1), ([0], (1, 0, 0), 3)],
)
def test_steps_are_checked(offsets, steps, rows):
    slots, start = np.zeros((3, 16, 4), np.int8), np.zeros(16, np.int32)
    weights = np.zeros(2 * rows * 16 * kernels.depthwise_s8_form()[0], np.int8)
    sums = np.zeros((rows, 2, 16), np.int32)
    with pytest.raises(ValueError, match=r"offsets: expected slots|expected 1, 2 or 4 rows"):
        kernels.depthwise_s8(slots, offsets, 1, weights, start, 16, [*steps], sums, 1)
