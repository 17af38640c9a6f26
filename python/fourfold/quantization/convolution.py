"""Convolutions: INT8 weights, a scale per output channel; activations scaled by calibration."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from fourfold import _core
from fourfold.graph.ir import Node
from fourfold.graph.passes.pack import QuantizedWeight
from fourfold.graph.passes.pack_conv import conv_groups, is_depthwise, stored_sizes
from fourfold.graph.passes.stored import padded_columns
from fourfold.quantization.kinds import Layer, LayerKind
from fourfold.quantization.linear import MAX_DEPTH
from fourfold.quantization.weights import quantize_rows

FLOAT_BYTES = 4


class Convolution(LayerKind):
    """A window of constant weights over x, as ``conv_s8`` and ``depthwise_s8`` compute it."""

    op = "conv"
    multiplies = True
    activation_bits = (8,)
    calibrated = True
    bias_input = 2
    packs_floats = False

    def weights(self, node: Node, constants: Mapping[str, np.ndarray]) -> tuple[str, ...]:
        """Return the weight [filters, channels / group, window...]."""
        return (node.inputs[1],) if node.inputs[1] in constants else ()

    def refusal(self, layer: Layer) -> str:
        """Return why INT8 is not for this convolution.

        Each group is multiplied as whole panels of 16 filters, or, of one filter each, 16 groups
        together: with few of them, mostly zeros.
        """
        (weight,) = layer.weights
        if not weight.size:
            return "its weights are empty"
        if weight.dtype != np.float32:
            return f"its weights are {weight.dtype}, and INT8 is made of float32"
        if not _core.all_finite(np.ascontiguousarray(weight)):
            return "its weights hold NaN or infinity"
        depth = math.prod(weight.shape[1:])
        if depth > MAX_DEPTH:
            return f"its depth of {depth} is above the INT8 limit of {MAX_DEPTH}"
        groups = conv_groups(layer.node)
        if groups == 1:
            return ""
        depthwise = is_depthwise(layer.node, weight)
        filters = len(weight) if depthwise else len(weight) // groups
        computed = padded_columns(filters)
        if 2 * filters >= computed:
            return ""
        few = f"{filters} channels" if depthwise else f"{filters} filters each"
        has = "it has" if depthwise else f"its {groups} groups have"
        return f"{has} {few}, and INT8 computes {computed}"

    def quantize(self, weight: np.ndarray) -> QuantizedWeight:
        """Return the weight with a scale per filter."""
        return quantize_rows(weight)

    def stored_bytes(self, layer: Layer, *, int8: bool) -> int:
        """Return the bytes of the weight, of its scales, and of the bias that it always has."""
        (weight,) = layer.weights
        if not int8:
            return (weight.size + len(weight)) * FLOAT_BYTES
        elements, columns = stored_sizes(layer.node, weight)
        return elements + 2 * columns * FLOAT_BYTES
