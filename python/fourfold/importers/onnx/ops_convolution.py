"""Translators of what slides a window over x [N, C, spatial...]: convolutions and pooling."""

from __future__ import annotations

from collections.abc import Mapping

from fourfold.graph.ir import Attribute
from fourfold.importers.onnx.emitter import Emitter
from fourfold.importers.onnx.node import OnnxNode
from fourfold.importers.onnx.registry import Result, translates

WINDOW = ("kernel_shape", "strides", "pads", "dilations")

POOL: Mapping[str, str] = {"MaxPool": "max", "AveragePool": "average", "LpPool": "lp"}


def window(node: OnnxNode) -> dict[str, Attribute]:
    """Return the attributes that say where a window goes, those that the node gives."""
    attributes: dict[str, Attribute] = {
        name: node.integers(name) for name in WINDOW if node.has(name)
    }
    if node.has("auto_pad"):
        attributes["auto_pad"] = node.text("auto_pad").lower()
    return attributes


@translates("Conv", needs=["conv"])
def conv(node: OnnxNode, emitter: Emitter) -> Result:
    """Convolution, or correlation as mathematics calls it."""
    return emitter.emit("conv", *node.inputs, group=node.integer("group"), **window(node))


@translates("ConvTranspose", needs=["conv_transpose"])
def conv_transpose(node: OnnxNode, emitter: Emitter) -> Result:
    """The gradient of a convolution by its input."""
    attributes = window(node)
    for name in ("output_padding", "output_shape"):
        if node.has(name):
            attributes[name] = node.integers(name)
    group = node.integer("group")
    return emitter.emit("conv_transpose", *node.inputs, group=group, **attributes)


@translates("ConvInteger", needs=["conv_integer"])
def conv_integer(node: OnnxNode, emitter: Emitter) -> Result:
    """Convolution of 8-bit integers, exact in int32."""
    group = node.integer("group")
    return emitter.emit("conv_integer", *node.inputs, group=group, **window(node))


@translates("QLinearConv", needs=["qlinear_conv"])
def qlinear_conv(node: OnnxNode, emitter: Emitter) -> Result:
    """Convolution of 8-bit integers, quantized again."""
    group = node.integer("group")
    return emitter.emit("qlinear_conv", *node.inputs, group=group, **window(node))


@translates("DeformConv", needs=["deform_conv"])
def deform_conv(node: OnnxNode, emitter: Emitter) -> Result:
    """Convolution with an offset, and a weight, for each point of the window."""
    groups = {name: node.integer(name) for name in ("group", "offset_group")}
    return emitter.emit("deform_conv", *node.inputs, **groups, **window(node))


@translates("Col2Im", needs=["col2im"])
def col2im(node: OnnxNode, emitter: Emitter) -> Result:
    """Sums of overlapping blocks."""
    return emitter.emit("col2im", *node.inputs, **window(node))


@translates(*POOL, needs=["pool", "max_pool_indices"])
def pool(node: OnnxNode, emitter: Emitter) -> Result:
    """The largest, the mean or the norm of a window, and for MaxPool where the largest is."""
    attributes = {**window(node), "ceil_mode": node.integer("ceil_mode", 0)}
    if node.wants(1):
        storage_order = node.integer("storage_order", 0)
        return emitter.emit_all(
            "max_pool_indices", node.inputs, 2, storage_order=storage_order, **attributes
        )
    if node.op_type == "AveragePool":
        attributes["count_include_pad"] = node.integer("count_include_pad", 0)
    if node.op_type == "LpPool":
        attributes["p"] = node.integer("p")
    return emitter.emit("pool", *node.inputs, kind=POOL[node.op_type], **attributes)


@translates("MaxUnpool", needs=["max_unpool"])
def max_unpool(node: OnnxNode, emitter: Emitter) -> Result:
    """Values put back to where a MaxPool took them from, zeros elsewhere."""
    return emitter.emit("max_unpool", *node.inputs, **window(node))


@translates("GlobalMaxPool", "GlobalAveragePool", "GlobalLpPool", needs=["global_pool"])
def global_pool(node: OnnxNode, emitter: Emitter) -> Result:
    """One value for each channel."""
    kind = node.op_type.removeprefix("Global").removesuffix("Pool").lower()
    attributes: dict[str, Attribute] = {"p": node.integer("p")} if kind == "lp" else {}
    return emitter.emit("global_pool", node.input(0), kind=kind, **attributes)


@translates("LRN", needs=["lrn"])
def lrn(node: OnnxNode, emitter: Emitter) -> Result:
    """Each value by a power of the mean square of its neighbours among the channels."""
    reals = {name: node.real(name) for name in ("alpha", "beta", "bias")}
    return emitter.emit("lrn", node.input(0), size=node.integer("size"), **reals)
