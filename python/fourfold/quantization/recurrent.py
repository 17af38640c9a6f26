"""LSTM and GRU: both matrices in INT8, a scale per column; rows of x and h scaled as they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from fourfold import _core
from fourfold.graph.ir import Node
from fourfold.graph.passes.pack import QuantizedWeight
from fourfold.graph.passes.pack_recurrent import resets_product
from fourfold.graph.passes.stored import scale_bytes, stored_columns, stored_elements
from fourfold.quantization.kinds import Layer, LayerKind
from fourfold.quantization.linear import FLOAT_BYTES, MAX_DEPTH, packed_bytes
from fourfold.quantization.weights import quantize_table


class Recurrent(LayerKind):
    """A recurrent layer as ``lstm_s8`` and ``gru_s8`` compute it.

    Those have all that the float ops have: activations, clip, peepholes, lengths, initial states.
    What they need is that w [directions, gates * hidden, depth], r [directions, gates * hidden,
    hidden] and the bias are constants.
    """

    gates: ClassVar[int]
    multiplies = True
    activation_bits = (8,)
    bias_input = 3
    packs_floats = False

    def weights(self, node: Node, constants: Mapping[str, np.ndarray]) -> tuple[str, ...]:
        """Return the names of w and r, if they and the bias are constants that fit each other."""
        names = node.inputs[1:3]
        w, r, bias = (constants.get(name) for name in node.inputs[1:4])
        if w is None or r is None or w.ndim != 3 or r.ndim != 3 or w.dtype != r.dtype:
            return ()
        directions, rows, hidden = r.shape
        fits = w.shape[:2] == (directions, rows) and rows == self.gates * hidden
        fits = fits and r.dtype == np.float32 and hidden == node.attributes["hidden"]
        if node.inputs[3]:
            fits = fits and bias is not None and bias.shape == (directions, 2 * rows)
        return names if fits else ()

    def refusal(self, layer: Layer) -> str:
        """Return why INT8 is not for these: too deep, too small, or not finite.

        A scale for each column of each matrix takes as much as a shallow layer saves.
        """
        weights = layer.weights
        deepest = max(weight.shape[2] for weight in weights)
        if deepest > MAX_DEPTH:
            return f"its depth of {deepest} is above the INT8 limit of {MAX_DEPTH}"
        small, large = (self._matrix_bytes(weights, int8=int8) for int8 in (True, False))
        if 2 * small > large:
            return f"INT8 would take {small} bytes, float32 takes {large}: less than half is saved"
        if not all(_core.all_finite(np.ascontiguousarray(weight)) for weight in weights):
            return "its weights hold NaN or infinity"
        return ""

    def quantize(self, weight: np.ndarray) -> QuantizedWeight:
        """Return the weight with a scale per row as ONNX has them: a gate's columns."""
        found = quantize_table(weight.reshape(-1, weight.shape[2]))
        shape = (*weight.shape[:2], 1)
        return QuantizedWeight(found.values.reshape(weight.shape), found.scales.reshape(shape))

    def stored_bytes(self, layer: Layer, *, int8: bool) -> int:
        """Return the bytes of both matrices, and of the bias that INT8 ones always have."""
        if not int8:
            return self._matrix_bytes(layer.weights, int8=False)
        directions, _, hidden = layer.weights[1].shape
        depths = [weight.shape[2] for weight in layer.weights]
        gate = stored_columns(depths[0], hidden) * FLOAT_BYTES  # the bias
        for depth in depths:
            scales = stored_columns(depth, hidden) * scale_bytes(depth)
            gate += stored_elements(depth, hidden) + scales
        apart = hidden * FLOAT_BYTES if resets_product(layer.node) else 0
        return int(directions * (self.gates * gate + apart))

    def _matrix_bytes(self, weights: Sequence[np.ndarray], *, int8: bool) -> int:
        if not int8:
            return sum(weight.size for weight in weights) * FLOAT_BYTES
        directions, _, hidden = weights[1].shape
        gates = directions * self.gates
        return sum(gates * packed_bytes(weight.shape[2], hidden, int8=True) for weight in weights)


class Lstm(Recurrent):
    """Long short-term memory."""

    op = "lstm"
    gates = 4


class Gru(Recurrent):
    """The gated recurrent unit."""

    op = "gru"
    gates = 3
