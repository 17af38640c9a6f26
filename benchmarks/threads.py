"""The linear layer of ``shapes.py`` in INT8 on one thread and on two, pinned to two cores."""

from __future__ import annotations

import numpy as np

import fourfold as ff
from benchmarks.harness import Row, interleaved
from benchmarks.peers.engines import fourfold_int8
from benchmarks.shapes import LINEAR


def measure() -> list[Row]:
    rows = []
    for shape in LINEAR:
        row_count, depth, columns = shape
        rng = np.random.default_rng(0)
        weight = rng.standard_normal((depth, columns), np.float32)
        layer = fourfold_int8(weight, np.zeros(columns, np.float32))
        x = rng.standard_normal((row_count, depth), np.float32)

        def on(threads: int, layer=layer, x=x) -> np.ndarray:
            ff.set_threads(threads)
            return layer(x)

        if not np.array_equal(on(1), on(2)):
            raise AssertionError(f"{shape}: two threads answer otherwise than one")
        seconds = interleaved({"one": lambda: on(1), "two": lambda: on(2)}, rounds=15)
        rows.append(
            {
                "shape": "x".join(map(str, shape)),
                "one_thread_microseconds": 1e6 * seconds["one"],
                "two_threads_microseconds": 1e6 * seconds["two"],
                "speedup": seconds["one"] / seconds["two"],
            }
        )
    return rows
