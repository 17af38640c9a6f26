"""The layers of a graph that may run in INT8, of all kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.check import label
from fourfold.quantization.embedding import Embedding
from fourfold.quantization.kinds import LayerKind
from fourfold.quantization.linear import Linear
from fourfold.quantization.recurrent import Gru, Lstm

KINDS: Mapping[str, LayerKind] = {kind.op: kind for kind in (Linear(), Embedding(), Lstm(), Gru())}


@dataclass(frozen=True)
class Layer:
    """A node that may run in INT8."""

    node: Node
    kind: LayerKind
    weight_names: tuple[str, ...]
    weights: tuple[np.ndarray, ...]

    @property
    def name(self) -> str:
        """What messages and records call it."""
        return label(self.node)

    @property
    def output(self) -> str:
        """Its first output: what tells it apart within the graph."""
        return self.node.outputs[0]

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds per row."""
        return sum(weight.size for weight in self.weights) if self.kind.multiplies else 0


def find_layers(graph: Graph) -> tuple[Layer, ...]:
    """Return the layers of a graph that may run in INT8, in order."""
    found = []
    for node in graph.nodes:
        kind = KINDS.get(node.op)
        names = kind.weights(node, graph.constants) if kind else ()
        if kind and names:
            weights = tuple(graph.constants[name] for name in names)
            found.append(Layer(node, kind, names, weights))
    return tuple(found)
