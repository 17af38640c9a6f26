"""INT8 convolutions: what the step is given, and what it should give, by plain NumPy."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

import ops.reference_convolution as floats
import reference
from fourfold.graph.passes.stored import store_s8
from ops.one_op import run_op

F32 = np.float32
WINDOW_ATTRIBUTES = ("strides", "pads", "dilations", "auto_pad")


def channels_first(x):
    return np.moveaxis(x, -1, 1)


def int8(rng, *shape):
    return rng.integers(-127, 128, shape, dtype=np.int8)


@dataclass
class Layer:
    """One convolution; ``weight`` is in ONNX's order, the rest one value per filter."""

    weight: np.ndarray
    column_scales: np.ndarray
    bias: np.ndarray
    input_scale: float
    post: tuple | None = None
    residual: np.ndarray | None = None
    attributes: dict = field(default_factory=dict)
    store: Callable = store_s8
    op: ClassVar = "conv_s8"

    @property
    def group(self):
        return self.attributes.get("group", 1)

    def constants(self):
        """Weight, column scales and bias, stored group by group."""
        by_group = self.weight.reshape(self.group, -1, *self.weight.shape[1:])
        rows = (np.moveaxis(filters, 1, -1).reshape(len(filters), -1) for filters in by_group)
        stored = np.stack([self.store(np.ascontiguousarray(own.T)) for own in rows])
        each = [v.reshape(self.group, -1) for v in (self.column_scales, self.bias)]
        if stored.ndim == 5:
            each = [np.stack([reference.pad_columns(own) for own in v]) for v in each]
        return [stored, *each]

    def run(self, x):
        arrays = [x, *self.constants(), self.residual, *(self.post or (None, None))]
        constants = tuple(i for i in (1, 2, 3, 5, 6) if arrays[i] is not None)
        return run_op(
            self.op,
            *arrays,
            constants=constants,
            kernel_shape=self.weight.shape[2:],
            channels=x.shape[-1],
            filters=len(self.weight),
            input_scale=self.input_scale,
            **self.attributes,
        )

    def sums(self, q):
        """Return what the step sums up: where q's zero is not 0, the border is filled with it."""
        zero = self.attributes.get("input_zero", 0)
        added = zero * self.weight.reshape(len(self.weight), -1).sum(axis=1, dtype=np.int64)
        q = q.astype(np.int64) - zero
        window = {k: v for k, v in self.attributes.items() if k in WINDOW_ATTRIBUTES}
        sums = floats.conv(channels_first(q), self.weight, group=self.group, **window)
        return np.moveaxis(sums, 1, -1).astype(np.int64) + added

    @np.errstate(all="ignore")
    def expected(self, x):
        if x.dtype == F32:
            x = self._quantized(x)
        scales = F32(self.input_scale) * self.column_scales
        v = reference.fma(self.sums(x).astype(F32), scales, self.bias)
        if self.residual is not None:
            v = v + self._residual_values()
        kind, alpha = self.attributes.get("activation", "identity"), self.attributes.get("alpha", 0)
        v = reference.EXACT_ACTIVATIONS[kind](v, F32(alpha))
        if self.post is not None:
            v = reference.fma(v, *self.post)
        if "output_scale" not in self.attributes:
            return v
        inverse = F32(1) / F32(self.attributes["output_scale"])
        rows = v.reshape(-1, v.shape[-1])
        return reference.quantize_fixed(rows, rows.shape[1], inverse).reshape(v.shape)

    def _quantized(self, x):
        rows, inverse = x.reshape(-1, x.shape[-1]), F32(1) / F32(self.input_scale)
        if "input_zero" not in self.attributes:
            return reference.quantize_fixed(rows, rows.shape[1], inverse).reshape(x.shape)
        steps = reference.fma(x, inverse, F32(self.attributes["input_zero"]))
        return np.rint(np.clip(np.nan_to_num(steps), F32(-128), F32(127))).astype(np.int8)

    def _residual_values(self):
        if self.residual.dtype == F32:
            return self.residual
        return self.residual.astype(F32) * F32(self.attributes["residual_scale"])


def random_layer(rng, channels, filters, sizes, **attributes):
    """Return a layer whose values are a few units large."""
    weight = int8(rng, filters, channels // attributes.get("group", 1), *sizes)
    spread = weight[0].size ** 0.5 * 5000
    return Layer(
        weight,
        rng.uniform(0.5, 2.0, filters).astype(F32) / F32(spread * 0.02),
        rng.standard_normal(filters, F32),
        0.02,
        attributes=attributes,
    )


def with_everything(rng, layer, x, residual="int8", post=True):
    """The same layer with a residual of this dtype, or None, and with an affine map behind."""
    shape = layer.sums(np.zeros(x.shape, np.int8)).shape
    attributes = dict(layer.attributes)
    values = None
    if residual == "int8":
        values, attributes["residual_scale"] = int8(rng, *shape), 0.03
    elif residual == "float32":
        values = rng.standard_normal(shape, F32)
    filters = len(layer.weight)
    affine = tuple(rng.standard_normal(filters, F32) for _ in range(2)) if post else None
    return replace(layer, post=affine, residual=values, attributes=attributes)
