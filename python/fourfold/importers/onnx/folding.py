"""Constant folding: nodes all of whose inputs are constants, run once by the engine itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.lower import lower
from fourfold.importers.onnx.node import OnnxNode
from fourfold.importers.onnx.tensors import TensorReader
from fourfold.importers.onnx.types import ENGINE, element_type, static_shape

# Beyond this and four times the bytes of the model's tensors nothing more is folded: a file of a
# few hundred bytes may ask for a constant of any size. Four times: int8 weights in float.
LEAST_BUDGET = 1 << 21

# The sizes of these ops' outputs depend on values that ONNX's rules do not look at. They have at
# most as many elements as the inputs, NonZero as many for each axis: 8 of 8 bytes for one.
SHRINKING = frozenset({"non_zero", "compress", "unique", "slice"})
MOST_BYTES_PER_BYTE = 64

# Ops that do much with few bytes: for each output they read up to all of their inputs. A model of a
# few hundred bytes may ask for a product that takes minutes.
PRODUCTS = frozenset(
    [
        *("conv", "conv_integer", "conv_transpose", "deform_conv", "det", "einsum"),
        *("gemm", "gru", "linear", "lstm", "matmul", "matmul_integer", "qlinear_conv"),
        *("pool", "qlinear_matmul", "rnn"),
    ]
)

# Bytes of inputs times bytes of outputs, of all products that are folded: a few seconds at most.
MAX_PRODUCTS = 1 << 36

# Bytes that folded nodes read, at most, and how often all of the model's tensors: a second or so.
LEAST_READS = 1 << 30
MOST_READINGS = 64


class Folder:
    """Runs constant nodes, and keeps count of the time and memory that this takes.

    Parameters
    ----------
    reader : TensorReader
        What has read the model's tensors.
    """

    def __init__(self, reader: TensorReader) -> None:
        self._reader = reader
        self._spent = 0
        self._read = 0
        self._products = 0

    def fold(
        self,
        node: OnnxNode,
        nodes: Sequence[Node],
        results: Sequence[str],
        constants: Mapping[str, np.ndarray],
    ) -> dict[str, np.ndarray] | None:
        """Return the results of an ONNX node, translated to ``nodes``; None if it cannot be folded.

        Raises
        ------
        ValueError
            If the constants do not fit the node.
        """
        made = {name for emitted in nodes for name in emitted.outputs}
        read = {name for emitted in nodes for name in emitted.inputs if name} - made
        wanted = [name for name in results if name in made]
        if not wanted or not read <= constants.keys():
            return None
        input_bytes = sum(constants[name].nbytes for name in read)
        size = _size(node)
        if size is None and SHRINKING.issuperset(emitted.op for emitted in nodes):
            size = MOST_BYTES_PER_BYTE * input_bytes
        if size is None or not self._can_afford(nodes, input_bytes, size):
            return None
        graph = Graph((), tuple(nodes), tuple(wanted), {name: constants[name] for name in read})
        answer = CompiledProgram(lower(graph, {}))()
        arrays = answer if isinstance(answer, tuple) else (answer,)
        return dict(zip(wanted, arrays, strict=True))

    def _can_afford(self, nodes: Sequence[Node], input_bytes: int, size: int) -> bool:
        """Return whether running a node is within all budgets, and if so, take it from them."""
        stored = self._reader.stored_bytes
        spent, read = self._spent + size, self._read + input_bytes
        products = self._products
        if any(emitted.op in PRODUCTS for emitted in nodes):
            products += input_bytes * max(size, 1)
        if (
            spent > LEAST_BUDGET + 4 * stored
            or read > LEAST_READS + MOST_READINGS * stored
            or products > MAX_PRODUCTS
        ):
            return False
        self._spent, self._read, self._products = spent, read, products
        return True


def _size(node: OnnxNode) -> int | None:
    """Return how many bytes the outputs take; None if that cannot be told."""
    total = 0
    for name, value in zip(node.outputs, node.output_types, strict=True):
        size = _byte_count(value)
        if name and size is None:
            return None
        total += size or 0
    return total


def _byte_count(value: onnx.TypeProto | None) -> int | None:
    shape = static_shape(value)
    dtype = ENGINE.get(element_type(value))
    if shape is None or dtype is None:
        return None
    count = np.dtype(dtype).itemsize
    for size in shape:
        count *= size
    return count
