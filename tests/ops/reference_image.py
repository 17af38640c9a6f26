"""What the image ops compute, point by point in float64, from ONNX's formulas."""

import itertools
import math

import numpy as np


def resize_source(coordinate, place, size, to, scale, roi=(0.0, 1.0)):
    """The place in x, in elements, that a place of y is made from."""
    if coordinate == "half_pixel_symmetric":
        return size / 2 * (1 - to / (scale * size)) + (place + 0.5) / scale - 0.5
    if coordinate == "asymmetric":
        return place / scale
    if coordinate == "align_corners":
        # ONNX divides by the size before it is rounded down.
        unrounded = to if abs(scale * size - to) <= 1e-9 * to else scale * size
        return place * (size - 1) / (unrounded - 1) if to > 1 else 0.0
    if coordinate == "tf_crop_and_resize":
        begin, end = roi
        if to == 1:
            return 0.5 * (begin + end) * (size - 1)
        return begin * (size - 1) + place * (end - begin) * (size - 1) / (to - 1)
    if coordinate == "pytorch_half_pixel" and to == 1:
        return 0.0
    return (place + 0.5) / scale - 0.5


def cubic(x, a=-0.75):
    x = abs(x)
    if x <= 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0


def resize_weights(kernel, radius, source, size, *, stretch=1.0, exclude_outside=False):
    """One row: how much of each of the elements of an axis."""
    reach = math.ceil(radius / stretch) + 1
    taps = range(math.floor(source) - reach, math.floor(source) + reach + 1)
    weights = {tap: kernel((tap - source) * stretch) for tap in taps}
    if exclude_outside:
        weights = {tap: weight for tap, weight in weights.items() if 0 <= tap < size}
    total = sum(weights.values()) if stretch < 1 or exclude_outside else 1.0
    row = np.zeros(size)
    for tap, weight in weights.items():
        row[min(max(tap, 0), size - 1)] += weight / total
    return row


ROUNDINGS = {
    "round_prefer_floor": lambda x: math.ceil(x - 0.5),
    "round_prefer_ceil": lambda x: math.floor(x + 0.5),
    "floor": math.floor,
    "ceil": math.ceil,
}


def resize(x, to, scales, coordinate, make_row, rois=None, extrapolation=0.0):
    """``make_row(source, size, scale)`` gives the weights of one place of one axis."""
    y = x.astype(np.float64)
    outside = np.zeros(to, bool)
    for axis, (size, count, scale) in enumerate(zip(x.shape, to, scales, strict=True)):
        if rois is None and scale == 1:
            continue
        roi = (0.0, 1.0) if rois is None else rois[axis]
        sources = [resize_source(coordinate, i, size, count, scale, roi) for i in range(count)]
        rows = np.stack([make_row(source, size, scale) for source in sources])
        y = np.moveaxis(np.tensordot(rows, y, (1, axis)), 0, axis)
        if coordinate == "tf_crop_and_resize":
            beyond = np.array([not 0 <= source <= size - 1 for source in sources])
            outside |= beyond.reshape([-1 if k == axis else 1 for k in range(x.ndim)])
    return np.where(outside, extrapolation, y)


def reflected(at, low, high):
    """Mirrored about the borders until it lies between them."""
    while high > low and not low <= at <= high:
        at = 2 * low - at if at < low else 2 * high - at
    return at if high > low else low


def padded_element(x, place, padding, align_corners):
    """An element of an image that goes on beyond its borders."""
    inside = []
    for at, size in zip(place, x.shape, strict=True):
        if not 0 <= at < size and padding == "zeros":
            return 0.0
        half = 0 if align_corners else 0.5
        mirrored = reflected(at, -half, size - 1 + half) if padding == "reflection" else at
        inside.append(min(max(int(mirrored), 0), size - 1))
    return x[tuple(inside)]


def grid_sample_point(x, point, mode, padding, align_corners):
    """One image at one point, whose coordinates come in the reverse order of its axes."""
    taps = []
    for coordinate, size in zip(point[::-1], x.shape, strict=True):
        at = (coordinate + 1) / 2 * (size - 1) if align_corners else 0.0
        at = at if align_corners else ((coordinate + 1) * size - 1) / 2
        if mode == "nearest":
            taps.append([(round(at), 1.0)])
            continue
        if padding == "border" and mode == "linear":
            at = min(max(at, 0), size - 1)
        if padding == "reflection":
            half = 0 if align_corners else 0.5
            at = reflected(at, -half, size - 1 + half)
        first, count = (math.floor(at), 2) if mode == "linear" else (math.floor(at) - 1, 4)
        kernel = cubic if mode == "cubic" else (lambda d: 1 - abs(d))
        taps.append([(i, kernel(i - at)) for i in range(first, first + count)])
    return sum(
        math.prod(weight for _, weight in combination)
        * padded_element(x, [place for place, _ in combination], padding, align_corners)
        for combination in itertools.product(*taps)
    )


def bilinear(x, row, column):
    """The elements around a point of an image and their weights; None if it is outside."""
    rows, columns = x.shape
    if not (-1 <= row <= rows and -1 <= column <= columns):
        return None
    row, column = (min(max(at, 0), size - 1) for at, size in ((row, rows), (column, columns)))
    top, left = math.floor(row), math.floor(column)
    down, right = row - top, column - left
    bottom, after = min(top + 1, rows - 1), min(left + 1, columns - 1)
    return [
        (1 - down) * (1 - right) * x[top, left],
        (1 - down) * right * x[top, after],
        down * (1 - right) * x[bottom, left],
        down * right * x[bottom, after],
    ]


def roi_align_bin(x, roi, bins, place, *, sampling_ratio, half_pixel, mode):
    """One bin of one region, in elements, of one image."""
    points = []
    for begin, end, count, index in zip(roi[1::-1], roi[:1:-1], bins, place, strict=True):
        length = end - begin if half_pixel else max(end - begin, 1.0)
        bin_length = length / count
        samples = sampling_ratio or max(math.ceil(bin_length), 0)
        first = begin - 0.5 if half_pixel else begin
        points.append([first + (index + (k + 0.5) / samples) * bin_length for k in range(samples)])
    found = [bilinear(x, row, column) or [0.0] * 4 for row in points[0] for column in points[1]]
    if not found:
        return 0.0
    return max(map(max, found)) if mode == "max" else sum(map(sum, found)) / len(found)
