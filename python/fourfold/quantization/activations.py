"""Activations: the scales of int8 values, as they are told to others (``exporters``)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from fourfold.graph.ir import Graph
from fourfold.graph.passes.check import label
from fourfold.quantization.static import Basis


@dataclass(frozen=True)
class ActivationScales:
    """Scales of int8 values, all of them symmetric, by the names that the model gives."""

    values: Mapping[str, float] = field(default_factory=dict)
    """Of values that are int8 to all who read them."""

    inputs: Mapping[str, float] = field(default_factory=dict)
    """By the names of layers that quantize what they read: with which scale."""


NO_ACTIVATIONS = ActivationScales()


def activation_scales(
    basis: Basis, graph: Graph, scales: Mapping[str, float], int8: Collection[str]
) -> ActivationScales:
    """Return the scales of a quantization.

    Where channels were brought to one range, which the model itself knows nothing of, the scale is
    that of the values as they were.

    Parameters
    ----------
    basis : Basis
        The model as it was calibrated.
    graph : Graph
        The graph whose values got their forms.
    scales : mapping of str to float
        Of the values of the graph that are int8.
    int8 : collection of str
        The outputs of convolutions that run in INT8.
    """
    assert basis.calibration is not None
    own = {name: seen.scale() for name, seen in basis.unequalized.items()}
    values = {basis.origin.get(name, name): own.get(name, scale) for name, scale in scales.items()}
    inputs = {}
    for node in graph.nodes:
        x = node.inputs[0] if node.inputs else ""
        if node.outputs[0] in int8 and x not in scales:
            inputs[label(node)] = own.get(x) or basis.calibration.ranges[x].scale()
    return ActivationScales(values, inputs)
