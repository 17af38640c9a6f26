"""Small convolution networks as ONNX models, as exporters write them: channels first."""

import numpy as np
from onnx import TensorProto

from onnx_quantize.onnx_networks import FLOAT, Builder


class ConvBuilder(Builder):
    """Convolutions with weights that keep the variance of what passes through."""

    def conv(self, x, filters, channels, *, size=3, axes=2, group=1, out, **attributes):
        shape = (filters, channels // group, *(size,) * axes)
        scale = (2 / np.prod(shape[1:])) ** 0.5
        weight = self.constant(
            f"{out}_w", self.rng.normal(scale=scale, size=shape).astype(np.float32)
        )
        bias = self.constant(
            f"{out}_b", self.rng.normal(scale=0.1, size=filters).astype(np.float32)
        )
        pads = [size // 2] * 2 * axes
        return self.node("Conv", x, weight, bias, out=out, pads=pads, group=group, **attributes)

    def relu(self, x):
        return self.node("Relu", x, out=f"{x}_r")

    def hard_swish(self, x):
        """x * clip(x + 3, 0, 6) / 6, node by node."""
        for name, number in (("three", 3), ("zero", 0), ("six", 6)):
            if f"{x}_{name}" not in {each.name for each in self.initializers}:
                self.constant(f"{x}_{name}", np.array(number, np.float32))
        shifted = self.node("Add", x, f"{x}_three", out=f"{x}_s")
        gate = self.node("Clip", shifted, f"{x}_zero", f"{x}_six", out=f"{x}_g")
        product = self.node("Mul", x, gate, out=f"{x}_p")
        return self.node("Div", product, f"{x}_six", out=f"{x}_h")

    def classes(self, x, channels, count=10):
        """Global average, a product, and a softmax."""
        pooled = self.node("GlobalAveragePool", x, out="pooled")
        flat = self.node("Flatten", pooled, out="flat")
        scores = self.node("MatMul", flat, self.weight("head", channels, count), out="scores")
        return self.node("Softmax", scores, out="y")

    def images(self, outputs=("y", 2), channels=3, axes=2):
        name, rank = outputs
        x = ("x", TensorProto.FLOAT, ["N", channels, *(f"D{axis}" for axis in range(axes))])
        return self.model([x], [(name, FLOAT, [f"O{axis}" for axis in range(rank)])])


def residual(rng):
    """A stem, two blocks with a sum, one of them behind a stride."""
    made = ConvBuilder(rng)
    x = made.relu(made.conv("x", 32, 3, out="stem"))
    for number, stride in enumerate((1, 2)):
        inner = made.relu(
            made.conv(x, 64, 64 if number else 32, out=f"a{number}", strides=[stride] * 2)
        )
        outer = made.conv(inner, 64, 64, out=f"b{number}")
        side = made.conv(
            x, 64, 64 if number else 32, size=1, out=f"c{number}", strides=[stride] * 2
        )
        x = made.relu(made.node("Add", outer, side, out=f"s{number}"))
    made.classes(x, 64)
    return made.images()


def mobile(rng):
    """Inverted bottlenecks, with spelled-out hard-swish and a gate per channel."""
    made = ConvBuilder(rng)
    x = made.hard_swish(made.conv("x", 32, 3, out="stem", strides=[2, 2]))
    for number in range(2):
        wide = made.hard_swish(made.conv(x, 96, 32, size=1, out=f"w{number}"))
        deep = made.hard_swish(made.conv(wide, 96, 96, size=5, group=96, out=f"d{number}"))
        pooled = made.node("GlobalAveragePool", deep, out=f"p{number}")
        low = made.relu(made.conv(pooled, 24, 96, size=1, out=f"l{number}"))
        high = made.conv(low, 96, 24, size=1, out=f"u{number}")
        gate = made.node("HardSigmoid", high, out=f"g{number}")
        gated = made.node("Mul", deep, gate, out=f"m{number}")
        narrow = made.conv(gated, 32, 96, size=1, out=f"n{number}")
        x = made.node("Add", x, narrow, out=f"x{number}")
    made.classes(x, 32)
    return made.images()


def branches(rng):
    """Max pooling, branches side by side, a resized one, and a transposed convolution."""
    made = ConvBuilder(rng)
    x = made.relu(made.conv("x", 32, 3, out="stem"))
    pool = made.node("MaxPool", x, out="pool", kernel_shape=[2, 2], strides=[2, 2])
    low = made.relu(made.conv(pool, 48, 32, out="low"))
    sizes = made.constant("sizes", np.array([1, 1, 2, 2], np.float32))
    up = made.node("Resize", low, "", sizes, out="up", mode="nearest")
    both = made.node("Concat", x, up, out="both", axis=1)
    y = made.relu(made.conv(both, 32, 80, out="joined"))
    weight = made.weight("t_w", 32, 1, 2, 2, scale=0.1)
    y = made.node("ConvTranspose", y, weight, out="map", strides=[2, 2])
    made.node("Sigmoid", y, out="y")
    return made.images(("y", 4))


def sound(rng):
    """One spatial axis, dilated and strided."""
    made = ConvBuilder(rng)
    x = made.relu(made.conv("x", 64, 4, size=5, axes=1, out="a", strides=[2]))
    weight = made.weight("dilated", 64, 64, 3, scale=0.07)
    x = made.relu(made.node("Conv", x, weight, out="b", dilations=[2], pads=[2, 2]))
    x = made.relu(made.conv(x, 64, 64, axes=1, out="c"))
    made.node("ReduceMean", x, out="mean", axes=[2], keepdims=0)
    made.node("MatMul", "mean", made.weight("head", 64, 10), out="y")
    return made.images(channels=4, axes=1)


NETWORKS = {
    "residual": (residual, (16, 3, 20, 24)),
    "mobile": (mobile, (16, 3, 24, 20)),
    "branches": (branches, (16, 3, 12, 16)),
    "sound": (sound, (16, 4, 100)),
}
