"""Precision: which layers run in INT8, and why others do not."""

from __future__ import annotations

from fourfold.graph.ir import Graph
from fourfold.quantization.config import QuantizationConfig
from fourfold.quantization.layers import find_layers


def choose_precision(graph: Graph, config: QuantizationConfig) -> dict[str, str]:
    """Return, for the first output of each layer, why it stays in float32: "" for INT8.

    Only layers with constant weights are among them: what goes into a softmax, a normalization or
    a product of two activations is computed in float32, whatever its range.

    Raises
    ------
    ValueError
        If the configuration names a layer that the model does not have.
    """
    layers = find_layers(graph)
    names = {layer.name for layer in layers}
    unknown = sorted(set(config.keep_float) - names)
    if unknown:
        raise ValueError(f"keep_float names {unknown}, but the layers are {sorted(names)}")
    return {
        layer.output: "the configuration keeps it in float32"
        if layer.name in config.keep_float
        else layer.kind.refusal(layer.weights)
        for layer in layers
    }
