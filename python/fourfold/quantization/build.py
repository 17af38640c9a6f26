"""A float graph to a program with INT8 layers, in one call."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph
from fourfold.graph.partitioned import Program
from fourfold.graph.passes.check import check_finite
from fourfold.graph.passes.fold import fold_affine
from fourfold.graph.passes.fuse import fuse_activations
from fourfold.graph.passes.lower import lower
from fourfold.graph.passes.pack import QuantizedWeight
from fourfold.quantization.activations import NO_ACTIVATIONS, ActivationForms, activation_forms
from fourfold.quantization.biases import round_biases
from fourfold.quantization.config import QuantizationConfig
from fourfold.quantization.layers import find_layers
from fourfold.quantization.precision import NOTHING_RAISED, Raised, choose_precision, widen
from fourfold.quantization.records import Counts, count, layer_records
from fourfold.quantization.static import (
    NO_CALIBRATION,
    Basis,
    CalibrationData,
    find_basis,
    with_shifts,
)
from fourfold.quantization.static_forms import choose_forms
from fourfold.quantization.static_write import in_float, scale_inputs, write_forms
from fourfold.stats import LayerRecord


@dataclass(frozen=True)
class Candidate:
    """A quantized model before it is judged."""

    program: Program
    layers: tuple[LayerRecord, ...]
    counts: Counts
    activations: ActivationForms = NO_ACTIVATIONS


@dataclass(frozen=True)
class Prepared:
    """A graph that is ready to be lowered."""

    graph: Graph

    reasons: Mapping[str, str]
    """By the first output of each layer: why it stays in float32, or ""."""

    quantized: Mapping[str, tuple[QuantizedWeight, ...]]
    """The weights of those in INT8."""

    activations: ActivationForms = NO_ACTIVATIONS


def start(
    graph: Graph, config: QuantizationConfig, data: CalibrationData = NO_CALIBRATION
) -> Basis:
    """Check and fuse a graph, and calibrate it: what every choice of precision starts from.

    Parameters
    ----------
    graph : Graph
        The model in float.
    config : QuantizationConfig
        What the user says.
    data : CalibrationData
        What convolutions are calibrated on; without it they stay in float32.

    Raises
    ------
    ValueError
        If a parameter is NaN or infinite, or the configuration names an unknown layer.
    """
    check_finite(graph)
    return find_basis(fuse_activations(graph), config, data)


def prepare(basis: Basis, config: QuantizationConfig, *, alone: bool = False) -> Prepared:
    """As `quantize`, up to the graph that is lowered.

    With ``alone``, no value is int8 between layers: each of these may run in INT8 or not, whatever
    the others do.
    """
    return _prepared(basis, config, NOTHING_RAISED, alone)


def quantize(
    basis: Basis, config: QuantizationConfig, raised: Raised = NOTHING_RAISED
) -> Candidate:
    """Choose each layer's precision, fold, quantize, lower and compile.

    Parameters
    ----------
    basis : Basis
        The model.
    config : QuantizationConfig
        What the user says.
    raised : mapping of str to int
        Layers that run in more than INT8 throughout (`promotion`).
    """
    prepared = _prepared(basis, config, raised, alone=False)
    graph, quantized = prepared.graph, prepared.quantized
    errors = {output: error.relative for output, error in basis.errors.items()}
    errors |= {in_float(output): error for output, error in errors.items()}
    return Candidate(
        CompiledProgram(lower(graph, quantized)),
        layer_records(graph, prepared.reasons, errors, quantized),
        count(graph, quantized),
        prepared.activations,
    )


def quantize_graph(
    graph: Graph, config: QuantizationConfig, data: CalibrationData = NO_CALIBRATION
) -> Candidate:
    """`start` and `quantize`, in one call."""
    return quantize(start(graph, config, data), config)


def _prepared(basis: Basis, config: QuantizationConfig, raised: Raised, alone: bool) -> Prepared:
    reasons = choose_precision(basis.graph, config, raised, basis.withheld)
    int8 = {output for output, reason in reasons.items() if not reason}
    graph = widen(with_shifts(basis, int8), raised)
    calibration, activations = basis.calibration, NO_ACTIVATIONS
    if calibration is not None and alone:
        graph = scale_inputs(graph, int8, calibration)
    elif calibration is not None:
        convolutions = int8 & basis.errors.keys()
        forms = choose_forms(graph, convolutions, calibration)
        activations = activation_forms(basis, graph, forms.values, convolutions)
        graph = write_forms(graph, forms, calibration)
        reasons |= {in_float(name): reasons[name] for name in forms.values if name in reasons}
        int8 = {output for output, reason in reasons.items() if not reason}
    graph = round_biases(fold_affine(graph, int8), int8)
    return Prepared(graph, reasons, quantize_layers(graph, int8), activations)


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
