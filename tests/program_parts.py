"""Programs for the engine's tests: small building blocks, and random graphs with their results."""

import numpy as np

from fourfold import _core

FLOAT_ROWS = ("x", "float32", (None, 8))


def padded(values, fill=0):
    """Return float32 values, one per column, filled up to a multiple of 16."""
    return np.pad(np.asarray(values, np.float32), (0, -len(values) % 16), constant_values=fill)


def linear_s8_constants(rng, depth, columns):
    """Return weight, column scales and bias of a random linear_s8 step."""
    weight = rng.integers(-127, 128, (depth, columns), dtype=np.int8)
    scales = rng.uniform(0.001, 0.01, columns)
    return [_core.pack_s8(weight), padded(scales, 1), padded(rng.standard_normal(columns))]


def step(op, inputs, output, **attributes):
    """Return a step with one output."""
    return (op, tuple(inputs), (output,), attributes)


class RandomGraph:
    """A random program of ops whose results NumPy gives to the bit, or a single kernel does."""

    def __init__(self, rng, steps):
        self.rng = rng
        self.inputs = [("a", "float32", (None, 8)), ("b", "float32", (None, 8))]
        self.constants = [
            *(rng.standard_normal(8).astype(np.float32) for _ in range(3)),
            *linear_s8_constants(rng, 8, 8),
        ]
        self.first = len(self.inputs) + len(self.constants)  # the number of the first step's value
        self.steps = [self._random_step(self.first + i) for i in range(steps)]
        values = [0, 1, *range(self.first, self.first + steps)]
        self.outputs = [int(v) for v in rng.choice(values, size=rng.integers(1, 5))]

    def program(self):
        return _core.Program(self.inputs, self.constants, self.steps, self.outputs)

    def expected(self, a, b):
        """Return the outputs, computed step by step, each into an array of its own."""
        values = [a, b, *self.constants]
        for op, inputs, _, attributes in self.steps:
            values.append(self._apply(op, [values[i] for i in inputs], attributes))
        return [values[v] for v in self.outputs]

    def _random_step(self, output):
        rng = self.rng
        op = rng.choice(["add", "affine", "clip", "linear_s8", "normalize", "relu"])
        values = [0, 1, *range(self.first, output)]
        x, y = (int(v) for v in rng.choice(values[-6:], size=2))
        if op == "add":
            return step("add", (x, y), output)
        if op == "affine":
            return step("affine", (x, 2, 3, 4), output)
        if op == "clip":
            return step("clip", (x,), output, low=-1.5, high=2)
        if op == "linear_s8":
            return step("linear_s8", (x, 5, 6, 7), output, depth=8, columns=8)
        if op == "normalize":
            return step("normalize", (x,), output, norm="max")
        return step("activation", (x,), output, kind="relu")

    def _apply(self, op, inputs, attributes):
        x = inputs[0]
        if op == "add":
            return x + inputs[1]
        if op == "affine":
            return (x - inputs[1]) * inputs[2] + inputs[3]
        if op == "clip":
            return np.clip(x, np.float32(-1.5), np.float32(2))
        if op == "linear_s8":
            return _core.kernels.linear_s8(x, *inputs[1:], 8)
        if op == "normalize":
            largest = np.abs(x).max(axis=1, keepdims=True)
            return x / np.where(largest == 0, np.float32(1), largest)
        return np.where(x < 0, np.float32(0), x)
