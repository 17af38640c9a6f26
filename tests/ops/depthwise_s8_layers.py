"""INT8 convolutions of each channel by itself: what the step is given, and calls of its kernels."""

from typing import ClassVar

import numpy as np

from ops.conv_s8_layers import F32, Layer, int8


class DepthwiseLayer(Layer):
    op: ClassVar = "depthwise_s8"

    def constants(self):
        points = self.weight.reshape(len(self.weight), -1).T
        return [np.ascontiguousarray(points), self.column_scales, self.bias]


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
