"""Precision: which linear layers run in INT8, and why others do not."""

from __future__ import annotations

from fourfold.graph.ir import Graph
from fourfold.graph.passes.check import label
from fourfold.graph.passes.lower import padded_columns
from fourfold.quantization.config import QuantizationConfig

# The int32 sum of so many products of two int8 cannot overflow (kMaxDepth in gemm_s8.h).
MAX_DEPTH = 65536
DEPTH_STEP = 64
FLOAT_BYTES = 4


def choose_precision(graph: Graph, config: QuantizationConfig) -> dict[str, str]:
    """Return, for the first output of each linear node, why it stays in float32: "" for INT8.

    INT8 is not worth its error where it does not at least halve the layer as it is stored: both
    forms are padded to 16 columns, and INT8 to a depth that is a multiple of 64 as well.

    Raises
    ------
    ValueError
        If the configuration names a layer that the model does not have.
    """
    linear = [node for node in graph.nodes if node.op == "linear"]
    names = {label(node) for node in linear}
    unknown = sorted(set(config.keep_float) - names)
    if unknown:
        raise ValueError(f"keep_float names {unknown}, but the layers are {sorted(names)}")
    reasons = {}
    for node in linear:
        depth, columns = graph.constants[node.inputs[1]].shape
        reasons[node.outputs[0]] = _reason(label(node), depth, columns, config)
    return reasons


def packed_bytes(depth: int, columns: int, *, int8: bool) -> int:
    """Return the bytes that a layer's weight takes as stored, an INT8 one with its scales."""
    padded = padded_columns(columns)
    if int8:
        return (depth + -depth % DEPTH_STEP + FLOAT_BYTES) * padded
    return depth * padded * FLOAT_BYTES


def _reason(name: str, depth: int, columns: int, config: QuantizationConfig) -> str:
    if name in config.keep_float:
        return "the configuration keeps it in float32"
    if depth > MAX_DEPTH:
        return f"its depth of {depth} is above the INT8 limit of {MAX_DEPTH}"
    small, large = (packed_bytes(depth, columns, int8=int8) for int8 in (True, False))
    if 2 * small > large:
        return f"INT8 would take {small} bytes, float32 takes {large}: less than half is saved"
    return ""
