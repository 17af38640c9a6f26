"""Lower: a float graph, with the quantized weights of some of its layers, to a program."""

from __future__ import annotations

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.linear_residual import fuse_linear_residuals
from fourfold.graph.passes.pack import (
    Constant,
    Draft,
    Key,
    Packing,
    Quantized,
    QuantizedWeight,
    embedding,
    linear,
    plain,
)
from fourfold.graph.passes.pack_conv import convolution
from fourfold.graph.passes.pack_recurrent import recurrent
from fourfold.graph.passes.ties import find_ties
from fourfold.graph.program import ProgramSpec, Step

# By what a layer in INT8 is packed, where its float form stays as it is.
PACKED_IN_INT8 = {
    "conv": convolution,
    "gather": embedding,
    "gru": recurrent,
    "lstm": recurrent,
}


def lower(
    graph: Graph,
    quantized: Quantized,
    made: dict[Key, Constant] | None = None,
) -> ProgramSpec:
    """Return the program that computes a graph.

    Weights are packed here, once; one that several layers share is stored once.

    Parameters
    ----------
    graph : Graph
        Linear layers have constant weights, and no row-wise activation within them.
    quantized : mapping of str to tuple of QuantizedWeight
        By the first output of those layers that run in INT8; all others run in float.
    made : dict, optional
        Constants that were made for other programs of the same graph and the same quantized
        weights, which this one shares; those made for this one are added.
    """
    graph, quantized = fuse_linear_residuals(graph, quantized)
    packing = Packing(graph, find_ties(graph, quantized), {} if made is None else made)
    drafts = [_draft(node, quantized.get(node.outputs[0]), packing) for node in graph.nodes]
    outputs = [name for node in graph.nodes for name in node.outputs]
    keys: list[Key] = [*(info.name for info in graph.inputs), *packing.constants, *outputs]
    constants = tuple(packing.constants.values())
    number = {key: index for index, key in enumerate(keys)}
    steps = [
        Step(
            draft.op,
            tuple(None if key is None else number[key] for key in draft.inputs),
            tuple(number[name] for name in draft.node.outputs),
            draft.attributes,
            draft.node.name,
        )
        for draft in drafts
    ]
    return ProgramSpec(
        inputs=graph.inputs,
        constants=tuple(constant.stored for constant in constants),
        steps=tuple(steps),
        outputs=tuple(number[name] for name in graph.outputs),
        output_names=graph.outputs,
        widened={
            place: constant.dtype
            for place, constant in enumerate(constants)
            if constant.stored.dtype.name != constant.dtype
        },
    )


def _draft(node: Node, quantized: tuple[QuantizedWeight, ...] | None, packing: Packing) -> Draft:
    if node.op == "linear":
        return linear(node, quantized, packing)
    if quantized is None:
        return plain(node, packing)
    return PACKED_IN_INT8[node.op](node, quantized, packing)
