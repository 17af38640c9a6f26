"""What is known of a graph's values before any runs: ranks, axes of size 1, which are float32."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fourfold.graph.ir import Graph
from fourfold.graph.passes.channels_last_axes import LEAST_RANK
from fourfold.graph.shapes import infer_shapes

# Their result has the first input's type; that of `where` the second's.
ARITHMETIC = frozenset({"activation", "add", "batch_norm", "clip", "identity", "softmax", "where"})
WINDOWS = frozenset({"conv", "conv_transpose", "global_pool", "lrn", "pool", "resize"})
PRODUCTS = frozenset({"gemm", "linear", "matmul", "reduce"})
COPIES = frozenset({"concat", "expand", "gather", "pad", "slice", "split", "tile", "transpose"})
VIEWS = frozenset({"flatten", "reshape", "squeeze", "unsqueeze"})
SAME_TYPE = ARITHMETIC | WINDOWS | PRODUCTS | COPIES | VIEWS

# Kinds of `binary` and `unary` that give bool.
LOGIC = frozenset({"and", "or", "xor", "not", "is_nan", "is_inf"})
COMPARISONS = frozenset({"equal", "less", "less_equal", "greater", "greater_equal"})


@dataclass(frozen=True)
class Facts:
    """What rules ask about the values of a graph, by name."""

    constants: Mapping[str, np.ndarray]

    ranks: Mapping[str, int]

    single: Mapping[str, frozenset[int]]
    """Axes that are of size 1 in every run; values without any may be missing."""

    float32: frozenset[str]
    """Values, constants included, that are float32 for certain."""

    def has_layouts(self, name: str) -> bool:
        """Return whether a value may be read in either layout."""
        return name not in self.constants and self.ranks.get(name, 0) >= LEAST_RANK

    def moves_by_view(self, name: str) -> bool:
        """Return whether the layouts of a value are the same memory, read as other shapes."""
        axes = self.single.get(name, frozenset())
        return 1 in axes or axes.issuperset(range(2, self.ranks[name]))


def gather_facts(graph: Graph, ranks: Mapping[str, int]) -> Facts:
    """Return what is known of a graph's values."""
    known = {name: array.ndim for name, array in graph.constants.items()}
    all_ranks = {**ranks, **known}
    single = {
        name: frozenset(axis for axis, size in enumerate(shape) if size == 1)
        for name, shape in infer_shapes(graph).items()
    }
    return Facts(graph.constants, all_ranks, single, _float32(graph))


def _float32(graph: Graph) -> frozenset[str]:
    found = {info.name for info in graph.inputs if info.dtype == "float32"}
    found |= {name for name, array in graph.constants.items() if array.dtype == np.float32}
    for node in graph.nodes:
        source = node.inputs[1 if node.op == "where" else 0] if node.inputs else ""
        numbers = node.attributes.get("kind") not in LOGIC | COMPARISONS
        same = node.op in SAME_TYPE or (node.op in ("binary", "unary") and numbers)
        made = node.op == "dequantize_linear" or node.attributes.get("to") == "float32"
        if (same and source in found) or made:
            found.update(node.outputs)
    return frozenset(found)
