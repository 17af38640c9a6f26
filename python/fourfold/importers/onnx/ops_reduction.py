"""Translators of the ops that work along axes: sums, extremes, sorting, softmax."""

from __future__ import annotations

from collections.abc import Mapping

from fourfold.importers.onnx.emitter import Emitter
from fourfold.importers.onnx.node import OnnxNode
from fourfold.importers.onnx.registry import Result, translates

REDUCE: Mapping[str, str] = {
    **{f"Reduce{kind}": kind.lower() for kind in ("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2")},
    "ReduceLogSum": "log_sum",
    "ReduceLogSumExp": "log_sum_exp",
    "ReduceSumSquare": "sum_square",
}

SOFTMAX: Mapping[str, str] = {
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
    "Hardmax": "hardmax",
}

# From here on they work along one axis; before, along all from that on.
ONE_AXIS = 13


@translates(*REDUCE, needs=["reduce"])
def reduce(node: OnnxNode, emitter: Emitter) -> Result:
    """One value of all along some axes; along every axis unless told."""
    return emitter.emit(
        "reduce",
        *node.inputs,
        kind=REDUCE[node.op_type],
        keepdims=node.integer("keepdims"),
        noop_with_empty_axes=node.integer("noop_with_empty_axes", 0),
    )


@translates("ArgMax", "ArgMin", needs=["arg_reduce"])
def arg_reduce(node: OnnxNode, emitter: Emitter) -> Result:
    """Where along an axis the largest or smallest value is."""
    return emitter.emit(
        "arg_reduce",
        node.input(0),
        kind=node.op_type.removeprefix("Arg").lower(),
        axis=node.integer("axis"),
        keepdims=node.integer("keepdims"),
        select_last_index=node.integer("select_last_index", 0),
    )


@translates("CumSum", "CumProd", needs=["cumulative"])
def cumulative(node: OnnxNode, emitter: Emitter) -> Result:
    """Running sums or products."""
    flags = {name: node.integer(name, 0) for name in ("exclusive", "reverse")}
    kind = node.op_type.removeprefix("Cum").lower()
    return emitter.emit("cumulative", *node.inputs, kind=kind, **flags)


@translates("TopK", needs=["top_k"])
def top_k(node: OnnxNode, emitter: Emitter) -> Result:
    """The k largest or smallest along an axis, and where they are."""
    flags = {name: node.integer(name, 1) for name in ("largest", "sorted")}
    return emitter.emit_all("top_k", node.inputs, 2, axis=node.integer("axis", -1), **flags)


@translates(*SOFTMAX, needs=["softmax", "flatten", "reshape", "shape"])
def softmax(node: OnnxNode, emitter: Emitter) -> Result:
    """Softmax along one axis; before opset 13 along all from the axis on, seen as one."""
    kind, axis, x = SOFTMAX[node.op_type], node.integer("axis"), node.input(0)
    rank = node.rank()
    is_last = axis == -1 or (rank is not None and axis == rank - 1)
    if node.version >= ONE_AXIS or is_last:
        return emitter.emit("softmax", x, axis=axis, kind=kind)
    rows = emitter.emit("flatten", x, axis=axis)
    y = emitter.emit("softmax", rows, axis=-1, kind=kind)
    # A size of 0 in the shape is the input's own.
    return emitter.emit("reshape", y, emitter.emit("shape", x), allow_zero=1)


@translates("Det", needs=["det"])
def det(node: OnnxNode, emitter: Emitter) -> Result:
    """The determinants of square matrices."""
    return emitter.emit("det", node.input(0))
