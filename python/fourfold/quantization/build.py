"""A float graph to a program with INT8 layers, in one call."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph
from fourfold.graph.passes.check import check_finite
from fourfold.graph.passes.fold import fold_affine
from fourfold.graph.passes.fuse import fuse_activations
from fourfold.graph.passes.lower import lower
from fourfold.graph.passes.pack import QuantizedWeight
from fourfold.quantization.config import QuantizationConfig
from fourfold.quantization.layers import find_layers
from fourfold.quantization.precision import NOTHING_RAISED, Raised, choose_precision, widen
from fourfold.quantization.records import int8_shares, layer_records
from fourfold.stats import LayerRecord


@dataclass(frozen=True)
class Candidate:
    """A quantized model before it is judged."""

    program: CompiledProgram
    layers: tuple[LayerRecord, ...]
    int8_weight_share: float
    int8_multiply_add_share: float


@dataclass(frozen=True)
class Prepared:
    """A graph that is ready to be lowered."""

    graph: Graph

    reasons: Mapping[str, str]
    """By the first output of each layer: why it stays in float32, or ""."""

    quantized: Mapping[str, tuple[QuantizedWeight, ...]]
    """The weights of those in INT8."""


def prepare_graph(
    graph: Graph, config: QuantizationConfig, raised: Raised = NOTHING_RAISED
) -> Prepared:
    """Check, fuse, choose each layer's precision, fold and quantize; parameters: `quantize_graph`.

    Raises
    ------
    ValueError
        If a parameter is NaN or infinite, or the configuration names an unknown layer.
    """
    check_finite(graph)
    graph = fuse_activations(graph)
    reasons = choose_precision(graph, config, raised)
    int8 = {output for output, reason in reasons.items() if not reason}
    graph = fold_affine(widen(graph, raised), int8)
    return Prepared(graph, reasons, quantize_layers(graph, int8))


def quantize_graph(
    graph: Graph, config: QuantizationConfig, raised: Raised = NOTHING_RAISED
) -> Candidate:
    """Prepare, lower and compile a graph.

    Parameters
    ----------
    graph : Graph
        The model in float.
    config : QuantizationConfig
        What the user says.
    raised : mapping of str to int
        Layers that run in more than INT8 throughout (`promotion`).

    Raises
    ------
    ValueError
        If a parameter is NaN or infinite, or the configuration names an unknown layer.
    """
    prepared = prepare_graph(graph, config, raised)
    graph, quantized = prepared.graph, prepared.quantized
    return Candidate(
        CompiledProgram(lower(graph, quantized)),
        layer_records(graph, prepared.reasons, quantized),
        *int8_shares(graph, quantized),
    )


def quantize_layers(graph: Graph, int8: Collection[str]) -> dict[str, tuple[QuantizedWeight, ...]]:
    """Quantize the weights of some layers, given by their first outputs.

    A weight that several layers of one kind share is quantized once.
    """
    made: dict[tuple[str, str], QuantizedWeight] = {}
    result = {}
    for layer in find_layers(graph):
        if layer.output not in int8:
            continue
        for name, weight in zip(layer.weight_names, layer.weights, strict=True):
            if (layer.kind.op, name) not in made:
                made[layer.kind.op, name] = layer.kind.quantize(weight)
        result[layer.output] = tuple(made[layer.kind.op, name] for name in layer.weight_names)
    return result
