"""Products with a constant matrix: INT8 weights, a scale per column; rows scaled as they come."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fourfold.graph.ir import Node
from fourfold.graph.narrow import narrow_floats
from fourfold.graph.passes.pack import QuantizedWeight
from fourfold.graph.passes.stored import (
    is_shallow,
    padded_columns,
    scale_bytes,
    stored_columns,
    stored_elements,
)
from fourfold.quantization.kinds import Layer, LayerKind
from fourfold.quantization.weights import quantize_columns

# The int32 sum of so many products of two int8 cannot overflow (kMaxDepth in gemm_s8.h).
MAX_DEPTH = 65536
FLOAT_BYTES = 4


class Linear(LayerKind):
    """``x @ weight + bias``, as ``linear_s8`` computes it."""

    op = "linear"
    multiplies = True
    activation_bits = (8, 16)
    bias_input = 2
    packs_floats = True

    def weights(self, node: Node, constants: Mapping[str, np.ndarray]) -> tuple[str, ...]:
        """Return the weight [K, N]."""
        return (node.inputs[1],) if node.inputs[1] in constants else ()

    def refusal(self, layer: Layer) -> str:
        """Return why INT8 is not for this shape.

        It is not worth its error where it does not at least halve the weight as it runs: where the
        scale of a column, in float32, takes as much as is saved.
        """
        depth, columns = layer.weights[0].shape
        if depth > MAX_DEPTH:
            return f"its depth of {depth} is above the INT8 limit of {MAX_DEPTH}"
        small, large = packed_bytes(depth, columns, int8=True), depth * columns * FLOAT_BYTES
        if 2 * small > large:
            return f"INT8 would take {small} bytes, float32 takes {large}: less than half is saved"
        return ""

    def quantize(self, weight: np.ndarray) -> QuantizedWeight:
        """Return the weight with a scale per column."""
        return quantize_columns(weight)

    def stored_bytes(self, layer: Layer, *, int8: bool) -> int:
        """Return the bytes of the weight, its scales, and the bias that it always has."""
        depth, columns = layer.weights[0].shape
        if not int8:
            biases = padded_columns(columns) * FLOAT_BYTES
            return packed_bytes(depth, columns, int8=False) + biases
        by_column = scale_bytes(depth) + _bias_bytes(depth, layer.bias)
        return stored_elements(depth, columns) + stored_columns(depth, columns) * by_column


def packed_bytes(depth: int, columns: int, *, int8: bool) -> int:
    """Return the bytes that a layer's weight takes as stored, an INT8 one with its scales."""
    if int8:
        return stored_elements(depth, columns) + stored_columns(depth, columns) * FLOAT_BYTES
    return depth * padded_columns(columns) * FLOAT_BYTES


def _bias_bytes(depth: int, bias: np.ndarray | None) -> int:
    """Return the bytes of a column's bias as stored; an absent one is stored as zeros."""
    if not is_shallow(depth):
        return FLOAT_BYTES
    zeros = np.zeros(1, np.float32)
    return narrow_floats(zeros if bias is None else bias).itemsize
