"""Constants that a model stores in 8 bits: what they are made of, beside their float32 values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fourfold.graph.ir import Integers, Node

LARGEST = 127


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
        zeros = constants[node.inputs[2]] if node.inputs[2] else np.zeros_like(scales, np.int8)
        shape = [1] * values.ndim
        if scales.size > 1:
            axis %= values.ndim
            shape[axis] = scales.size
        centred = values.astype(np.int16) - zeros.astype(np.int16).reshape(shape)
        if np.abs(centred).max(initial=0) <= LARGEST:
            found[node.outputs[0]] = Integers(centred.astype(np.int8), scales.reshape(-1), axis)
    return found
