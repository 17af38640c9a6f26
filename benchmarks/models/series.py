"""Time series with their classes, which aeon ships: spoken vowels, and the use of electricity."""

from __future__ import annotations

import functools

import numpy as np

from benchmarks.models.task import package_folder


def _part(name: str, part: str) -> tuple[list[np.ndarray], list[str]]:
    """Series [steps, channels] of different lengths, and the names of their classes."""
    folder = package_folder("aeon", "aeon") / "datasets" / "data" / name
    _, _, data = (folder / f"{name}_{part}.ts").read_text("utf8").lower().partition("@data")
    found: list[np.ndarray] = []
    classes: list[str] = []
    for line in data.split():
        *channels, label = line.split(":")
        values = [[float(value) for value in channel.split(",")] for channel in channels]
        found.append(np.array(values, np.float32).T)
        classes.append(label)
    return found, classes


@functools.cache
def series(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training series [count, steps, channels], their classes, test series, theirs.

    The split is the official one. Zeros go before a short series: the last step is a real one.
    """
    parts = [_part(name, part) for part in ("TRAIN", "TEST")]
    classes = sorted(set(parts[0][1]))
    steps = max(len(one) for found, _ in parts for one in found)
    arrays = []
    for found, labels in parts:
        padded = np.zeros((len(found), steps, found[0].shape[1]), np.float32)
        for i, one in enumerate(found):
            padded[i, steps - len(one) :] = one
        arrays += [padded, np.array([classes.index(label) for label in labels])]
    return arrays[0], arrays[1], arrays[2], arrays[3]
