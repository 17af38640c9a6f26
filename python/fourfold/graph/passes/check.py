"""Checks that a graph must pass before it is worth quantizing."""

from __future__ import annotations

import numpy as np

from fourfold import _core
from fourfold.graph.ir import Graph, Node

# Ops whose constants are trained parameters. Elsewhere an infinity may be meant: a mask adds it.
TRAINED = frozenset({"linear", "affine"})


def check_finite(graph: Graph) -> None:
    """Raise ``ValueError``, naming the layer, if a parameter is NaN or infinite.

    An infinite weight has no INT8 scale, and a NaN would spread to every output.
    """
    for node in graph.nodes:
        for name in node.inputs if node.op in TRAINED else ():
            array = graph.constants.get(name)
            if array is not None and not _core.all_finite(np.ascontiguousarray(array)):
                raise ValueError(
                    f"layer {label(node)!r} has a parameter that is NaN or infinite: {name!r}"
                )


def label(node: Node) -> str:
    """Return the name that a node is called by in messages and records."""
    return node.name or node.outputs[0]
