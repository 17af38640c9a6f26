"""The rarer ops that slide a window, by plain NumPy."""

import itertools

import numpy as np

import ops.reference_convolution as reference


def lrn(x, size, alpha=0.0001, beta=0.75, bias=1.0):
    wide = x.astype(np.float64)
    y = np.empty_like(wide)
    for c in range(x.shape[1]):
        near = wide[:, max(0, c - (size - 1) // 2) : c + size // 2 + 1]
        y[:, c] = wide[:, c] / (bias + alpha / size * (near**2).sum(axis=1)) ** beta
    return y


def max_pool_indices(x, storage_order=0, **attributes):
    sizes = attributes.pop("kernel_shape")
    spatial = x.shape[2:]
    order = "C" if storage_order == 0 else "F"
    planes = np.arange(x.shape[0] * x.shape[1]).reshape(*x.shape[:2], *(1,) * len(spatial))
    places = np.arange(np.prod(spatial)).reshape(spatial, order=order) + planes * np.prod(spatial)
    out = (*x.shape[:2], *reference.output_sizes(x, sizes, **attributes))
    y, indices = np.empty(out, x.dtype), np.empty(out, np.int64)
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    under_x = reference.windows(x.astype(np.float64), sizes, lowest, **attributes)
    under_places = reference.windows(places, sizes, -1, **attributes)
    for (position, values), (_, places_under) in zip(under_x, under_places, strict=True):
        flat = values.reshape(*x.shape[:2], -1)
        numbers = places_under.reshape(*x.shape[:2], -1)
        best = np.where(numbers < 0, -np.inf, flat).argmax(axis=-1)[..., None]
        y[(..., *position)] = np.take_along_axis(flat, best, -1)[..., 0]
        indices[(..., *position)] = np.take_along_axis(numbers, best, -1)[..., 0]
    return y, indices


def col2im(x, image_shape, block_shape, **attributes):
    points = int(np.prod(block_shape))
    channels = x.shape[1] // points
    image = np.zeros((len(x), channels, *image_shape))
    places = np.arange(np.prod(image_shape)).reshape(1, 1, *image_shape)
    flat = image.reshape(len(x), channels, -1)
    for block, (_, under) in enumerate(reference.windows(places, block_shape, -1, **attributes)):
        for point, place in enumerate(under.reshape(-1)):
            if place >= 0:
                flat[:, :, place] += x.reshape(len(x), channels, points, -1)[:, :, point, block]
    return image


def bilinear(plane, h, w):
    total = 0.0
    top, left = int(np.floor(h)), int(np.floor(w))
    for row, column in itertools.product((top, top + 1), (left, left + 1)):
        if 0 <= row < plane.shape[0] and 0 <= column < plane.shape[1]:
            total += plane[row, column] * (1 - abs(h - row)) * (1 - abs(w - column))
    return total


def deform_conv(x, w, offset, b=None, mask=None, *, group=1, offset_group=1, **attributes):
    strides, dilations, front, _, out = reference.window_geometry(x, w.shape[2:], **attributes)
    filters, points = len(w) // group, w.shape[2] * w.shape[3]
    offset = offset.reshape(len(x), offset_group, points, 2, *out)
    mask = np.ones((len(x), offset_group, points, *out)) if mask is None else mask
    mask = mask.reshape(len(x), offset_group, points, *out)
    y = np.zeros((len(x), len(w), *out))
    for n, f, row, column in np.ndindex(*y.shape):
        for c, (point, at) in itertools.product(
            range(w.shape[1]), enumerate(np.ndindex(*w.shape[2:]))
        ):
            channel = f // filters * w.shape[1] + c
            og = channel // (x.shape[1] // offset_group)
            dh, dw = offset[n, og, point, :, row, column]
            h = row * strides[0] - front[0] + at[0] * dilations[0] + dh
            v = column * strides[1] - front[1] + at[1] * dilations[1] + dw
            sample = bilinear(x[n, channel], h, v) * mask[n, og, point, row, column]
            y[n, f, row, column] += sample * w[(f, c, *at)]
    return y if b is None else y + b.reshape(-1, 1, 1)
