"""INT8 convolutions of each channel by itself: what the step is given, and calls of its kernels."""

from typing import ClassVar

import numpy as np

import reference
from ops.conv_s8_layers import F32, Layer, int8


class DepthwiseLayer(Layer):
    op: ClassVar = "depthwise_s8"

    def constants(self):
        channels = len(self.weight)
        points = self.weight.reshape(channels, -1).T
        padded = np.zeros((reference.round_up(len(points), 4), reference.round_up(channels, 16)))
        padded[: len(points), :channels] = points
        packed = padded.reshape(-1, 4, padded.shape[1]).transpose(0, 2, 1).astype(np.int8)
        each = (self.column_scales, self.bias)
        return [np.ascontiguousarray(packed), *(reference.pad_columns(v) for v in each)]


def random_depthwise(rng, channels, sizes, **attributes):
    """Return a layer whose values are a few units large."""
    weight = int8(rng, channels, 1, *sizes)
    spread = weight[0].size ** 0.5 * 5000
    return DepthwiseLayer(
        weight,
        rng.uniform(0.5, 2.0, channels).astype(F32) / F32(spread * 0.02),
        rng.standard_normal(channels, F32),
        0.02,
        attributes={**attributes, "group": channels},
    )
