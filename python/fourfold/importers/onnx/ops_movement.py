"""Translators of the ops that move elements: views, shapes, joining, cutting, indexing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from onnx import TensorProto

from fourfold.graph.ir import Attribute
from fourfold.importers.onnx.emitter import Emitter
from fourfold.importers.onnx.node import OnnxNode
from fourfold.importers.onnx.refusal import UnsupportedNode
from fourfold.importers.onnx.registry import Result, translates
from fourfold.importers.onnx.types import ENGINE

# Ops without attributes that the engine has under another spelling.
SAME: Mapping[str, str] = {
    "Expand": "expand",
    "Tile": "tile",
    "Range": "range",
    "NonZero": "non_zero",
    "Slice": "slice",
}


def _same(op_type: str, op: str) -> None:
    @translates(op_type, needs=[op])
    def translate(node: OnnxNode, emitter: Emitter) -> Result:
        return emitter.emit(op, *node.inputs)


for _op_type, _op in SAME.items():
    _same(_op_type, _op)


@translates("Squeeze", "Unsqueeze", needs=["squeeze", "unsqueeze", "reshape"])
def squeeze(node: OnnxNode, emitter: Emitter) -> Result:
    """Axes of size one less or more; a scalar names one, as ONNX's own definitions write it."""
    inputs = list(node.inputs)
    if node.rank(1) == 0:
        inputs[1] = emitter.emit("reshape", inputs[1], emitter.integers(1), allow_zero=0)
    return emitter.emit(node.op_type.lower(), *inputs)


@translates("Constant")
def constant(node: OnnxNode, emitter: Emitter) -> Result:
    """The constant that an attribute holds, in one of six ways."""
    if node.has("value"):
        return emitter.tensor(node.attributes["value"])
    if node.has("value_float"):
        return emitter.constant(node.real("value_float"), np.float32)
    if node.has("value_floats"):
        return emitter.constant(node.reals("value_floats"), np.float32)
    if node.has("value_int"):
        return emitter.constant(node.integer("value_int"), np.int64)
    if node.has("value_ints"):
        return emitter.constant(node.integers("value_ints"), np.int64)
    raise UnsupportedNode("a constant of strings, or a sparse one")


@translates("Reshape", needs=["reshape"])
def reshape(node: OnnxNode, emitter: Emitter) -> Result:
    """Another shape; 0 takes the input's size unless allowzero says that it is 0."""
    allow_zero = node.integer("allowzero", 0)
    return emitter.emit("reshape", *node.inputs, allow_zero=allow_zero)


@translates("Flatten", needs=["flatten"])
def flatten(node: OnnxNode, emitter: Emitter) -> Result:
    """Two dimensions: those before the axis, and the rest."""
    return emitter.emit("flatten", node.input(0), axis=node.integer("axis"))


@translates("Transpose", needs=["transpose"])
def transpose(node: OnnxNode, emitter: Emitter) -> Result:
    """The axes in another order; reversed unless told."""
    attributes = {"perm": node.integers("perm")} if node.has("perm") else {}
    return emitter.emit("transpose", node.input(0), **attributes)


@translates("Shape", needs=["shape"])
def shape(node: OnnxNode, emitter: Emitter) -> Result:
    """The sizes of axes from start to end; a constant where all are known."""
    attributes = {"start": node.integer("start", 0)}
    if node.has("end"):
        attributes["end"] = node.integer("end")
    known = node.static_shape()
    if known is not None:
        sizes = known[slice(attributes["start"], attributes.get("end"))]
        return emitter.integers(*sizes)
    return emitter.emit("shape", node.input(0), **attributes)


@translates("Size", needs=["shape", "reduce"])
def size(node: OnnxNode, emitter: Emitter) -> Result:
    """The number of elements, a scalar."""
    known = node.static_shape()
    if known is not None:
        return emitter.constant(np.prod(known, dtype=np.int64), np.int64)
    sizes = emitter.emit("shape", node.input(0))
    return emitter.emit("reduce", sizes, kind="prod", keepdims=0)


@translates("Concat", needs=["concat"])
def concat(node: OnnxNode, emitter: Emitter) -> Result:
    """All inputs, one after the other along an axis."""
    return emitter.emit("concat", *node.inputs, axis=node.integer("axis"))


@translates("Split", needs=["split"])
def split(node: OnnxNode, emitter: Emitter) -> Result:
    """Parts along an axis: of given sizes, or equal but for the last."""
    count = len(node.outputs)
    return emitter.emit_all(
        "split", node.inputs, count, axis=node.integer("axis", 0), outputs=count
    )


@translates("Pad", needs=["pad"])
def pad(node: OnnxNode, emitter: Emitter) -> Result:
    """More elements at the ends of axes, or fewer."""
    return emitter.emit("pad", *node.inputs, mode=node.text("mode", "constant"))


@translates("Gather", needs=["gather"])
def gather(node: OnnxNode, emitter: Emitter) -> Result:
    """Slices along an axis, by number."""
    return emitter.emit("gather", *node.inputs, axis=node.integer("axis", 0))


