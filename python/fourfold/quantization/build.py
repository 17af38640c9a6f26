"""A float graph to a program with INT8 layers, in one call."""

from __future__ import annotations

from dataclasses import dataclass

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph
from fourfold.graph.passes.check import check_finite
from fourfold.graph.passes.fold import fold_affine
from fourfold.graph.passes.fuse import fuse_activations
from fourfold.graph.passes.lower import lower
from fourfold.quantization.config import QuantizationConfig
from fourfold.quantization.precision import choose_precision
from fourfold.quantization.records import int8_shares, layer_records
from fourfold.quantization.weights import quantize_weights
from fourfold.stats import LayerRecord


@dataclass(frozen=True)
class Candidate:
    """A quantized model before it is judged."""

    program: CompiledProgram
    layers: tuple[LayerRecord, ...]
    int8_weight_share: float
    int8_multiply_add_share: float


def quantize_graph(graph: Graph, config: QuantizationConfig) -> Candidate:
    """Check, fuse, choose each layer's precision, fold, quantize, lower and compile a graph.

    Raises
    ------
    ValueError
        If a parameter is NaN or infinite, or the configuration names an unknown layer.
    """
    check_finite(graph)
    graph = fuse_activations(graph)
    reasons = choose_precision(graph, config)
    int8 = {output for output, reason in reasons.items() if not reason}
    graph = fold_affine(graph, int8)
    quantized = quantize_weights(graph, int8)
    return Candidate(
        CompiledProgram(lower(graph, quantized)),
        layer_records(graph, reasons, quantized),
        *int8_shares(graph, quantized),
    )
