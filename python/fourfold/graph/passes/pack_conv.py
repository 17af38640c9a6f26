"""Pack: INT8 convolutions as the engine runs them.

A convolution that runs in INT8 is still a ``conv`` in the graph, channels last, and says with which
scales by these attributes; values without a scale are float32:

``input_scale``     always there: of x, which is int8, or quantized by the step
``residual_scale``  of the residual
``output_scale``    of y

and, by the same names with ``zero``, which byte 0 is, if that is not 0. What those of x and of the
residual add to the sums is taken off the bias here, once.
"""

from __future__ import annotations

import math

import numpy as np

from fourfold.graph.ir import Node
from fourfold.graph.passes.pack import Draft, Packing, QuantizedWeight
from fourfold.graph.passes.stored import filled, store_s8, stored_columns, stored_elements

# Places among the inputs of a convolution.
RESIDUAL, POST_SCALE, POST_SHIFT = 3, 4, 5


def conv_groups(node: Node) -> int:
    """Return the groups of a convolution's channels."""
    return int(node.attributes.get("group", 1))  # type: ignore[arg-type]


def is_depthwise(node: Node, weight: np.ndarray) -> bool:
    """Return whether each channel has one filter of its own."""
    return conv_groups(node) == len(weight) and weight.shape[1] == 1 and len(weight) > 1


def stored_sizes(node: Node, weight: np.ndarray) -> tuple[int, int]:
    """Return the elements of an INT8 convolution's weight as stored, and the columns."""
    if is_depthwise(node, weight):
        return weight.size, len(weight)
    groups, depth = conv_groups(node), math.prod(weight.shape[1:])
    filters = len(weight) // groups
    return groups * stored_elements(depth, filters), groups * stored_columns(depth, filters)


def convolution(node: Node, quantized: tuple[QuantizedWeight, ...], packing: Packing) -> Draft:
    """Return a convolution in INT8: ``depthwise_s8`` or ``conv_s8``."""
    x, weight, bias, *rest = node.inputs
    (found,) = quantized
    values = found.values
    groups, depthwise = conv_groups(node), is_depthwise(node, values)
    filters, (_, columns) = len(values), stored_sizes(node, values)

    def by_column(array: np.ndarray, fill: float) -> np.ndarray:
        if depthwise:
            return array.reshape(-1).astype(np.float32)
        return filled(array.reshape(groups, -1), columns // groups, fill)

    def stored() -> np.ndarray:
        return _store_points(values) if depthwise else _store_groups(values, groups)

    def bias_values() -> np.ndarray:
        given = packing.graph.constants[bias] if bias else np.zeros(filters, np.float32)
        return by_column(np.asarray(given - _share_of_zeros(node, found), np.float32), 0.0)

    kind = "depthwise" if depthwise else f"groups{groups}"
    shift = node.inputs[POST_SHIFT] if len(node.inputs) > POST_SHIFT else ""
    if shift and _is_zero(packing.graph.constants[shift]):
        rest = rest[: POST_SHIFT - RESIDUAL]
    bias_key = (kind, "bias", bias, weight, *map(str, _forms_read(node)), str(columns))
    keys = (
        packing.value(x),
        packing.constant((kind, weight), stored),
        packing.constant((kind, "scales", weight), lambda: by_column(found.scales, 1.0)),
        packing.constant(bias_key, bias_values),
        *(packing.value(name) for name in rest),
    )
    attributes = dict(node.without("layout", "residual_zero").attributes)
    attributes["kernel_shape"] = tuple(values.shape[2:])
    attributes["channels"], attributes["filters"] = groups * values.shape[1], filters
    return Draft(node, "depthwise_s8" if depthwise else "conv_s8", keys, attributes)


def share_of_zero(values: np.ndarray, scales: np.ndarray, scale: float, zero: int) -> np.ndarray:
    """Return what the zero of a layer's input adds to its sums, float64 [channels].

    Parameters
    ----------
    values : ndarray of int8, [channels, ...]
        The weight.
    scales : ndarray of float32, [channels, ...]
        Of its channels.
    scale, zero : float, int
        Of the input.
    """
    both = np.float32(scale) * scales.reshape(-1)  # rounded, as the engine does
    sums = values.reshape(len(values), -1).sum(axis=1, dtype=np.int64)
    share: np.ndarray = zero * sums * both.astype(np.float64)
    return share


def _share_of_zeros(node: Node, found: QuantizedWeight) -> np.ndarray:
    """Return what is in the sums of a convolution, and its residual, for zeros that are not 0."""
    scale, zero, residual_scale, residual_zero = _forms_read(node)
    of_residual = np.float32(residual_scale) * np.float32(residual_zero)
    return share_of_zero(found.values, found.scales, scale, int(zero)) + of_residual


def _forms_read(node: Node) -> list[float]:
    """Return the scale and the zero of x, and of the residual."""
    numbers = []
    for name in ("input_scale", "input_zero", "residual_scale", "residual_zero"):
        number = node.attributes.get(name, 0)
        assert isinstance(number, int | float)
        numbers.append(float(number))
    return numbers


def _is_zero(array: np.ndarray) -> bool:
    return not array.any() and not np.signbit(array).any()


def _store_groups(values: np.ndarray, groups: int) -> np.ndarray:
    """Return a weight [F, C / groups, window...] as a stored matrix [K, F / groups] for each group.

    The depth K of a group is its points, and in each its channels: as pixels lie under a window.
    """
    pixels = np.moveaxis(values, 1, -1).reshape(groups, len(values) // groups, -1)
    return np.stack([store_s8(group.T) for group in pixels])


def _store_points(values: np.ndarray) -> np.ndarray:
    """Return a weight [C, 1, window...] as [points, C]."""
    return np.ascontiguousarray(values.reshape(len(values), -1).T)
