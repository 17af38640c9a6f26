"""One call of a 64-128-10 network at batch 1, against an empty extension function."""

from __future__ import annotations

import numpy as np

import fourfold as ff
from benchmarks.harness import Row, interleaved
from fourfold import _core


def measure() -> list[Row]:
    rng = np.random.default_rng(0)
    network = ff.Sequential(
        [
            ff.Dense(rng.standard_normal((64, 128), np.float32), np.zeros(128, np.float32), "relu"),
            ff.Dense(rng.standard_normal((128, 10), np.float32), np.zeros(10, np.float32)),
        ]
    )
    x = rng.standard_normal((1, 64), np.float32)
    gate = ff.Gate(min_compression=1.0, min_speedup=0.0, max_accuracy_loss=50.0)
    quantized = ff.quantize_model(network, x, gate=gate, strict=True).model
    seconds = interleaved(
        {
            "empty extension function": lambda: _core.empty_call(x),
            "NumPy float32": lambda: network(x),
            "fourfold INT8": lambda: quantized(x),
            "fourfold INT8, predict": lambda: quantized.predict(x),
        }
    )
    floor = seconds["empty extension function"]
    return [
        {
            "call": name,
            "microseconds": 1e6 * value,
            "beyond_empty": 1e6 * (value - floor),
        }
        for name, value in seconds.items()
    ]
