"""Precision: which layers run in INT8, and why others do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from fourfold.graph.ir import Graph, Node
from fourfold.quantization.config import QuantizationConfig
from fourfold.quantization.layers import find_layers

# The bits of activations in float32, as the width of a layer that does not run in INT8.
FLOAT_BITS = 32

# By the first output of a layer: the width that it was raised to, above its kind's cheapest.
Raised = Mapping[str, int]

NOTHING_RAISED: Raised = MappingProxyType({})
NOTHING_WITHHELD: Mapping[str, str] = MappingProxyType({})


def choose_precision(
    graph: Graph,
    config: QuantizationConfig,
    raised: Raised = NOTHING_RAISED,
    withheld: Mapping[str, str] = NOTHING_WITHHELD,
) -> dict[str, str]:
    """Return, for the first output of each layer, why it stays in float32: "" for INT8.

    Only layers with constant weights are among them: what goes into a softmax, a normalization or
    a product of two activations is computed in float32, whatever its range.

    Parameters
    ----------
    graph : Graph
        The model in float.
    config : QuantizationConfig
        What the user says.
    raised : mapping of str to int
        Layers that run in more than INT8 throughout (`promotion`).
    withheld : mapping of str to str
        Why some layers stay in float32 for what was seen in calibration (`static`).

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
    reasons = {}
    for layer in layers:
        reason = layer.kind.refusal(layer)
        if layer.name in config.keep_float:
            reason = "the configuration keeps it in float32"
        elif not reason and layer.output in withheld:
            reason = withheld[layer.output]
        elif not reason and raised.get(layer.output) == FLOAT_BITS:
            reason = "INT8 would lose too much accuracy"
        reasons[layer.output] = reason
    return reasons


def widen(graph: Graph, raised: Raised) -> Graph:
    """Return the graph with the widths of activations noted where they are above the cheapest."""

    def widened(node: Node) -> Node:
        bits = raised.get(node.outputs[0], FLOAT_BITS)
        if bits == FLOAT_BITS:
            return node
        return replace(node, attributes={**node.attributes, "activation_bits": bits})

    return replace(graph, nodes=tuple(map(widened, graph.nodes)))