@translates("GatherElements", needs=["gather_elements"])
def gather_elements(node: OnnxNode, emitter: Emitter) -> Result:
    """Elements, each by its own number along an axis."""
    return emitter.emit("gather_elements", *node.inputs, axis=node.integer("axis", 0))


@translates("GatherND", needs=["gather_nd"])
def gather_nd(node: OnnxNode, emitter: Emitter) -> Result:
    """Slices by a number for each of the first axes."""
    return emitter.emit("gather_nd", *node.inputs, batch_dims=node.integer("batch_dims", 0))


@translates("Scatter", "ScatterElements", needs=["scatter_elements"])
def scatter_elements(node: OnnxNode, emitter: Emitter) -> Result:
    """The input with elements replaced, or combined with others."""
    reduction = node.text("reduction", "none")
    axis = node.integer("axis", 0)
    return emitter.emit("scatter_elements", *node.inputs, axis=axis, reduction=reduction)


@translates("ScatterND", needs=["scatter_nd"])
def scatter_nd(node: OnnxNode, emitter: Emitter) -> Result:
    """The input with slices replaced, or combined with others."""
    return emitter.emit("scatter_nd", *node.inputs, reduction=node.text("reduction", "none"))


@translates("TensorScatter", needs=["tensor_scatter"])
def tensor_scatter(node: OnnxNode, emitter: Emitter) -> Result:
    """A cache with new entries written into it."""
    mode, axis = node.text("mode", "linear"), node.integer("axis", -2)
    return emitter.emit("tensor_scatter", *node.inputs, mode=mode, axis=axis)


@translates("DepthToSpace", needs=["depth_to_space"])
def depth_to_space(node: OnnxNode, emitter: Emitter) -> Result:
    """Channels to blocks of pixels."""
    mode = node.text("mode", "DCR").lower()
    block = node.integer("blocksize")
    return emitter.emit("depth_to_space", node.input(0), block=block, mode=mode)


@translates("SpaceToDepth", needs=["space_to_depth"])
def space_to_depth(node: OnnxNode, emitter: Emitter) -> Result:
    """Blocks of pixels to channels."""
    if node.text("mode", "DCR") != "DCR":
        raise UnsupportedNode(f"mode {node.text('mode')}")
    return emitter.emit("space_to_depth", node.input(0), block=node.integer("blocksize"))


@translates("ReverseSequence", needs=["reverse_sequence"])
def reverse_sequence(node: OnnxNode, emitter: Emitter) -> Result:
    """Sequences of a batch back to front, each up to its length."""
    axes = {name: node.integer(name) for name in ("batch_axis", "time_axis")}
    return emitter.emit("reverse_sequence", *node.inputs, **axes)


@translates("Trilu", needs=["trilu"])
def trilu(node: OnnxNode, emitter: Emitter) -> Result:
    """The upper or the lower triangle, the rest zero."""
    return emitter.emit("trilu", *node.inputs, upper=node.integer("upper", 1))


@translates("ConstantOfShape", needs=["constant_of_shape"])
def constant_of_shape(node: OnnxNode, emitter: Emitter) -> Result:
    """One value everywhere; a float32 zero unless told."""
    given = node.attributes.get("value")
    value = emitter.constant([0], np.float32) if given is None else emitter.tensor(given)
    return emitter.emit("constant_of_shape", node.input(0), value)


@translates("EyeLike", needs=["eye_like"])
def eye_like(node: OnnxNode, emitter: Emitter) -> Result:
    """Ones on a diagonal, of the input's shape."""
    dtype = ENGINE.get(node.integer("dtype", node.element()), "")
    return emitter.emit("eye_like", node.input(0), k=node.integer("k", 0), dtype=dtype)


@translates("OneHot", needs=["one_hot", "cast"])
def one_hot(node: OnnxNode, emitter: Emitter) -> Result:
    """A new axis that is "on" at each index; indices and depth of any number type."""
    indices, depth = (
        node.input(i)
        if node.element(i) == TensorProto.INT64
        else emitter.emit("cast", node.input(i), to="int64")
        for i in (0, 1)
    )
    return emitter.emit("one_hot", indices, depth, node.input(2), axis=node.integer("axis", -1))


@translates("Compress", needs=["compress"])
def compress(node: OnnxNode, emitter: Emitter) -> Result:
    """Slices along an axis, or elements of the whole, where a condition holds."""
    attributes = {"axis": node.integer("axis")} if node.has("axis") else {}
    return emitter.emit("compress", *node.inputs, **attributes)


@translates("Unique", needs=["unique"])
def unique(node: OnnxNode, emitter: Emitter) -> Result:
    """Distinct elements or slices: these, where each is first, which each is, how often."""
    attributes: dict[str, Attribute] = {"sorted": node.integer("sorted", 1)}
    if node.has("axis"):
        attributes["axis"] = node.integer("axis")
    return emitter.emit_all("unique", node.inputs, 4, **attributes)
