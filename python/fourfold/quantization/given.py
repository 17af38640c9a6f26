"""Given: a model that came in INT8, on the engine's INT8 ops, with its own scales.

In QDQ form a model is float32, with QuantizeLinear and DequantizeLinear wherever a value is rounded
to 8 bits. So it is imported like any other: no fusion reaches across these two, and what is
between them is simplified as ever. Then each node whose inputs are dequantized, and whose output
is quantized, becomes one INT8 step (``given_write``): the same ops that the engine's own static
quantization uses, channels last. All that has no INT8 op computes in float32, from dequantized
values, as the model says.

QLinearConv and its like, and the products of dynamic quantization, are spelled out first as the
float layers that they are (``given_spelled``): they are defined for channels first, and for each of
them there would be a second op. Here one number is added to those that are there: the zero point of
their output. That of an input is but a shift of the bias. Sums are exact; scaled they are rounded
as in the float32 model, but for a few products in another order: results are its own, but where a
value is so near the middle between two steps that this decides.
"""

from __future__ import annotations

from collections.abc import Mapping

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph
from fourfold.graph.passes.channels_last import to_channels_last
from fourfold.graph.passes.channels_last_facts import gather_facts
from fourfold.graph.passes.lower import lower
from fourfold.graph.passes.pack import QuantizedWeight
from fourfold.graph.passes.simplify import simplify
from fourfold.graph.shapes import infer_shapes
from fourfold.quantization.given_forms import find_forms
from fourfold.quantization.given_layers import find_weights
from fourfold.quantization.given_spelled import spell_out
from fourfold.quantization.given_write import write_given
from fourfold.quantization.static_joins import fuse_joins

# What tells that a graph has layers to spell out.
QUANTIZED_OPS = frozenset(["dynamic_quantize_linear", "qlinear_conv", "qlinear_matmul"])


def compile_given(graph: Graph) -> CompiledProgram:
    """Compile an imported graph, in INT8 wherever the model itself is."""
    return CompiledProgram(lower(*in_given_int8(graph)))


def in_given_int8(graph: Graph) -> tuple[Graph, Mapping[str, tuple[QuantizedWeight, ...]]]:
    """Return a graph whose quantized values are int8, and the weights of its layers in INT8.

    Parameters
    ----------
    graph : Graph
        As imported. One that has nothing quantized comes back as it is.
    """
    graph = _spelled(graph)
    if not find_forms(graph) and not any(
        "activation_bits" in node.attributes for node in graph.nodes
    ):
        return graph, {}
    if any(node.op == "conv" and node.inputs[1] in graph.integers for node in graph.nodes):
        graph, _ = to_channels_last(graph, _ranks(graph))
    facts = gather_facts(graph, _ranks(graph))
    names = [name for node in graph.nodes for name in node.outputs]
    names += [info.name for info in graph.inputs]
    dtypes = {name: "float32" if name in facts.float32 else "" for name in names}
    graph = fuse_joins(graph, dtypes)
    return write_given(graph, dtypes, find_forms(graph), find_weights(graph))


def _spelled(graph: Graph) -> Graph:
    """Return a graph without ONNX's quantized layers, where those have a float form."""
    if not any(node.op in QUANTIZED_OPS for node in graph.nodes):
        return graph
    return simplify(spell_out(graph, infer_shapes(graph)))


def _ranks(graph: Graph) -> dict[str, int]:
    return {name: len(shape) for name, shape in infer_shapes(graph).items()}
