"""Constants that a model stores in 8 bits: what they are made of, beside their float32 values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fourfold.graph.integers import symmetric_integers
from fourfold.graph.ir import Integers, Node


def stored_integers(
    nodes: Sequence[Node], constants: Mapping[str, np.ndarray]
) -> dict[str, Integers]:
    """Return the integers of constants that nodes dequantize, by the names of the float ones.

    Those that are in [-127, 127] once their zero point is taken off: as symmetric weights are.
    """
    found = {}
    for node in nodes:
        if node.op != "dequantize_linear" or node.attributes.get("block_size"):
            continue
        values, scales = (constants[name] for name in node.inputs[:2])
        if values.dtype not in (np.int8, np.uint8) or scales.ndim > 1:
            continue
        axis = node.attributes.get("axis", 1)
        assert isinstance(axis, int)
        zeros = constants[node.inputs[2]] if node.inputs[2] else None
        integers = symmetric_integers(values, scales, zeros, axis)
        if integers is not None:
            found[node.outputs[0]] = integers
    return found
