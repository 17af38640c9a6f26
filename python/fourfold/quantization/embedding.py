"""Rows of a constant table, taken by number: INT8 with a scale per row."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fourfold import _core
from fourfold.graph.ir import Node
from fourfold.graph.passes.pack import QuantizedWeight
from fourfold.graph.passes.stored import scale_bytes
from fourfold.quantization.kinds import Layer, LayerKind
from fourfold.quantization.weights import quantize_table

# Smaller tables stay as they are: nothing to gain, and often they are no embedding but a few
# factors, or the numbers of something.
SMALLEST_TABLE = 16384
FLOAT_BYTES = 4


class Embedding(LayerKind):
    """``table[indices]``, as ``gather_s8`` computes it."""

    op = "gather"
    multiplies = False
    activation_bits = ()
    bias_input = None
    packs_floats = False

    def weights(self, node: Node, constants: Mapping[str, np.ndarray]) -> tuple[str, ...]:
        """Return the table [rows, columns], if it is one of float32 whose rows are taken."""
        table = constants.get(node.inputs[0])
        if table is None or table.dtype != np.float32 or table.ndim != 2:
            return ()
        return (node.inputs[0],) if node.attributes.get("axis", 0) in (0, -2) else ()

    def refusal(self, layer: Layer) -> str:
        """Return why INT8 is not for this table: too small, too narrow, or not finite."""
        (table,) = layer.weights
        if table.size < SMALLEST_TABLE:
            return f"a table of {table.size} elements, less than {SMALLEST_TABLE}, saves too little"
        rows, columns = table.shape
        small, large = rows * (columns + FLOAT_BYTES), table.size * FLOAT_BYTES
        if 2 * small > large:
            return f"INT8 would take {small} bytes, float32 takes {large}: less than half is saved"
        if not _core.all_finite(np.ascontiguousarray(table)):
            return "its table holds NaN or infinity"
        return ""

    def quantize(self, weight: np.ndarray) -> QuantizedWeight:
        """Return the table with a scale per row."""
        return quantize_table(weight)

    def stored_bytes(self, layer: Layer, *, int8: bool) -> int:
        """Return the bytes of the table, and of its scales."""
        (table,) = layer.weights
        rows, columns = table.shape
        return table.size + rows * scale_bytes(columns) if int8 else table.size * FLOAT_BYTES
