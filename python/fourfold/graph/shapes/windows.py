"""Shapes of what slides a window over x [N, C, spatial...], and of what resamples it."""

from __future__ import annotations

from fourfold.graph.ir import Node
from fourfold.graph.shapes.dims import Dim, Shape
from fourfold.graph.shapes.state import State, integer, integers, rule


@rule("conv")
def conv(node: Node, state: State) -> Shape | None:
    """Return [N, filters, windows...]."""
    weight = state.shapes.get(node.inputs[1])
    if weight is None or not all(isinstance(size, int) for size in weight):
        return None
    kernel = tuple(int(size) for size in weight[2:])
    return _slid(node, state, weight[0], kernel)


@rule("pool")
def pool(node: Node, state: State) -> Shape | None:
    """Return [N, C, windows...]."""
    x = state.shapes.get(node.inputs[0])
    if not x or integer(node, "ceil_mode", 0):
        return None
    return _slid(node, state, x[1], integers(node, "kernel_shape", ()))


def _slid(node: Node, state: State, channels: Dim, kernel: tuple[int, ...]) -> Shape | None:
    """Return the shape of one value of each of `channels` for each window."""
    x = state.shapes.get(node.inputs[0])
    if x is None or len(x) != len(kernel) + 2 or node.attributes.get("layout", "nchw") != "nchw":
        return None
    ones = (1,) * len(kernel)
    strides, dilations = integers(node, "strides", ones), integers(node, "dilations", ones)
    pads = integers(node, "pads", (0,) * (2 * len(kernel)))
    auto = node.attributes.get("auto_pad", "notset")
    sizes: list[Dim] = []
    for axis, (size, points) in enumerate(zip(x[2:], kernel, strict=True)):
        reach, stride = (points - 1) * dilations[axis] + 1, strides[axis]
        if auto in ("same_upper", "same_lower"):  # ceil(size / stride)
            sizes.append(state.dims.window(size, stride, stride, stride - 1))
            continue
        padding = 0 if auto == "valid" else pads[axis] + pads[axis + len(kernel)]
        sizes.append(state.dims.window(size, reach, stride, padding))
    return (x[0], channels, *sizes)


@rule("conv_transpose")
def conv_transpose(node: Node, state: State) -> Shape | None:
    """Return [N, filters, ...]: ``(size - 1) * stride + reach - pads``, and what is added to it."""
    x, weight = state.shapes.get(node.inputs[0]), state.shapes.get(node.inputs[1])
    plain = node.attributes.get("auto_pad", "notset") == "notset"
    if x is None or weight is None or not plain or "output_shape" in node.attributes:
        return None
    rank = len(x) - 2
    ones, zeros = (1,) * rank, (0,) * rank
    strides, dilations = integers(node, "strides", ones), integers(node, "dilations", ones)
    pads, more = integers(node, "pads", 2 * zeros), integers(node, "output_padding", zeros)
    sizes: list[Dim] = []
    for axis in range(rank):
        points = weight[axis + 2]
        if not isinstance(points, int):
            return None
        reach = (points - 1) * dilations[axis] + 1
        growth = reach - strides[axis] + more[axis] - pads[axis] - pads[axis + rank]
        sizes.append(state.dims.plus(state.dims.times(x[axis + 2], strides[axis]), growth))
    filters = weight[1]
    if not isinstance(filters, int):
        return None
    return (x[0], filters * integer(node, "group", 1), *sizes)


@rule("global_pool")
def global_pool(node: Node, state: State) -> Shape | None:
    """Return [N, C, 1...]."""
    x = state.shapes.get(node.inputs[0])
    return None if not x else (*x[:2], *(1,) * (len(x) - 2))


@rule("resize")
def resize(node: Node, state: State) -> Shape | None:
    """Return the shape of x times constant scales; of given sizes, those."""
    x, scales = state.shapes.get(node.inputs[0]), state.constants.get(node.inputs[2])
    stretched = node.attributes.get("policy", "stretch") == "stretch"
    if x is None or "axes" in node.attributes or not stretched:
        return None
    if node.inputs[3]:
        sizes = state.contents.get(node.inputs[3])
        return sizes if sizes is not None and len(sizes) == len(x) else None
    if scales is None or scales.shape != (len(x),):
        return None
    pairs = zip(x, scales, strict=True)
    return tuple(state.dims.times(size, float(scale)) for size, scale in pairs)
