"""Lower: a float graph, with the quantized weights of some of its layers, to a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from fourfold import _core
from fourfold.graph.ir import Graph, Node
from fourfold.graph.program import ProgramSpec, Step

PANEL_COLUMNS = 16

# A value of the graph by its name; a constant by what it was made into, and from which.
Key = str | tuple[str, ...]
Constants = dict[Key, np.ndarray]


@dataclass(frozen=True)
class QuantizedWeight:
    """A weight as int8 with a scale for each output channel: ``weight ~ values * scales``."""

    values: np.ndarray
    """int8 [K, N], in [-127, 127]."""

    scales: np.ndarray
    """float32 [N], above 0."""


def lower(graph: Graph, quantized: Mapping[str, QuantizedWeight]) -> ProgramSpec:
    """Return the program that computes a graph.

    Weights are packed here, once; one that several layers share is stored once.

    Parameters
    ----------
    graph : Graph
        Linear layers have constant weights, and no row-wise activation within them.
    quantized : mapping of str to QuantizedWeight
        By the first output of those linear nodes that run in INT8; all others run in float32.
    """
    constants: Constants = {}
    drafts: list[tuple[Node, str, tuple[Key | None, ...]]] = []
    for node in graph.nodes:
        if node.op == "linear":
            drafts.append((node, *_linear(node, graph, quantized, constants)))
        else:
            drafts.append((node, node.op, _plain(node, graph, constants)))
    outputs = [name for node in graph.nodes for name in node.outputs]
    keys: list[Key] = [*(info.name for info in graph.inputs), *constants, *outputs]
    number = {key: index for index, key in enumerate(keys)}
    steps = [
        Step(
            op,
            tuple(None if key is None else number[key] for key in inputs),
            tuple(number[name] for name in node.outputs),
            {**_shape(node, graph), **node.attributes},
            node.name,
        )
        for node, op, inputs in drafts
    ]
    return ProgramSpec(
        inputs=graph.inputs,
        constants=tuple(constants.values()),
        steps=tuple(steps),
        outputs=tuple(number[name] for name in graph.outputs),
        output_names=graph.outputs,
    )


def _shape(node: Node, graph: Graph) -> dict[str, int]:
    """Return what the padding hides of a linear layer's shape."""
    if node.op != "linear":
        return {}
    depth, columns = graph.constants[node.inputs[1]].shape
    return {"depth": depth, "columns": columns}


def _linear(
    node: Node,
    graph: Graph,
    quantized: Mapping[str, QuantizedWeight],
    constants: Constants,
) -> tuple[str, tuple[Key | None, ...]]:
    """Return a linear layer's operation and inputs, and add its constants."""
    x, weight, bias = node.inputs
    columns = graph.constants[weight].shape[1]

    def constant(key: Key, make: Callable[[], np.ndarray]) -> Key:
        if key not in constants:
            constants[key] = make()
        return key

    def bias_values() -> np.ndarray:
        values = graph.constants[bias] if bias else np.zeros(columns, np.float32)
        return _padded(values, 0)

    bias_key = constant(("bias", bias, str(columns)), bias_values)
    found = quantized.get(node.outputs[0])
    if found is None:
        floats = np.ascontiguousarray(graph.constants[weight], np.float32)
        packed = constant(("f32", weight), lambda: _core.pack_f32(floats))
        return "linear_f32", (x, packed, bias_key)
    packed = constant(("s8", weight), lambda: _core.pack_s8(found.values))
    scales = constant(("scales", weight), lambda: _padded(found.scales, 1))
    return "linear_s8", (x, packed, scales, bias_key)


def _plain(node: Node, graph: Graph, constants: Constants) -> tuple[Key | None, ...]:
    """Return an operation's inputs, None for absent ones, and add those that are constants."""
    keys: list[Key | None] = []
    for name in node.inputs:
        if name in graph.constants:
            constants[("plain", name)] = np.asarray(graph.constants[name], order="C")
            keys.append(("plain", name))
        else:
            keys.append(name or None)
    return tuple(keys)


def padded_columns(columns: int) -> int:
    """Return how many columns a layer's constants have as stored: whole panels."""
    return columns + -columns % PANEL_COLUMNS


def _padded(values: np.ndarray, fill: float) -> np.ndarray:
    """Return one value per column as float32, filled up to whole panels."""
    padding = padded_columns(len(values)) - len(values)
    return np.pad(values.astype(np.float32), (0, padding), constant_values=fill)
