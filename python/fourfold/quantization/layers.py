"""The layers of a graph that may run in INT8, of all kinds."""

from __future__ import annotations

from collections.abc import Mapping

from fourfold.graph.ir import Graph
from fourfold.quantization.convolution import Convolution
from fourfold.quantization.embedding import Embedding
from fourfold.quantization.kinds import Layer, LayerKind
from fourfold.quantization.linear import Linear
from fourfold.quantization.recurrent import Gru, Lstm

KINDS: Mapping[str, LayerKind] = {
    kind.op: kind for kind in (Linear(), Embedding(), Convolution(), Lstm(), Gru())
}


def find_layers(graph: Graph) -> tuple[Layer, ...]:
    """Return the layers of a graph that may run in INT8, in order."""
    found = []
    for node in graph.nodes:
        kind = KINDS.get(node.op)
        names = kind.weights(node, graph.constants) if kind else ()
        if kind and names:
            weights = tuple(graph.constants[name] for name in names)
            place = kind.bias_input
            bias = None if place is None else graph.constants.get(node.inputs[place])
            found.append(Layer(node, kind, names, weights, bias))
    return tuple(found)
