"""Records: what became of each linear layer, and the INT8 shares of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.check import label
from fourfold.graph.passes.lower import QuantizedWeight, padded_columns
from fourfold.quantization.precision import FLOAT_BYTES, packed_bytes
from fourfold.quantization.weights import relative_error
from fourfold.stats import LayerRecord


def layer_records(
    graph: Graph, reasons: Mapping[str, str], quantized: Mapping[str, QuantizedWeight]
) -> tuple[LayerRecord, ...]:
    """Return a record for each linear layer of a graph, in order.

    Parameters
    ----------
    graph : Graph
        The graph that was lowered.
    reasons : mapping of str to str
        By the first output of each linear node: why it stays in float32, or "".
    quantized : mapping of str to QuantizedWeight
        The weights of those in INT8.
    """
    linear = [node for node in graph.nodes if node.op == "linear"]
    total = sum(graph.constants[node.inputs[1]].size for node in linear)
    return tuple(
        _record(node, graph, reasons[node.outputs[0]], quantized.get(node.outputs[0]), total)
        for node in linear
    )


def int8_shares(graph: Graph, quantized: Mapping[str, QuantizedWeight]) -> tuple[float, float]:
    """Return the INT8 shares of the linear layers' weights and of a row's multiply-adds.

    A weight that several layers share counts once as a weight, and for each as multiply-adds.
    """
    linear = [node for node in graph.nodes if node.op == "linear"]
    every = [node.inputs[1] for node in linear]
    int8 = [node.inputs[1] for node in linear if node.outputs[0] in quantized]

    def size(names: Iterable[str]) -> int:
        return sum(graph.constants[name].size for name in names)

    if not every:
        return 0.0, 0.0
    return size(set(int8)) / size(set(every)), size(int8) / size(every)


def _record(
    node: Node, graph: Graph, reason: str, quantized: QuantizedWeight | None, total: int
) -> LayerRecord:
    weight = graph.constants[node.inputs[1]]
    depth, columns = weight.shape
    bias_columns = columns if node.inputs[2] else 0
    return LayerRecord(
        name=label(node),
        precision="float32" if quantized is None else "int8",
        original_bytes=(weight.size + bias_columns) * FLOAT_BYTES,
        quantized_bytes=packed_bytes(depth, columns, int8=quantized is not None)
        + padded_columns(columns) * FLOAT_BYTES,
        multiply_add_share=weight.size / total if total else 0.0,
        weight_error=0.0 if quantized is None else relative_error(weight, quantized),
        reason=reason,
    )
