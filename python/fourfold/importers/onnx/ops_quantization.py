"""Translators of the ops between floats and 8-bit integers, as quantized ONNX models have them."""

from __future__ import annotations

from fourfold.importers.onnx.emitter import Emitter
from fourfold.importers.onnx.node import OnnxNode
from fourfold.importers.onnx.registry import Result, translates


@translates("QuantizeLinear", needs=["quantize_linear"])
def quantize_linear(node: OnnxNode, emitter: Emitter) -> Result:
    """round(x / scale) + zero, saturated; scales by tensor, by axis or by block."""
    attributes = {"axis": node.integer("axis", 1), "block_size": node.integer("block_size", 0)}
    return emitter.emit("quantize_linear", *node.inputs, to=node.output_dtype(), **attributes)


@translates("DequantizeLinear", needs=["dequantize_linear"])
def dequantize_linear(node: OnnxNode, emitter: Emitter) -> Result:
    """(x - zero) * scale."""
    attributes = {"axis": node.integer("axis", 1), "block_size": node.integer("block_size", 0)}
    return emitter.emit("dequantize_linear", *node.inputs, **attributes)


@translates("DynamicQuantizeLinear", needs=["dynamic_quantize_linear"])
def dynamic_quantize_linear(node: OnnxNode, emitter: Emitter) -> Result:
    """Uint8 by the range of x itself, with the scale and the zero point."""
    return emitter.emit_all("dynamic_quantize_linear", node.inputs, 3)


@translates("QLinearMatMul", needs=["qlinear_matmul"])
def qlinear_matmul(node: OnnxNode, emitter: Emitter) -> Result:
    """A product of 8-bit integers, quantized again."""
    return emitter.emit("qlinear_matmul", *node.inputs)
