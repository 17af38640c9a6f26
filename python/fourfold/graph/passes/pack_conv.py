"""Pack: INT8 convolutions as the engine runs them.

A convolution that runs in INT8 is still a ``conv`` in the graph, channels last, and says with which
scales by these attributes; values without a scale are float32:

``input_scale``     always there: of x, which is int8, or quantized by the step
``residual_scale``  of the residual
``output_scale``    of y
``output_zero``     what y's zero is, if its scale is the model's own
"""

from __future__ import annotations

import math

import numpy as np

from fourfold import _core
from fourfold.graph.ir import Attribute, Node
from fourfold.graph.passes.pack import (
    PANEL_COLUMNS,
    Draft,
    Packing,
    QuantizedWeight,
    padded_columns,
)

# What lies together of a filter: points times channels, or points of one channel.
DEPTH_STEP = 4

# Places among the inputs of a convolution.
RESIDUAL, POST_SCALE, POST_SHIFT = 3, 4, 5


def conv_groups(node: Node) -> int:
    """Return the groups of a convolution's channels."""
    return int(node.attributes.get("group", 1))  # type: ignore[arg-type]


def is_depthwise(node: Node, weight: np.ndarray) -> bool:
    """Return whether each channel has one filter of its own."""
    return conv_groups(node) == len(weight) and weight.shape[1] == 1 and len(weight) > 1


def packed_sizes(node: Node, weight: np.ndarray) -> tuple[int, int]:
    """Return the elements of an INT8 convolution's weight as stored, and the columns."""
    groups = 1 if is_depthwise(node, weight) else conv_groups(node)
    depth = math.prod(weight.shape[1:])
    columns = groups * padded_columns(len(weight) // groups)
    return (depth + -depth % DEPTH_STEP) * columns, columns


def convolution(node: Node, quantized: tuple[QuantizedWeight, ...], packing: Packing) -> Draft:
    """Return a convolution in INT8: ``depthwise_s8`` or ``conv_s8``."""
    x, weight, bias, *rest = node.inputs
    (found,) = quantized
    values = found.values
    groups, depthwise = conv_groups(node), is_depthwise(node, values)
    filters = len(values)

    def by_column(array: np.ndarray, fill: float) -> np.ndarray:
        columns = _by_group(array.reshape(-1), 1 if depthwise else groups, fill)
        return columns[0] if depthwise else columns

    def packed() -> np.ndarray:
        return _pack_points(values) if depthwise else _pack_groups(values, groups)

    def bias_values() -> np.ndarray:
        given = packing.graph.constants[bias] if bias else np.zeros(filters, np.float32)
        return by_column(given, 0.0)

    kind = "depthwise" if depthwise else f"groups{groups}"
    keys = (
        packing.value(x),
        packing.constant((kind, weight), packed),
        packing.constant((kind, "scales", weight), lambda: by_column(found.scales, 1.0)),
        packing.constant((kind, "bias", bias, str(filters)), bias_values),
        *(packing.value(name) for name in rest),
    )
    attributes: dict[str, Attribute] = {
        name: value for name, value in node.attributes.items() if name != "layout"
    }
    attributes["kernel_shape"] = tuple(values.shape[2:])
    attributes["channels"], attributes["filters"] = groups * values.shape[1], filters
    return Draft(node, "depthwise_s8" if depthwise else "conv_s8", keys, attributes)


def _by_group(values: np.ndarray, groups: int, fill: float) -> np.ndarray:
    """Return one value per filter as float32 [groups, filters of one, padded to whole panels]."""
    columns = values.astype(np.float32).reshape(groups, -1)
    padding = -columns.shape[1] % PANEL_COLUMNS
    return np.pad(columns, ((0, 0), (0, padding)), constant_values=fill)


def _pack_groups(values: np.ndarray, groups: int) -> np.ndarray:
    """Return a weight [F, C / groups, window...] as [groups, F'/16, K'/4, 16, 4].

    The depth K of a group is its points, and in each its channels: as pixels lie under a window. It
    is filled up to 4 only, for layers of few channels would be mostly zeros.
    """
    pixels = np.moveaxis(values, 1, -1).reshape(groups, len(values) // groups, -1)
    packed = np.stack([_core.pack_s8(np.ascontiguousarray(group.T)) for group in pixels])
    return np.ascontiguousarray(packed[:, :, : -(-pixels.shape[2] // DEPTH_STEP)])


def _pack_points(values: np.ndarray) -> np.ndarray:
    """Return a weight [C, 1, window...] as [P'/4, C', 4]: four points of each channel together."""
    channels = len(values)
    points = values.reshape(channels, -1)
    padding = ((0, -channels % PANEL_COLUMNS), (0, -points.shape[1] % DEPTH_STEP))
    padded = np.pad(points, padding)
    by_point = padded.reshape(len(padded), -1, DEPTH_STEP).transpose(1, 0, 2)
    return np.ascontiguousarray(by_point)
