"""Translators of attention. ONNX's function bodies stand in where the engine's op has no way."""

from __future__ import annotations

from fourfold.graph.ir import Attribute
from fourfold.importers.onnx.emitter import Emitter
from fourfold.importers.onnx.node import OnnxNode
from fourfold.importers.onnx.refusal import UnsupportedNode
from fourfold.importers.onnx.registry import Result, translates

INTEGERS = ("is_causal", "q_num_heads", "kv_num_heads", "qk_matmul_output_mode")
REALS = ("scale", "softcap")


@translates("Attention", needs=["attention"])
def attention(node: OnnxNode, emitter: Emitter) -> Result:
    """softmax(q @ k' * scale + mask) @ v, by heads, with the keys and values of the past."""
    windows = ("left_window_size", "right_window_size")
    if node.input(6) or any(node.integer(name, -1) != -1 for name in windows):
        raise UnsupportedNode("a window, or lengths without padding")
    attributes: dict[str, Attribute] = {
        name: node.integer(name) for name in INTEGERS if node.has(name)
    }
    attributes |= {name: node.real(name) for name in REALS if node.has(name)}
    count = max(index + 1 for index in range(4) if index == 0 or node.wants(index))
    return emitter.emit_all("attention", node.inputs, count, outputs=count, **attributes)


@translates("RotaryEmbedding", needs=["rotary_embedding"])
def rotary_embedding(node: OnnxNode, emitter: Emitter) -> Result:
    """Pairs of values turned by an angle that grows with the position."""
    attributes = {name: node.integer(name, 0) for name in ("interleaved", "rotary_embedding_dim")}
    if node.has("num_heads"):
        attributes["num_heads"] = node.integer("num_heads")
    return emitter.emit("rotary_embedding", *node.inputs, **attributes)
