"""``ff.Sequential`` 784-1024-1024-10: INT8 against itself in NumPy float32, one thread."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

import fourfold as ff
from benchmarks.harness import Row, interleaved

SIZES = (784, 1024, 1024, 10)


def network() -> Any:
    """Random weights, scaled so that activations keep their range from layer to layer."""
    rng = np.random.default_rng(0)
    layers = []
    for depth, columns in itertools.pairwise(SIZES):
        weight = rng.standard_normal((depth, columns), np.float32) * np.float32(
            (2.0 / depth) ** 0.5
        )
        activation = "identity" if columns == SIZES[-1] else "relu"
        layers.append(ff.Dense(weight, np.zeros(columns, np.float32), activation))
    return ff.Sequential(layers)


def measure(isa: str, batches: list[int]) -> list[Row]:
    ff.use_isa(isa)
    ff.set_threads(1)
    original = network()
    rng = np.random.default_rng(1)
    gate = ff.Gate(min_speedup=0.0)
    quantized = ff.quantize_model(
        original, rng.standard_normal((64, SIZES[0]), np.float32), gate=gate, strict=True
    ).model
    rows = []
    for batch in batches:
        x = rng.standard_normal((batch, SIZES[0]), np.float32)
        expected, received = original(x), quantized(x)
        distance = float(np.linalg.norm(received - expected) / np.linalg.norm(expected))
        if distance > 0.05:
            raise AssertionError(f"INT8 answer is {distance:.1%} from float32: not worth timing")
        seconds = interleaved(
            {"numpy": lambda x=x: original(x), "int8": lambda x=x: quantized(x)}, rounds=15
        )
        rows.append(
            {
                "batch": batch,
                "numpy_milliseconds": 1e3 * seconds["numpy"],
                "int8_milliseconds": 1e3 * seconds["int8"],
                "speedup": seconds["numpy"] / seconds["int8"],
                "relative_error": distance,
            }
        )
    return rows
