"""Records: what became of each layer, and how much of the whole runs in INT8."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.pack import Quantized, QuantizedWeight
from fourfold.graph.passes.ties import find_ties
from fourfold.quantization.kinds import Layer
from fourfold.quantization.layers import KINDS, find_layers
from fourfold.quantization.precision import FLOAT_BITS
from fourfold.quantization.weights import relative_error
from fourfold.stats import LayerRecord

FLOAT_BYTES = 4

# Which inputs of an op are the weights that it multiplies by, where it is no kind of layer that may
# run in INT8, or a node is none.
MULTIPLIED_INPUTS: Mapping[str, tuple[int, ...]] = {
    "conv": (1,),
    "conv_transpose": (1,),
    "gemm": (0, 1),
    "gru": (1, 2),
    "lstm": (1, 2),
    "matmul": (0, 1),
    "rnn": (1, 2),
}


def layer_records(
    graph: Graph,
    reasons: Mapping[str, str],
    output_errors: Mapping[str, float],
    quantized: Quantized,
) -> tuple[LayerRecord, ...]:
    """Return a record for each layer of a graph that may run in INT8, in order.

    Parameters
    ----------
    graph : Graph
        The graph that was lowered.
    reasons : mapping of str to str
        By the first output of each layer: why it stays in float32, or "".
    output_errors : mapping of str to float
        By the first output of those layers where it was measured: the error of that in INT8.
    quantized : mapping of str to tuple of QuantizedWeight
        The weights of those in INT8.
    """
    total = sum(_multiply_adds(node, graph.constants) for node in graph.nodes)
    errors: dict[tuple[str, ...], float] = {}
    records = []
    for layer in find_layers(graph):
        found = quantized.get(layer.output)
        if found and layer.weight_names not in errors:
            errors[layer.weight_names] = _error(layer.weights, found)
        record = _record(layer, reasons[layer.output], total, bool(found))
        weight_error = errors[layer.weight_names] if found else 0.0
        output_error = output_errors.get(layer.output, math.nan)
        records.append(replace(record, weight_error=weight_error, output_error=output_error))
    return tuple(records)


@dataclass(frozen=True)
class Counts:
    """Weights and multiply-adds with them: all, and those in INT8.

    Weights are all constants of floats with two axes or more that a node reads, but for biases. One
    that several layers share counts once as a weight, and for each as multiply-adds.
    """

    int8_weights: int = 0
    weights: int = 0
    int8_multiply_adds: int = 0
    multiply_adds: int = 0
    """Of one row, or one position of a window."""

    def __add__(self, other: Counts) -> Counts:
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Counts(*(a + b for a, b in pairs))

    @property
    def int8_weight_share(self) -> float:
        """The INT8 share of the weights."""
        return _ratio(self.int8_weights, self.weights)

    @property
    def int8_multiply_add_share(self) -> float:
        """The INT8 share of the multiply-adds."""
        return _ratio(self.int8_multiply_adds, self.multiply_adds)


def count(graph: Graph, quantized: Quantized) -> Counts:
    """Return the counts of the graph that was lowered."""
    layers = [layer for layer in find_layers(graph) if layer.output in quantized]
    ties = find_ties(graph, quantized)
    int8 = {name for layer in layers for name in layer.weight_names}
    read = {name for node in graph.nodes for name in _without_bias(node)}
    read &= graph.constants.keys()
    every = {name for name in read if _is_weight(graph.constants[name])}
    return Counts(
        _size(int8 - ties.keys(), graph),
        _size(every - ties.keys(), graph),
        sum(layer.multiply_adds for layer in layers),
        sum(_multiply_adds(node, graph.constants) for node in graph.nodes),
    )


def _multiply_adds(node: Node, constants: Mapping[str, np.ndarray]) -> int:
    """Return the multiply-adds with weights of one row, or one position of a window."""
    kind = KINDS.get(node.op)
    if kind:
        names = kind.weights(node, constants) if kind.multiplies else ()
        return sum(constants[name].size for name in names)
    places = MULTIPLIED_INPUTS.get(node.op, ())
    weights = [constants.get(node.inputs[place]) for place in places]
    return sum(weight.size for weight in weights if weight is not None and _is_weight(weight))


def _without_bias(node: Node) -> tuple[str, ...]:
    place = KINDS[node.op].bias_input if node.op in KINDS else None
    return tuple(name for number, name in enumerate(node.inputs) if number != place)


def _is_weight(array: np.ndarray) -> bool:
    return array.dtype.kind == "f" and array.ndim >= 2


def _size(names: set[str], graph: Graph) -> int:
    return sum(graph.constants[name].size for name in names)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _error(weights: tuple[np.ndarray, ...], quantized: tuple[QuantizedWeight, ...]) -> float:
    """Return the relative error of all weights of a layer together: that of the worst."""
    return max(map(relative_error, weights, quantized))


def _activation_bits(layer: Layer) -> int:
    cheapest = next(iter(layer.kind.activation_bits), FLOAT_BITS)
    return int(layer.node.attributes.get("activation_bits", cheapest))  # type: ignore[arg-type]


def _record(layer: Layer, reason: str, total: int, int8: bool) -> LayerRecord:
    elements = sum(weight.size for weight in layer.weights)
    elements += 0 if layer.bias is None else layer.bias.size
    original = elements * FLOAT_BYTES
    stored = original
    if int8 or layer.kind.packs_floats:
        stored = layer.kind.stored_bytes(layer, int8=int8)
    return LayerRecord(
        name=layer.name,
        precision="int8" if int8 else "float32",
        original_bytes=original,
        quantized_bytes=stored,
        multiply_add_share=_ratio(layer.multiply_adds, total),
        weight_error=0.0,
        reason=reason,
        activation_bits=_activation_bits(layer) if int8 else FLOAT_BITS,
    )
