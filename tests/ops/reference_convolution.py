"""What slides a window, by plain NumPy in float64: one output position after the other."""

import itertools

import numpy as np


def window_geometry(x, sizes, strides=None, pads=None, dilations=None, auto_pad="notset", ceil=0):
    """Return strides, dilations, the borders in front and behind, and the output's sizes."""
    axes = len(sizes)
    strides = strides or (1,) * axes
    dilations = dilations or (1,) * axes
    extents = [(k - 1) * d + 1 for k, d in zip(sizes, dilations, strict=True)]
    spatial = x.shape[2:]
    if auto_pad.startswith("same"):
        out = [-(-n // s) for n, s in zip(spatial, strides, strict=True)]
        total = [
            max(0, (o - 1) * s + e - n)
            for o, s, e, n in zip(out, strides, extents, spatial, strict=True)
        ]
        front = [t // 2 if auto_pad == "same_upper" else t - t // 2 for t in total]
        back = [t - f for t, f in zip(total, front, strict=True)]
        return strides, dilations, front, back, out
    if auto_pad == "valid" or pads is None:
        pads = (0,) * (2 * axes)
    front, back = list(pads[:axes]), list(pads[axes:])
    out = []
    for n, f, b, e, s in zip(spatial, front, back, extents, strides, strict=True):
        count = (n + f + b - e) // s + 1
        if ceil:
            count = -(-(n + f + b - e) // s) + 1
            count -= (count - 1) * s >= n + f
        out.append(count)
    return strides, dilations, front, back, out


def windows(x, sizes, border, ceil_mode=0, **attributes):
    """Yield each output position with what lies under its window, [N, C, *sizes], and its place."""
    strides, dilations, front, _, out = window_geometry(x, sizes, ceil=ceil_mode, **attributes)
    reach = [
        (o - 1) * s + (k - 1) * d + 1
        for o, s, k, d in zip(out, strides, sizes, dilations, strict=True)
    ]
    behind = [max(0, r - f - n) for r, f, n in zip(reach, front, x.shape[2:], strict=True)]
    pairs = [(0, 0), (0, 0), *zip(front, behind, strict=True)]
    padded = np.pad(x, pairs, constant_values=border)
    for position in itertools.product(*map(range, out)):
        slices = [
            slice(o * s, o * s + (k - 1) * d + 1, d)
            for o, s, k, d in zip(position, strides, sizes, dilations, strict=True)
        ]
        yield position, padded[(slice(None), slice(None), *slices)]


def output_sizes(x, sizes, ceil_mode=0, **attributes):
    return window_geometry(x, sizes, ceil=ceil_mode, **attributes)[-1]


def conv(x, w, b=None, *, group=1, **attributes):
    x, w = x.astype(np.float64), w.astype(np.float64)
    sizes = w.shape[2:]
    y = np.zeros((len(x), len(w), *output_sizes(x, sizes, **attributes)))
    filters, channels = len(w) // group, w.shape[1]
    for position, under in windows(x, sizes, 0.0, **attributes):
        for g in range(group):
            part = under[:, g * channels : (g + 1) * channels].reshape(len(x), w[0].size)
            weights = w[g * filters : (g + 1) * filters].reshape(filters, -1)
            y[(slice(None), slice(g * filters, (g + 1) * filters), *position)] = part @ weights.T
    return y if b is None else y + b.reshape(-1, *(1,) * len(sizes))


def points_counted(x, sizes, on_border, ceil_mode=0, **attributes):
    """Return how many points at each output position lie on x, or on its border too."""
    geometry = window_geometry(x, sizes, ceil=ceil_mode, **attributes)
    counts = np.ones(geometry[-1])
    for axis, (s, d, f, b, out) in enumerate(zip(*geometry, strict=True)):
        n = x.shape[2 + axis]
        low, high = (-f, n + b) if on_border else (0, n)
        at = np.arange(out)[:, None] * s - f + np.arange(sizes[axis]) * d
        of_axis = ((at >= low) & (at < high)).sum(axis=1)
        counts = counts * of_axis.reshape([-1 if i == axis else 1 for i in range(counts.ndim)])
    return counts


def pool(x, kind, kernel_shape, count_include_pad=0, p=2, **attributes):
    y = np.zeros((*x.shape[:2], *output_sizes(x, kernel_shape, **attributes)), x.dtype)
    counts = points_counted(x, kernel_shape, count_include_pad, **attributes)
    border = -np.inf if kind == "max" else 0.0
    for position, under in windows(x.astype(np.float64), kernel_shape, border, **attributes):
        values = under.reshape(*x.shape[:2], -1)
        if kind == "max":
            value = values.max(axis=-1)
        elif kind == "average":
            value = values.sum(axis=-1) / counts[position]
        else:
            value = (np.abs(values) ** p).sum(axis=-1) ** (1 / p)
        y[(slice(None), slice(None), *position)] = value
    return y


def transposed_geometry(x, sizes, strides, pads, dilations, output_padding, output_shape, auto_pad):
    """Return the border in front and the output's size on each axis, in ONNX's words."""
    front, out = [], []
    axes = len(sizes)
    for i in range(axes):
        n, s, added = x.shape[2 + i], strides[i], output_padding[i]
        reach = s * (n - 1) + added + (sizes[i] - 1) * dilations[i] + 1
        if output_shape or auto_pad.startswith("same"):
            size = output_shape[i] if output_shape else n * s
            total = max(0, reach - size)
            front.append(total // 2 if auto_pad == "same_upper" else total - total // 2)
        else:
            used = pads if auto_pad == "notset" else (0,) * (2 * axes)
            front.append(used[i])
            size = reach - used[i] - used[axes + i]
        out.append(size)
    return front, out


def conv_transpose(
    x,
    w,
    b=None,
    *,
    group=1,
    strides=None,
    pads=None,
    dilations=None,
    output_padding=None,
    output_shape=None,
    auto_pad="notset",
):
    """Add each value of x, times the window, to the output."""
    x, w = x.astype(np.float64), w.astype(np.float64)
    sizes, axes = w.shape[2:], w.ndim - 2
    strides, dilations = strides or (1,) * axes, dilations or (1,) * axes
    front, out = transposed_geometry(
        x,
        sizes,
        strides,
        pads or (0,) * (2 * axes),
        dilations,
        output_padding or (0,) * axes,
        output_shape,
        auto_pad,
    )
    filters = w.shape[1]
    y = np.zeros((len(x), filters * group, *out))
    channels = x.shape[1] // group
    for position in itertools.product(*map(range, x.shape[2:])):
        for point in itertools.product(*map(range, sizes)):
            at = [
                i * s - f + k * d
                for i, s, f, k, d in zip(position, strides, front, point, dilations, strict=True)
            ]
            if any(not 0 <= a < n for a, n in zip(at, out, strict=True)):
                continue
            for g in range(group):
                of_group = slice(g * channels, (g + 1) * channels)
                added = x[(slice(None), of_group, *position)] @ w[(of_group, slice(None), *point)]
                y[(slice(None), slice(g * filters, (g + 1) * filters), *at)] += added
    return y if b is None else y + b.reshape(-1, *(1,) * axes)
