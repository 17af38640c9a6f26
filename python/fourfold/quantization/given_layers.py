"""Given layers: convolutions and products whose weights and scales the model itself has in INT8.

With x = scale * (q - zero), the sums of a layer are those of q less zero times the sum of the
weights of each output channel, which goes into the bias. On the border of an image 0 is the byte
``zero``: where that is not 0, the image is padded with it beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fourfold.graph.ir import Graph, Integers, Node
from fourfold.graph.passes.pack import QuantizedWeight
from fourfold.graph.passes.pack_conv import share_of_zero
from fourfold.graph.passes.weighted import CHANNEL_AXIS
from fourfold.graph.shapes.state import integers
from fourfold.quantization.form import Form
from fourfold.quantization.layers import find_layers

# Which axis of a weight the output channels are along.
OUTPUT_AXIS = {**CHANNEL_AXIS, "gather": 0}


def find_weights(graph: Graph) -> dict[str, QuantizedWeight]:
    """Return the int8 weights of layers that INT8 can run, by the layers' first outputs."""
    found = {}
    for layer in find_layers(graph):
        axis = OUTPUT_AXIS.get(layer.kind.op)
        given = graph.integers.get(layer.weight_names[0])
        if axis is None or given is None or layer.kind.refusal(layer):
            continue
        if layer.kind.op == "conv" and layer.node.attributes.get("layout") != "nhwc":
            continue
        if len(given.scales) == 1 or given.axis == axis:
            found[layer.output] = _weight(given, axis, layer.kind.op)
    return found


def corrected_bias(
    node: Node, weight: QuantizedWeight, form: Form, constants: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return a layer's bias, float32 [channels], with what its input's zero point makes of it."""
    axis = OUTPUT_AXIS[node.op]
    values = np.moveaxis(weight.values, axis, 0)
    shift = share_of_zero(values, weight.scales, form.scale, form.zero)
    given = constants[node.inputs[2]] if node.inputs[2] else np.float32(0)
    return np.asarray(given - shift, np.float32)


def border(node: Node, window: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return what is padded, before and after each spatial axis; None if the sizes decide it."""
    ones, none = (1,) * len(window), (0,) * (2 * len(window))
    automatic = node.attributes.get("auto_pad", "notset")
    if automatic == "notset":
        return integers(node, "pads", none)
    if automatic == "valid":
        return none
    if integers(node, "strides", ones) != ones:
        return None
    dilations = integers(node, "dilations", ones)
    totals = [(size - 1) * step for size, step in zip(window, dilations, strict=True)]
    small = tuple(total // 2 for total in totals)
    large = tuple(total - total // 2 for total in totals)
    return (*small, *large) if automatic == "same_upper" else (*large, *small)


def _weight(given: Integers, axis: int, op: str) -> QuantizedWeight:
    channels = given.values.shape[axis]
    scales = np.broadcast_to(given.scales, (channels,))
    return QuantizedWeight(given.values, scales.reshape(-1, 1) if op == "gather" else scales)
