"""Errors: what INT8 does to one convolution by itself, on float inputs seen in calibration.

A scale per tensor fails where a few values are a thousand times as large as those that matter, as
in the power spectrum of sound: no rule about ranges tells that from an image that is dark with a
few lights, but the layer's own error does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.graph.passes.lower import lower
from fourfold.graph.passes.pack import QuantizedWeight
from fourfold.quantization.calibrate import Batch, run_node, run_nodes
from fourfold.quantization.form import Form

# Above it a layer stays in float32. In the benchmarks' OCR and voice models all layers are below
# 0.06, and in INT8 lose nothing on their tasks; one that reads a raw power spectrum is far above.
MAX_ERROR = 0.15


@dataclass(frozen=True)
class LayerError:
    """What INT8 does to a convolution's sums, before anything is done with them."""

    relative: float
    """L2 distance of the sums in INT8 from those in float32, relative to these."""

    shift: np.ndarray
    """float32 [filters]: what they are too small by, on average."""


def measure_layers(
    graph: Graph,
    quantized: Mapping[str, QuantizedWeight],
    forms: Mapping[str, Form],
    batches: Sequence[Batch],
) -> dict[str, LayerError]:
    """Return the errors of convolutions, each on its own: its input is that of the float graph.

    Parameters
    ----------
    graph : Graph
        The float graph, channels last.
    quantized : mapping of str to QuantizedWeight
        The weights of the convolutions to measure, by their outputs.
    forms : mapping of str to Form
        Of their inputs, by the inputs' names.
    batches : sequence of sequence of ndarray
        What to run the graph on.
    """
    sums: dict[str, _Sums] = {}

    def visit(node: Node, values: Mapping[str, np.ndarray]) -> None:
        found = quantized.get(node.outputs[0])
        if found is not None:
            x = values[node.inputs[0]]
            pair = _bare(node, found, forms[node.inputs[0]], x, graph.constants)
            sums.setdefault(node.outputs[0], _Sums()).add(*pair)

    for batch in batches:
        run_nodes(graph, batch, visit)
    return {name: each.error() for name, each in sums.items()}


class _Sums:
    """Running sums over the elements of a convolution's output, by filter."""

    def __init__(self) -> None:
        self.count = 0
        self.squares: float | np.ndarray = 0.0
        self.distances: float | np.ndarray = 0.0
        self.differences: float | np.ndarray = 0.0

    def add(self, exact: np.ndarray, found: np.ndarray) -> None:
        rows = exact.reshape(-1, exact.shape[-1]).astype(np.float64)
        apart = rows - found.reshape(rows.shape)
        self.count += len(rows)
        self.squares += np.einsum("ij,ij->j", rows, rows)
        self.distances += np.einsum("ij,ij->j", apart, apart)
        self.differences += apart.sum(axis=0)

    def error(self) -> LayerError:
        """Return the error that is left once the mean difference is taken off."""
        mean = np.asarray(self.differences) / max(1, self.count)
        left = np.sum(self.distances - self.count * mean * mean)
        total = np.sum(self.squares)
        relative = float(np.sqrt(max(left, 0.0) / total)) if total else 0.0
        return LayerError(relative, mean.astype(np.float32))


def _bare(
    node: Node,
    found: QuantizedWeight,
    form: Form,
    x: np.ndarray,
    constants: Mapping[str, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Return a convolution's sums in float32 and in INT8, without bias and all that follows."""
    weight, plain = node.inputs[1], node.without("activation", "alpha")
    exact = replace(plain, inputs=("x", weight, ""), outputs=("y",))
    held = {weight: constants[weight]}
    (sums,) = run_node(exact, {"x": x}, held)
    in_int8 = replace(exact, attributes={**exact.attributes, **form.attributes("input_")})
    info = TensorInfo("x", "float32", (None,) * x.ndim)
    program = CompiledProgram(lower(Graph((info,), (in_int8,), ("y",), held), {"y": (found,)}))
    return sums, program(x)
