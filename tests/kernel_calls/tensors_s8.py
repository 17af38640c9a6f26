"""Calls of the kernels on int8 tensors."""

import functools
import itertools

import numpy as np

from fourfold import _core
from kernel_calls.parts import WIDTHS, float32, int8, writing
from reference import round_up

kernels = _core.kernels


def copy_s8(rng):
    for rows, columns in itertools.product([1, 2, 5], WIDTHS):
        run = writing(kernels.copy_s8, rows, columns, dtype=np.int8)
        yield run, [int8(rng, rows, columns)], {"flip": 128}


def elementwise_s8(rng):
    for columns in WIDTHS:
        run = writing(lambda x, y: kernels.dequantize_values(x, 0.03, y), columns)
        yield run, [int8(rng, columns)], {}
    for kind, columns, to in itertools.product(("add", "mul"), WIDTHS, (np.float32, np.int8)):
        run = writing(functools.partial(kernels.join_s8, kind), 3, columns, dtype=to)
        options = {"a_scale": 0.02, "b_scale": 0.7, "inverse_scale": 20.0}
        for a, b in itertools.product((int8, float32), repeat=2):
            for shape in ((3, columns), (1, columns)):
                yield run, [a(rng, 3, columns), b(rng, *shape)], options
            yield run, [a(rng, 1, columns), b(rng, 3, columns)], options
            yield run, [a(rng, 3, columns), float32(rng, 3, 1)], options


def depthwise_s8(rng):
    group, _ = kernels.depthwise_s8_form()
    for columns, channels in itertools.product([1, 2, 5], WIDTHS):
        for stride in (channels, channels + 5):
            width = (columns - 1) * stride + channels
            rows = [int8(rng, width) if j != 1 else None for j in range(group)]
            yield interleave_s8(columns, stride, channels), rows, {}
    steps_of = {1: (3, 0, 0), 2: (3, 2, 1), 4: (3, 0, 0)}
    rows_of = [(1, 1), (2, 2), (4, 4), (1, 2), (1, 4), (2, 4)]  # computed, and those of the steps
    for (rows, of), columns in itertools.product(rows_of, [1, 3, 4, 7, 8, 9, 13]):
        steps = steps_of[of]
        for channels in (1, 16, 33, 64):
            padded = round_up(channels, 16)
            count = steps[0] * of + steps[1] + steps[2]
            operands = [
                int8(rng, 2 * columns + 4, padded, 4),
                int8(rng, count * padded * group),
                rng.integers(-999, 999, padded, dtype=np.int32),
            ]
            offsets = [*rng.integers(0, 6, sum(steps))]
            run = convolve_s8(offsets, channels, steps, of)
            yield writing(run, rows, columns, padded, dtype=np.int32), operands, {}


def interleave_s8(columns, stride, channels):
    """Channels that are none stay as they are: 0."""

    def run(*rows, out=None):
        slots = np.empty((columns, round_up(channels, 16), 4), np.int8) if out is None else out
        slots[...] = 0
        kernels.interleave_s8([*rows], stride, channels, slots)
        slots[:, channels:] = 0
        return slots

    return run


def convolve_s8(offsets, channels, steps, step_rows):
    def run(slots, weights, start, sums):
        kernels.depthwise_s8(slots, offsets, 2, weights, start, channels, [*steps], sums, step_rows)
        sums[:, :, channels:] = 0

    return run
