"""The steps of quantizing a model, whole or in parts (``graph.partitioned``).

Of a model in parts each graph is quantized on its own, on what the model in float hands on to it;
what no graph tells of stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fourfold.graph.branches import BranchGraph
from fourfold.graph.ir import Graph
from fourfold.graph.partitioned import AnyGraph, PartitionedGraph, Program, parts_in_float
from fourfold.quantization import build, effects, static
from fourfold.quantization.activations import ActivationForms
from fourfold.quantization.build import Candidate
from fourfold.quantization.calibrate import Batch
from fourfold.quantization.config import QuantizationConfig
from fourfold.quantization.effects import Effect
from fourfold.quantization.layers import find_layers
from fourfold.quantization.part_values import handed_on, has_branches, leaves
from fourfold.quantization.precision import NOTHING_RAISED, Raised
from fourfold.quantization.records import FLOAT_BYTES, Counts
from fourfold.quantization.static import NO_CALIBRATION, Basis, CalibrationData
from fourfold.stats import LayerRecord

NEVER_RUN = "the test data never choose its branch, and nothing would prove it"
NOT_CALIBRATED = "the calibration data never choose its branch"


@dataclass(frozen=True)
class PartsBasis:
    """What every choice of precision in a model in parts starts from."""

    graph: PartitionedGraph | BranchGraph
    bases: Mapping[int, Basis | PartsBasis]
    """Of its graphs, by the numbers of their parts."""


def needs_calibration(graph: AnyGraph, config: QuantizationConfig) -> bool:
    """Return whether layers could run in INT8 that have to be calibrated for it."""
    return any(static.needs_calibration(part, config) for part in leaves(graph))


def start(
    graph: AnyGraph,
    config: QuantizationConfig,
    data: CalibrationData = NO_CALIBRATION,
    test: Sequence[Batch] = (),
) -> Basis | PartsBasis:
    """Check, fuse and calibrate a model: see `build.start`.

    Parameters
    ----------
    graph, config, data
        As there.
    test : sequence of sequence of ndarray
        What the model will be judged by: branches that it never runs stay in float32.

    Raises
    ------
    ValueError
        If a parameter is NaN or infinite, or the configuration names an unknown layer.
    """
    if isinstance(graph, Graph):
        return build.start(graph, config, data)
    _check_names(graph, config)
    return _start(graph, config, data, test)


def _start(
    graph: AnyGraph, config: QuantizationConfig, data: CalibrationData, test: Sequence[Batch]
) -> Basis | PartsBasis:
    if isinstance(graph, Graph):
        basis = build.start(graph, _own(config, graph), data)
        if test:
            return basis
        return replace(
            basis, withheld={layer.output: NEVER_RUN for layer in find_layers(basis.graph)}
        )
    calibrated = [n for n, part in graph.graphs.items() if needs_calibration(part, config)]
    given: Mapping[int, Sequence[Batch]] = {}
    reached: Mapping[int, Sequence[Batch]] = dict.fromkeys(graph.graphs, test)
    if calibrated or has_branches(graph):
        program = parts_in_float(graph)
        given = handed_on(program, calibrated, data.batches)
        if has_branches(graph):
            reached = handed_on(program, graph.graphs, test)
    bases = {}
    for number, part in graph.graphs.items():
        batches = given.get(number, ())
        reason = NOT_CALIBRATED if data.batches and not batches else data.reason
        calibration = CalibrationData(batches, reason)
        bases[number] = _start(part, config, calibration, reached[number])
    return PartsBasis(graph, bases)


def quantize(
    basis: Basis | PartsBasis, config: QuantizationConfig, raised: Raised = NOTHING_RAISED
) -> Candidate:
    """Choose each layer's precision, and compile the model: see `build.quantize`."""
    if isinstance(basis, Basis):
        return build.quantize(basis, _own(config, basis.graph), raised)
    made = {
        number: quantize(part, config, _of_part(number, raised))
        for number, part in basis.bases.items()
    }
    others = _others(basis.graph)
    counts = [candidate.counts for candidate in made.values()]
    counts += [Counts(weights=record.original_bytes // FLOAT_BYTES) for record in others]
    total = sum(counts, Counts())
    layers = [
        _in_whole(record, candidate.counts, total)
        for candidate in made.values()
        for record in candidate.layers
    ]
    return Candidate(
        basis.graph.assembled({number: part.program for number, part in made.items()}),
        (*layers, *others),
        total,
        _joined([candidate.activations for candidate in made.values()]),
    )


def measure_effects(
    basis: Basis | PartsBasis,
    config: QuantizationConfig,
    run: Callable[[Program], Sequence[np.ndarray]],
) -> tuple[Effect, ...]:
    """Measure the effect of each layer on the model's outputs: see `effects.measure_effects`."""
    if isinstance(basis, Basis):
        return effects.measure_effects(basis, _own(config, basis.graph), run)
    whole = parts_in_float(basis.graph)
    measured = []
    for number, part in basis.bases.items():

        def run_part(program: Program, number: int = number) -> Sequence[np.ndarray]:
            return run(whole.with_part(number, program))

        for effect in measure_effects(part, config, run_part):
            layers = tuple(f"{_prefix(number)}{name}" for name in effect.layers)
            measured.append(replace(effect, layers=layers))
    return tuple(measured)


def _check_names(graph: AnyGraph, config: QuantizationConfig) -> None:
    """Raise if the configuration names a layer that no part has."""
    names = {layer.name for part in leaves(graph) for layer in find_layers(part)}
    unknown = sorted(set(config.keep_float) - names)
    if unknown:
        raise ValueError(f"keep_float names {unknown}, but the layers are {sorted(names)}")


def _own(config: QuantizationConfig, graph: Graph) -> QuantizationConfig:
    """Return the configuration with those layers only that the graph of a part has."""
    names = {layer.name for layer in find_layers(graph)}
    return replace(config, keep_float=tuple(name for name in config.keep_float if name in names))


def _prefix(number: int) -> str:
    """Return what the names of a part's values start with among those of the whole model."""
    return f"part {number}: "


def _of_part(number: int, raised: Raised) -> Raised:
    prefix = _prefix(number)
    return {
        name.removeprefix(prefix): bits for name, bits in raised.items() if name.startswith(prefix)
    }


def _in_whole(record: LayerRecord, part: Counts, whole: Counts) -> LayerRecord:
    """Return the record of a layer with its share in the whole model."""
    share = record.multiply_add_share * part.multiply_adds / max(whole.multiply_adds, 1)
    return replace(record, multiply_add_share=share)


def _others(graph: PartitionedGraph | BranchGraph) -> tuple[LayerRecord, ...]:
    """Return a record for each part with weights that is no graph: these stay as they are."""
    if isinstance(graph, BranchGraph):
        return ()
    return tuple(
        LayerRecord(
            name=", ".join(graph.parts[number].nodes),
            precision="float32",
            original_bytes=runner.weight_bytes,
            quantized_bytes=runner.weight_bytes,
            multiply_add_share=0.0,
            weight_error=0.0,
            reason=f"{graph.parts[number].runs_in} runs it as it is, with weights within its nodes",
        )
        for number, runner in graph.runners.items()
        if runner.weight_bytes
    )


def _joined(parts: Sequence[ActivationForms]) -> ActivationForms:
    values = {name: scale for part in parts for name, scale in part.values.items()}
    inputs = {name: scale for part in parts for name, scale in part.inputs.items()}
    return ActivationForms(values, inputs)
