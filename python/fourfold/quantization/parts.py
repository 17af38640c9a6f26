"""The steps of quantizing a model, whole or in parts (``graph.partitioned``).

Of a model in parts each graph is quantized on its own, on what the model in float hands on to it;
what no graph tells of stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph
from fourfold.graph.partitioned import PartitionedGraph, PartitionedProgram, Program
from fourfold.graph.passes.lower import lower
from fourfold.quantization import build, effects, static
from fourfold.quantization.activations import ActivationScales
from fourfold.quantization.build import Candidate
from fourfold.quantization.calibrate import Batch
from fourfold.quantization.config import QuantizationConfig
from fourfold.quantization.effects import Effect
from fourfold.quantization.layers import find_layers
from fourfold.quantization.precision import NOTHING_RAISED, Raised
from fourfold.quantization.records import FLOAT_BYTES, Counts
from fourfold.quantization.static import NO_CALIBRATION, Basis, CalibrationData
from fourfold.stats import LayerRecord

AnyGraph: TypeAlias = Graph | PartitionedGraph


@dataclass(frozen=True)
class PartsBasis:
    """What every choice of precision in a model in parts starts from."""

    graph: PartitionedGraph
    bases: Mapping[int, Basis]
    """Of its graphs, by the numbers of their parts."""


def settle(graph: AnyGraph, batch: Batch) -> AnyGraph:
    """Return the model for values of the ranks that a batch gives them.

    That is what makes graphs of those parts whose ranks only a run tells.
    """
    if isinstance(graph, Graph) or all(runner.content for runner in graph.runners):
        return graph
    return graph.settled(_compiled(graph).all_values(*batch))


def needs_calibration(graph: AnyGraph, config: QuantizationConfig) -> bool:
    """Return whether layers could run in INT8 that have to be calibrated for it."""
    graphs = [graph] if isinstance(graph, Graph) else graph.graphs.values()
    return any(static.needs_calibration(part, config) for part in graphs)


def start(
    graph: AnyGraph, config: QuantizationConfig, data: CalibrationData = NO_CALIBRATION
) -> Basis | PartsBasis:
    """Check, fuse and calibrate a model: see `build.start`.

    Raises
    ------
    ValueError
        If a parameter is NaN or infinite, or the configuration names an unknown layer.
    """
    if isinstance(graph, Graph):
        return build.start(graph, config, data)
    _check_names(graph, config)
    given = _handed_on(graph, config, data.batches)
    bases = {
        number: build.start(part, _own(config, part), replace(data, batches=given.get(number, ())))
        for number, part in graph.graphs.items()
    }
    return PartsBasis(graph, bases)


def quantize(
    basis: Basis | PartsBasis, config: QuantizationConfig, raised: Raised = NOTHING_RAISED
) -> Candidate:
    """Choose each layer's precision, and compile the model: see `build.quantize`."""
    if isinstance(basis, Basis):
        return build.quantize(basis, config, raised)
    made = {
        number: build.quantize(part, _own(config, part.graph), _of_part(number, raised))
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
        basis.graph.compiled(lambda number, _: _of_graph(made[number])),
        (*layers, *others),
        total,
        _joined([candidate.activations for candidate in made.values()]),
    )


def _of_graph(candidate: Candidate) -> CompiledProgram:
    assert isinstance(candidate.program, CompiledProgram)
    return candidate.program


def compile_float(graph: AnyGraph) -> Program:
    """Return the model in float."""
    return CompiledProgram(lower(graph, {})) if isinstance(graph, Graph) else _compiled(graph)


def _compiled(graph: PartitionedGraph) -> PartitionedProgram:
    return graph.compiled(lambda _, part: CompiledProgram(lower(part, {})))


def measure_effects(
    basis: Basis | PartsBasis,
    config: QuantizationConfig,
    run: Callable[[Program], Sequence[np.ndarray]],
) -> tuple[Effect, ...]:
    """Measure the effect of each layer on the model's outputs: see `effects.measure_effects`."""
    if isinstance(basis, Basis):
        return effects.measure_effects(basis, config, run)
    whole = _compiled(basis.graph)
    measured = []
    for number, part in basis.bases.items():

        def run_part(program: CompiledProgram, number: int = number) -> Sequence[np.ndarray]:
            return run(whole.with_part(number, program))

        for effect in effects.measure_effects(part, _own(config, part.graph), run_part):
            layers = tuple(f"{_prefix(number)}{name}" for name in effect.layers)
            measured.append(replace(effect, layers=layers))
    return tuple(measured)


def _check_names(graph: PartitionedGraph, config: QuantizationConfig) -> None:
    """Raise if the configuration names a layer that no part has."""
    names = {layer.name for part in graph.graphs.values() for layer in find_layers(part)}
    unknown = sorted(set(config.keep_float) - names)
    if unknown:
        raise ValueError(f"keep_float names {unknown}, but the layers are {sorted(names)}")


def _own(config: QuantizationConfig, graph: Graph) -> QuantizationConfig:
    """Return the configuration with those layers only that the graph of a part has."""
    names = {layer.name for layer in find_layers(graph)}
    return replace(config, keep_float=tuple(name for name in config.keep_float if name in names))


def _handed_on(
    graph: PartitionedGraph, config: QuantizationConfig, batches: Sequence[Batch]
) -> dict[int, list[Batch]]:
    """Return what the parts that need calibration read, when the model runs in float."""
    given: dict[int, list[Batch]] = {
        number: []
        for number, part in graph.graphs.items()
        if static.needs_calibration(part, _own(config, part))
    }
    program = _compiled(graph)
    for batch in batches if given else ():
        values = program.all_values(*batch)
        for number, read in given.items():
            names = graph.parts[number].inputs
            read.append([np.ascontiguousarray(values[name]) for name in names])
    return given


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


def _others(graph: PartitionedGraph) -> tuple[LayerRecord, ...]:
    """Return a record for each part with weights that is no graph: these stay as they are."""
    return tuple(
        LayerRecord(
            name=", ".join(part.nodes),
            precision="float32",
            original_bytes=body.weight_bytes,
            quantized_bytes=body.weight_bytes,
            multiply_add_share=0.0,
            weight_error=0.0,
            reason=f"{part.runs_in} runs it as it is, with weights within its nodes",
        )
        for part, body in zip(graph.parts, graph.bodies, strict=True)
        if not isinstance(body, Graph) and body.weight_bytes
    )


def _joined(parts: Sequence[ActivationScales]) -> ActivationScales:
    values = {name: scale for part in parts for name, scale in part.values.items()}
    inputs = {name: scale for part in parts for name, scale in part.inputs.items()}
    return ActivationScales(values, inputs)
