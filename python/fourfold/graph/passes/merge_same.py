"""Merge: nodes that compute the same, constants that are the same, and steps that do nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.prune import prune
from fourfold.graph.passes.rewriting import Rewriting
from fourfold.graph.passes.scalars import scalar_step
from fourfold.graph.shapes import Shape

# Larger constants are seldom twice in a model, and comparing them takes time.
MOST_BYTES = 1024


def merge_same(graph: Graph, shapes: Mapping[str, Shape]) -> Graph:
    """Return the graph without nodes whose result another one has, or their only input has.

    The same op of the same inputs with the same attributes; multiplications by 1, which change no
    bit. A node that makes an output of the graph stays, as the outputs' names do.
    """
    rewriting = Rewriting(graph, shapes)
    same = _same_constants(graph)
    made: dict[tuple[object, ...], tuple[str, ...]] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        inputs = tuple(same.get(name, name) for name in node.inputs)
        placed = replace(node, inputs=inputs) if inputs != node.inputs else node
        kept = not set(node.outputs).isdisjoint(graph.outputs)
        source = "" if kept else _passed_on(placed, rewriting)
        if source:
            same[node.outputs[0]] = source
            continue
        key = (placed.op, inputs, tuple(sorted(placed.attributes.items())))
        first = made.setdefault(key, placed.outputs)
        if first is placed.outputs or kept:
            nodes.append(placed)
        else:
            same.update(zip(node.outputs, first, strict=True))
    return prune(replace(graph, nodes=tuple(nodes)))


def _same_constants(graph: Graph) -> dict[str, str]:
    """Return, for each small constant that is there again, the first that is the same."""
    first: dict[tuple[object, ...], str] = {}
    same: dict[str, str] = {}
    for name, array in graph.constants.items():
        if array.nbytes > MOST_BYTES or name in graph.outputs:
            continue
        found = first.setdefault((array.dtype.str, array.shape, array.tobytes()), name)
        if found != name:
            same[name] = found
    return same


def _passed_on(node: Node, rewriting: Rewriting) -> str:
    """Return the value that a node hands on as it is, "" where it does something."""
    if node.op == "identity":
        return node.inputs[0]
    kind = node.attributes.get("kind") if node.op == "binary" else ""
    step = scalar_step(node, rewriting) if kind in ("mul", "div") else None
    return step[0] if step is not None and step[1] == 1 else ""
