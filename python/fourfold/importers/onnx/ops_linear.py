"""Translators of products.

Where the second factor is a constant float32 matrix they are ``linear`` nodes, which quantization
knows.
"""

from __future__ import annotations

import numpy as np

from fourfold.importers.onnx.emitter import Emitter
from fourfold.importers.onnx.node import OnnxNode
from fourfold.importers.onnx.registry import Result, translates


@translates("MatMul", needs=["matmul", "linear"])
def matmul(node: OnnxNode, emitter: Emitter) -> Result:
    """A @ b as NumPy has it; x @ weight where b is a constant matrix."""
    x, weight = node.inputs
    if _is_weight(emitter.known(weight), node.dtype()):
        return emitter.emit("linear", x, weight, activation="identity", alpha=0.0)
    return emitter.emit("matmul", x, weight)


@translates("Gemm", needs=["gemm", "linear", "transpose", "binary"])
def gemm(node: OnnxNode, emitter: Emitter) -> Result:
    """alpha * a' @ b' + beta * c, where ' may transpose."""
    alpha, beta = node.real("alpha"), node.real("beta")
    trans_a, trans_b = node.integer("transA"), node.integer("transB")
    a, b, c = node.input(0), node.input(1), node.input(2)
    if not _is_weight(emitter.known(b), node.dtype()):
        flags = {"trans_a": trans_a, "trans_b": trans_b}
        return emitter.emit("gemm", a, b, c, alpha=alpha, beta=beta, **flags)
    x = emitter.emit("transpose", a, perm=(1, 0)) if trans_a else a
    weight = b
    if trans_b:
        weight = emitter.transposed(weight)
    if alpha != 1:
        weight = emitter.derived(weight, f"times_{alpha}", lambda w: w * np.float32(alpha))
    columns = _columns(emitter, weight)
    bias = _bias(c, beta, columns, emitter)
    y = emitter.emit("linear", x, weight, bias or "", activation="identity", alpha=0.0)
    if bias is not None:
        return y
    if beta != 1:
        c = emitter.emit("binary", c, emitter.constant(beta, np.float32), kind="mul")
    return emitter.emit("binary", y, c, kind="add")


@translates("MatMulInteger", needs=["matmul_integer"])
def matmul_integer(node: OnnxNode, emitter: Emitter) -> Result:
    """(a - a_zero) @ (b - b_zero) of 8-bit integers, exact in int32."""
    return emitter.emit("matmul_integer", *node.inputs)


@translates("Einsum", needs=["einsum"])
def einsum(node: OnnxNode, emitter: Emitter) -> Result:
    """Sums of products over named axes."""
    return emitter.emit("einsum", *node.inputs, equation=node.text("equation"))


def _is_weight(array: np.ndarray | None, dtype: str) -> bool:
    """Return whether a factor is a matrix that a linear layer can pack."""
    return array is not None and dtype == "float32" and array.ndim == 2 and array.size > 0


def _columns(emitter: Emitter, weight: str) -> int:
    array = emitter.known(weight)
    assert array is not None
    return int(array.shape[1])


def _bias(c: str, beta: float, columns: int, emitter: Emitter) -> str | None:
    """Return beta * c as a linear layer's bias [columns], "" for none, or None if it is no bias.

    Exporters write c as [columns], [1, columns], [1] or a scalar; as [rows, 1] it is none.
    """
    if not c or beta == 0:
        return ""
    array = emitter.known(c)
    if array is None or not (array.size == 1 or array.shape[-1] == array.size == columns):
        return None
    if array.shape == (columns,) and beta == 1:
        return c

    def row(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values.reshape(-1) * np.float32(beta), (columns,))

    return emitter.derived(c, f"bias_{columns}_{beta}", row)
