"""Weights to int8: symmetric, in [-127, 127], one scale per output channel."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from fourfold.graph.ir import Graph
from fourfold.graph.passes.lower import QuantizedWeight

INT8_MAX = 127

# Below this a column counts as zero, as a row does in the kernels: its scale, and the product of
# that with a row's scale, would lose bits to float32's least exponent.
SMALLEST_MAXIMUM = 2.0**-100


def quantize_columns(weight: np.ndarray) -> QuantizedWeight:
    """Quantize a weight, each column by its own largest magnitude.

    ``scale[n] = max |weight[:, n]| / 127`` and ``values = round_to_even(weight / scale)``; a column
    of zeros has scale 1.

    Parameters
    ----------
    weight : ndarray of float32, [K, N]
        Finite.
    """
    maximum = np.maximum(weight.max(axis=0), -weight.min(axis=0))
    scales = (maximum / np.float32(INT8_MAX)).astype(np.float32)
    scales[maximum < SMALLEST_MAXIMUM] = 1.0
    values = np.divide(weight, scales)
    np.rint(values, out=values)
    return QuantizedWeight(values.astype(np.int8), scales)


def quantize_weights(graph: Graph, int8: Collection[str]) -> dict[str, QuantizedWeight]:
    """Quantize the weights of some linear nodes, given by their first outputs.

    A weight that several nodes share is quantized once.
    """
    by_weight: dict[str, QuantizedWeight] = {}
    result = {}
    for node in graph.nodes:
        if node.op == "linear" and node.outputs[0] in int8:
            name = node.inputs[1]
            if name not in by_weight:
                by_weight[name] = quantize_columns(graph.constants[name])
            result[node.outputs[0]] = by_weight[name]
    return result


def relative_error(weight: np.ndarray, quantized: QuantizedWeight) -> float:
    """Return the relative L2 distance of quantized weights from their original."""
    exact = weight.astype(np.float64)  # the squares of float32's largest would overflow in it
    norm = float(np.linalg.norm(exact))
    if norm == 0:
        return 0.0
    exact -= quantized.values * quantized.scales.astype(np.float64)
    return float(np.linalg.norm(exact)) / norm
