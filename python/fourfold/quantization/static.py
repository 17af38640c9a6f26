"""Static quantization: convolutions in INT8, with activations that stay int8 in between.

The float graph runs on calibration data. That tells the ranks of its values, by which it is turned
channels last; their ranges; and what INT8 would do to each convolution, by which those that lose
too much stay in float32. Whatever layers then run in INT8, each value gets its form from that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.channels_last import to_channels_last
from fourfold.graph.passes.check import label
from fourfold.graph.passes.pack import QuantizedWeight
from fourfold.quantization.calibrate import Batch, Calibration, calibrate
from fourfold.quantization.config import QuantizationConfig
from fourfold.quantization.equalize import equalize_channels
from fourfold.quantization.form import Form
from fourfold.quantization.kinds import Layer
from fourfold.quantization.layers import find_layers
from fourfold.quantization.observers import RangeObserver
from fourfold.quantization.precision import choose_precision
from fourfold.quantization.static_errors import MAX_ERROR, LayerError, measure_layers
from fourfold.quantization.static_joins import fuse_joins

# Errors are measured on so many batches: each convolution runs twice more on them.
MEASURED_BATCHES = 4


@dataclass(frozen=True)
class CalibrationData:
    """Batches to calibrate on."""

    batches: Sequence[Batch] = ()
    """Each has an array per input of the graph."""

    reason: str = "it needs the range of its activations: pass calibration_data"
    """Where there are none: why layers that need them stay in float32."""


NO_CALIBRATION = CalibrationData()


@dataclass(frozen=True)
class Basis:
    """A float graph, with all that choosing what of it runs in INT8 needs to know."""

    graph: Graph

    withheld: Mapping[str, str] = field(default_factory=dict)
    """Why layers stay in float32, by their first outputs; beside what they say themselves."""

    errors: Mapping[str, LayerError] = field(default_factory=dict)
    """Of the convolutions, by their outputs: what INT8 does to them."""

    calibration: Calibration | None = None
    """What was seen of the graph's values; None if nothing of it needs calibration."""

    origin: Mapping[str, str] = field(default_factory=dict)
    """By those of the graph's values that are channels last: the model's own."""

    unequalized: Mapping[str, RangeObserver] = field(default_factory=dict)
    """Of values whose channels were brought to one range: what range they have in the model."""


def needs_calibration(graph: Graph, config: QuantizationConfig) -> bool:
    """Return whether layers could run in INT8 that have to be calibrated for it."""
    return bool(_candidates(graph, config))


def find_basis(graph: Graph, config: QuantizationConfig, data: CalibrationData) -> Basis:
    """Return a float graph calibrated, channels last, if it has convolutions to run in INT8.

    Raises
    ------
    ValueError
        If the configuration names an unknown layer.
    """
    choose_precision(graph, config)
    waiting = _candidates(graph, config)
    if not waiting:
        return Basis(graph)
    if not data.batches:
        return Basis(graph, {layer.output: data.reason for layer in waiting})
    basis = _calibrated(_with_names(graph), config, data.batches)
    if any(layer.output not in basis.withheld for layer in _candidates(basis.graph, config)):
        return basis
    return _as_it_was(graph, basis)


def with_shifts(basis: Basis, int8: Collection[str]) -> Graph:
    """Return the graph whose convolutions in INT8 make up for what that takes off on average."""
    constants = dict(basis.graph.constants)

    def shifted(node: Node) -> Node:
        error = basis.errors.get(node.outputs[0])
        if error is None or node.outputs[0] not in int8:
            return node
        name = f"{node.outputs[0]}.shifted_bias"
        bias = constants[node.inputs[2]] if node.inputs[2] else np.float32(0)
        constants[name] = bias + error.shift
        return replace(node, inputs=(*node.inputs[:2], name, *node.inputs[3:]))

    nodes = tuple(map(shifted, basis.graph.nodes))
    return replace(basis.graph, nodes=nodes, constants=constants)


def _candidates(graph: Graph, config: QuantizationConfig) -> list[Layer]:
    """Return the layers that could run in INT8, and need calibration for it."""
    return [
        layer
        for layer in find_layers(graph)
        if layer.kind.calibrated
        and layer.name not in config.keep_float
        and not layer.kind.refusal(layer)
    ]


def _with_names(graph: Graph) -> Graph:
    """Return the graph with the names of its layers written down: those of values will change."""
    nodes = tuple(replace(node, name=label(node)) for node in graph.nodes)
    return replace(graph, nodes=nodes)


def _calibrated(graph: Graph, config: QuantizationConfig, batches: Sequence[Batch]) -> Basis:
    graph, origin = to_channels_last(graph, calibrate(graph, batches[:1]).ranks)
    withheld = {
        layer.output: "turning its input channels last would cost more than INT8 saves"
        for layer in _candidates(graph, config)
        if layer.node.attributes.get("layout") != "nhwc"
    }
    int8 = {layer.output for layer in _candidates(graph, config)} - withheld.keys()
    graph, unequalized = equalize_channels(graph, int8, batches[:MEASURED_BATCHES])
    calibration = calibrate(graph, batches)
    errors = _measured(graph, int8, calibration, batches)
    withheld |= {
        name: _error_text(error.relative)
        for name, error in errors.items()
        if error.relative > MAX_ERROR
    }
    joined = fuse_joins(graph, calibration.dtypes)
    return Basis(joined, withheld, errors, calibration, origin, unequalized)


def _measured(
    graph: Graph, int8: Collection[str], calibration: Calibration, batches: Sequence[Batch]
) -> dict[str, LayerError]:
    """Return the errors of convolutions, by their outputs."""
    quantized: dict[str, QuantizedWeight] = {}
    forms: dict[str, Form] = {}
    for layer in find_layers(graph):
        if layer.output in int8:
            quantized[layer.output] = layer.kind.quantize(layer.weights[0])
            x = layer.node.inputs[0]
            forms[x] = calibration.ranges[x].form()
    return measure_layers(graph, quantized, forms, batches[:MEASURED_BATCHES])


def _error_text(error: float) -> str:
    return (
        f"INT8 would change its output by {100 * error:.1f} % on the calibration data, more than "
        f"{100 * MAX_ERROR:.0f} %"
    )


def _as_it_was(graph: Graph, basis: Basis) -> Basis:
    """Return the graph as it was, channels first: no convolution of it runs in INT8."""
    found = {layer.name: layer.output for layer in find_layers(basis.graph)}
    names = {layer.output: found.get(layer.name, "") for layer in find_layers(graph)}
    withheld = {to: basis.withheld[name] for to, name in names.items() if name in basis.withheld}
    errors = {to: basis.errors[name] for to, name in names.items() if name in basis.errors}
    return Basis(graph, withheld, errors)
