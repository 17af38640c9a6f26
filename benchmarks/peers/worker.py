"""One engine in a process of its own: takes orders on standard input, a JSON line each.

``{"shape": [rows, depth, columns]}`` builds the layer, checks it, and answers with its error;
``{}`` times it once more and answers with the seconds of one call.
"""

from __future__ import annotations

import functools
import json
import sys
import warnings
from typing import Any

import numpy as np

from benchmarks.harness import pin, seconds_per_call
from benchmarks.peers.engines import ENGINES, Layer
from benchmarks.workers import answers_only


def build(engine: str, shape: list[int]) -> tuple[Layer, np.ndarray, float]:
    """The layer, its input, and its error relative to float64 in the L2 norm."""
    rows, depth, columns = shape
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((depth, columns), np.float32) * np.float32(depth**-0.5)
    bias = rng.standard_normal(columns, np.float32)
    x = rng.standard_normal((rows, depth), np.float32)
    layer = ENGINES[engine](weight, bias)
    exact = x.astype(np.float64) @ weight + bias
    error = float(np.linalg.norm(np.asarray(layer(x)) - exact) / np.linalg.norm(exact))
    return layer, x, error


def main() -> None:
    answers = answers_only()
    pin()
    warnings.simplefilter("ignore")
    layer: Any = None
    for line in sys.stdin:
        order = json.loads(line)
        if "shape" in order:
            layer, x, error = build(sys.argv[1], order["shape"])
            answer = {"error": error}
        else:
            answer = {"seconds": seconds_per_call(functools.partial(layer, x), at_least=0.01)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
