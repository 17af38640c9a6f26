"""Effects: how far the model's outputs move by each layer in INT8 alone, measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fourfold.distance import OutputDistance
from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.passes.lower import lower
from fourfold.graph.passes.pack import Constant, Key
from fourfold.quantization.build import prepare
from fourfold.quantization.config import QuantizationConfig
from fourfold.quantization.kinds import Layer
from fourfold.quantization.layers import find_layers
from fourfold.quantization.precision import widen
from fourfold.quantization.static import Basis
from fourfold.quantization.static_write import without_scales

# Of a model with more layers neighbours are measured, and raised, together: the time this takes
# grows with the number of layers, and with the time of a run.
MOST_GROUPS = 64

Outputs = Sequence[np.ndarray]


@dataclass(frozen=True)
class Effect:
    """What some layers do to the model's outputs, where all others run in float."""

    layers: tuple[str, ...]
    """Their first outputs."""

    multiply_adds: int
    """Of one row."""

    errors: Mapping[int, float]
    """By the bits of the activations, from the cheapest on: the square of the outputs' distance."""


def measure_effects(
    basis: Basis,
    config: QuantizationConfig,
    run: Callable[[CompiledProgram], Outputs],
) -> tuple[Effect, ...]:
    """Measure the effect of each layer that is INT8 and multiplies; embeddings are always INT8.

    Parameters
    ----------
    basis : Basis
        The model in float.
    config : QuantizationConfig
        What the user says.
    run : callable
        Runs a program on a few rows, and returns its outputs.
    """
    prepared = prepare(basis, config, alone=True)
    graph, quantized = prepared.graph, prepared.quantized
    layers = [layer for layer in find_layers(graph) if layer.output in quantized]
    tables = [layer.output for layer in layers if not layer.kind.activation_bits]
    made: dict[Key, Constant] = {}

    def outputs(names: Sequence[str], bits: int) -> Outputs:
        wide = widen(graph, dict.fromkeys(names, bits)) if bits != 8 else graph
        weights = {name: quantized[name] for name in (*tables, *names)}
        return run(CompiledProgram(lower(without_scales(wide, weights), weights, made)))

    original = outputs((), 8)
    effects = []
    for group in _groups([layer for layer in layers if layer.kind.activation_bits]):
        names = tuple(layer.output for layer in group)
        errors = {bits: _error(original, outputs(names, bits)) for bits in _widths(group)}
        effects.append(Effect(names, sum(layer.multiply_adds for layer in group), errors))
    return tuple(effects)


def _groups(layers: Sequence[Layer]) -> list[Sequence[Layer]]:
    count = min(len(layers), MOST_GROUPS)
    ends = [len(layers) * number // count for number in range(count + 1)] if count else []
    return [layers[begin:end] for begin, end in pairwise(ends)]


def _widths(group: Sequence[Layer]) -> list[int]:
    """Return the widths that all layers of a group can have."""
    common = set.intersection(*(set(layer.kind.activation_bits) for layer in group))
    return sorted(common)


def _error(original: Outputs, quantized: Outputs) -> float:
    distance = OutputDistance()
    distance.add(original, quantized)
    return distance.comparison().loss ** 2
