"""The translator of Attention, as products and a softmax: what the engine fuses attention from.

It takes the op as models are exported with it for inference in one go. With a cache, a window, a
cap, or fewer heads of keys than of queries it refuses: ONNX's own definition is right for all.
"""

from __future__ import annotations

import math

import numpy as np

from fourfold.importers.onnx.emitter import Emitter
from fourfold.importers.onnx.node import OnnxNode
from fourfold.importers.onnx.refusal import UnsupportedNode
from fourfold.importers.onnx.registry import Result, translates
from fourfold.importers.onnx.types import Shape

HEADS_FIRST = (0, 2, 1, 3)
KEYS_LAST = (0, 1, 3, 2)
MASK = 3
CACHE = range(4, 7)
HALF_OR_SINGLE = (0, 1, 10, 16)


@translates(
    "Attention",
    needs=["matmul", "softmax", "binary", "transpose", "reshape", "where", "unary", "trilu"],
)
def attention(node: OnnxNode, emitter: Emitter) -> Result:
    """softmax(q @ k' * scale + mask) @ v for each head; zeros for a row that sees no key."""
    shapes = [_known(node.claimed_shape(index)) for index in range(3)]
    _check(node, shapes)
    q, k, v = node.inputs[:3]
    heads_apart = len(shapes[0]) == 4
    depth = shapes[0][-1]
    if not heads_apart:
        heads = node.integer("q_num_heads")
        q, k, v = (_by_heads(value, heads, emitter) for value in (q, k, v))
        depth = depth // heads if isinstance(depth, int) else depth
    scaled = emitter.emit("binary", q, _scale(node, depth, emitter), kind="mul")
    scores = emitter.emit("matmul", scaled, emitter.emit("transpose", k, perm=KEYS_LAST))
    mask = _mask(node, q, k, emitter)
    if mask:
        scores = emitter.emit("binary", scores, mask, kind="add")
    weights = emitter.emit("softmax", scores, axis=-1, kind="softmax")
    if mask:
        is_blind = emitter.emit("unary", weights, kind="is_nan")
        weights = emitter.emit("where", is_blind, _number(0, node, emitter), weights)
    y = emitter.emit("matmul", weights, v)
    if heads_apart:
        return y
    rows = emitter.emit("transpose", y, perm=HEADS_FIRST)
    return emitter.emit("reshape", rows, emitter.integers(0, 0, -1))


def _known(shape: Shape | None) -> Shape:
    if shape is None or len(shape) not in (3, 4):
        raise UnsupportedNode("queries, keys and values of unknown rank")
    return shape


def _check(node: OnnxNode, shapes: list[Shape]) -> None:
    """Refuse all but the plain forms."""
    if any(node.input(index) for index in CACHE) or any(node.wants(index) for index in (1, 2, 3)):
        raise UnsupportedNode("attention with a cache, or with its scores as an output")
    if node.real("softcap", 0.0) or node.integer("softmax_precision", 0) not in HALF_OR_SINGLE:
        raise UnsupportedNode("attention with a cap, or a softmax in double precision")
    if any(node.integer(f"{side}_window_size", -1) >= 0 for side in ("left", "right")):
        raise UnsupportedNode("attention within a window")
    if len(shapes[0]) == 4:
        heads, keys = shapes[0][1], shapes[1][1]
    else:
        heads, keys = node.integer("q_num_heads"), node.integer("kv_num_heads")
    if not isinstance(heads, int) or heads != keys:
        raise UnsupportedNode("attention with other heads of keys than of queries")


def _by_heads(value: str, heads: int, emitter: Emitter) -> str:
    """Return [batch, rows, heads * depth] as [batch, heads, rows, depth]."""
    apart = emitter.emit("reshape", value, emitter.integers(0, 0, heads, -1))
    return emitter.emit("transpose", apart, perm=HEADS_FIRST)


def _scale(node: OnnxNode, depth: int | str | None, emitter: Emitter) -> str:
    if node.has("scale"):
        return _number(node.real("scale"), node, emitter)
    if not isinstance(depth, int):
        raise UnsupportedNode("attention over heads of unknown depth")
    return _number(1 / math.sqrt(depth), node, emitter)


def _mask(node: OnnxNode, q: str, k: str, emitter: Emitter) -> str:
    """Return what is added to the scores, or ""."""
    mask = ""
    if node.input(MASK):
        shape, keys = node.claimed_shape(MASK), node.claimed_shape(1)
        last = None if keys is None else keys[-2]
        if shape is None or last is None or shape[-1] != last:
            raise UnsupportedNode("a mask that may be for fewer keys")
        mask = node.input(MASK)
        if node.dtype(MASK) == "bool":
            hidden = _number(-math.inf, node, emitter)
            mask = emitter.emit("where", mask, _number(0, node, emitter), hidden)
    if not node.integer("is_causal", 0):
        return mask
    rows, columns = (emitter.emit("shape", value, start=2, end=3) for value in (q, k))
    sizes = emitter.emit("concat", rows, columns, axis=0)
    hidden = emitter.emit("constant_of_shape", sizes, _number(-math.inf, node, emitter, [1]))
    later = emitter.emit("trilu", hidden, emitter.constant(1, np.int64), upper=1)
    return emitter.emit("binary", mask, later, kind="add") if mask else later


def _number(value: float, node: OnnxNode, emitter: Emitter, shape: list[int] | None = None) -> str:
    return emitter.constant(np.full(shape or [], value), node.dtype())
