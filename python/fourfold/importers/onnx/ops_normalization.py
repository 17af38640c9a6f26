"""Translators of normalisations."""

from __future__ import annotations

from fourfold.importers.onnx.emitter import Emitter
from fourfold.importers.onnx.node import OnnxNode
from fourfold.importers.onnx.refusal import UnsupportedNode
from fourfold.importers.onnx.registry import Result, translates

# Since then scale and bias are one per channel, not one per group.
GROUP_NORM_PER_CHANNEL = 21


@translates("BatchNormalization", needs=["batch_norm"])
def batch_norm(node: OnnxNode, emitter: Emitter) -> Result:
    """(x - mean) / sqrt(variance + epsilon) * scale + bias, by channel, from stored statistics."""
    # Before 7 it was training unless told otherwise.
    is_training = node.integer("training_mode", 0) or not node.integer("is_test", 1)
    if is_training or not node.integer("spatial", 1):
        raise UnsupportedNode("batch normalization in training, or not by channel")
    return emitter.emit("batch_norm", *node.inputs[:5], epsilon=node.real("epsilon"))


@translates("LayerNormalization", needs=["layer_norm"])
def layer_norm(node: OnnxNode, emitter: Emitter) -> Result:
    """Zero mean and unit variance over the axes from one on; also the mean and 1 / deviation."""
    count = max(index + 1 for index in range(3) if index == 0 or node.wants(index))
    return emitter.emit_all(
        "layer_norm",
        node.inputs,
        count,
        axis=node.integer("axis"),
        epsilon=node.real("epsilon"),
        outputs=count,
    )


@translates("RMSNormalization", needs=["rms_norm"])
def rms_norm(node: OnnxNode, emitter: Emitter) -> Result:
    """X by its root mean square over the axes from one on."""
    attributes = {"axis": node.integer("axis")}
    return emitter.emit("rms_norm", *node.inputs, epsilon=node.real("epsilon"), **attributes)


@translates("InstanceNormalization", needs=["instance_norm"])
def instance_norm(node: OnnxNode, emitter: Emitter) -> Result:
    """Zero mean and unit variance for each channel of each image."""
    return emitter.emit("instance_norm", *node.inputs, epsilon=node.real("epsilon"))


@translates("GroupNormalization", needs=["group_norm"])
def group_norm(node: OnnxNode, emitter: Emitter) -> Result:
    """Zero mean and unit variance for each group of channels of each image."""
    if node.version < GROUP_NORM_PER_CHANNEL:
        raise UnsupportedNode("one scale for each group")
    groups, epsilon = node.integer("num_groups"), node.real("epsilon")
    return emitter.emit("group_norm", *node.inputs, groups=groups, epsilon=epsilon)


@translates("LpNormalization", needs=["lp_norm"])
def lp_norm(node: OnnxNode, emitter: Emitter) -> Result:
    """X by its norm along an axis."""
    return emitter.emit("lp_norm", node.input(0), axis=node.integer("axis"), p=node.integer("p"))
