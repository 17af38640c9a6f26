"""grid_sample, roi_align, max_roi_pool, non_max_suppression."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.movement_arrays import array_of, check, integers
from ops.one_op import run_op
from ops.reference_image import grid_sample_point, roi_align_bin

SEEDS = st.integers(0, 2**32 - 1)


@given(
    SEEDS,
    st.integers(1, 3),
    st.sampled_from(["nearest", "linear", "cubic"]),
    st.sampled_from(["zeros", "border", "reflection"]),
    st.booleans(),
    st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=200)
def test_grid_sample(seed, axes, mode, padding, align_corners, dtype):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, 2, *rng.integers(1, 5, axes))).astype(dtype)
    grid = rng.uniform(-2.5, 2.5, (2, *rng.integers(1, 3, axes), axes)).astype(dtype)
    attributes = {"mode": mode, "padding_mode": padding, "align_corners": int(align_corners)}
    y = run_op("grid_sample", x, grid, **attributes)
    assert y.shape == (2, 2, *grid.shape[1:-1])
    for place in np.ndindex(y.shape):
        image, channel, *point = place
        expected = grid_sample_point(
            x[image, channel].astype(float),
            grid[(image, *point)].astype(float),
            mode,
            padding,
            align_corners,
        )
        tolerance = 1e-4 if dtype == "float32" else 1e-10
        assert math.isclose(y[place], expected, abs_tol=tolerance)


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
def test_grid_sample_of_places_that_are_nowhere(mode, padding):
    x = array_of((1, 1, 3, 4)) + 1
    grid = np.float32([np.nan, np.inf, -np.inf, 3e38, -3e38])[None, :, None, None].repeat(2, -1)
    y = run_op("grid_sample", x, grid, mode=mode, padding_mode=padding)
    assert np.isfinite(y).all()
    if padding == "zeros":
        check(y, np.zeros_like(y))


def test_grid_sample_gives_the_same_bits_on_every_isa_and_any_number_of_threads(isa, threads):
    rng = np.random.default_rng(5)
    x = rng.standard_normal((2, 3, 20, 30)).astype(np.float32)
    grid = rng.uniform(-1.2, 1.2, (2, 40, 30, 2)).astype(np.float32)
    y = run_op("grid_sample", x, grid, mode="cubic")
    check(run_op("grid_sample", x[1:], grid[1:, 7:], mode="cubic"), y[1:, :, 7:])


def random_rois(rng, count):
    corners = rng.uniform(-3, 20, (count, 2, 2)).astype(np.float32)
    return np.sort(corners, 1).reshape(count, 4)


@given(SEEDS, st.integers(0, 3), st.booleans(), st.sampled_from(["avg", "max"]))
def test_roi_align(seed, sampling_ratio, half_pixel, mode):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, 2, *rng.integers(1, 9, 2)))
    rois, images = random_rois(rng, 2).astype(float), rng.integers(0, 2, 2)
    bins = tuple(rng.integers(1, 4, 2))
    y = run_op(
        "roi_align",
        x,
        rois,
        images,
        output_height=int(bins[0]),
        output_width=int(bins[1]),
        sampling_ratio=sampling_ratio,
        spatial_scale=0.5,
        coordinate_transformation_mode="half_pixel" if half_pixel else "output_half_pixel",
        mode=mode,
    )
    assert y.shape == (2, 2, *bins)
    for place in np.ndindex(y.shape):
        region, channel, *at = place
        expected = roi_align_bin(
            x[images[region], channel],
            rois[region] * 0.5,
            bins,
            at,
            sampling_ratio=sampling_ratio,
            half_pixel=half_pixel,
            mode=mode,
        )
        assert math.isclose(y[place], expected, abs_tol=1e-9)


@given(SEEDS, st.sampled_from(["float32", "float64"]))
def test_max_roi_pool(seed, dtype):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, 2, *rng.integers(1, 9, 2))).astype(dtype)
    images = rng.integers(0, 2, 3)
    rois = np.concatenate([images[:, None], random_rois(rng, 3)], 1).astype(dtype)
    bins = tuple(map(int, rng.integers(1, 4, 2)))
    y = run_op("max_roi_pool", x, rois, pooled_shape=bins, spatial_scale=0.5)
    for place in np.ndindex(y.shape):
        region, channel, *at = place
        left, top, right, bottom = np.floor(np.abs(rois[region, 1:] / 2) + 0.5) * np.sign(
            rois[region, 1:]
        )
        cut = []
        for low, high, count, index, size in zip(
            (top, left), (bottom, right), bins, at, x.shape[2:], strict=True
        ):
            step = max(high - low + 1, 1) / count
            begin, end = math.floor(index * step), math.ceil((index + 1) * step)
            cut.append(slice(*(int(min(max(low + e, 0), size)) for e in (begin, end))))
        elements = x[images[region], channel][tuple(cut)]
        assert y[place] == (elements.max() if elements.size else 0)


def kept(boxes, scores, most, overlap, threshold, center):
    """The greedy definition."""
    rows = []
    for image, label in np.ndindex(scores.shape[:2]):
        chosen = []
        for box in sorted(range(len(boxes[image])), key=lambda b: -scores[image, label, b]):
            if len(chosen) < most and scores[image, label, box] > threshold:
                pairs = [intersection(boxes[image, box], boxes[image, c], center) for c in chosen]
                if all(pair <= overlap for pair in pairs):
                    chosen.append(box)
        rows += [(image, label, box) for box in chosen]
    return np.array(rows, np.int64).reshape(-1, 3)


def intersection(a, b, center):
    """Of two boxes over their union."""
    sides = []
    for box in (a, b):
        if center:
            x, y, w, h = box
            sides.append(((x - w / 2, x + w / 2), (y - h / 2, y + h / 2)))
        else:
            sides.append((sorted(box[1::2]), sorted(box[::2])))
    lengths = [max(min(p[1], q[1]) - max(p[0], q[0]), 0) for p, q in zip(*sides, strict=True)]
    areas = [math.prod(high - low for low, high in side) for side in sides]
    both = math.prod(lengths)
    return both / (sum(areas) - both) if both > 0 else 0.0


@given(SEEDS, st.booleans(), st.sampled_from([0.0, 0.3, 0.7]), st.integers(0, 5))
def test_non_max_suppression(seed, center, overlap, most):
    rng = np.random.default_rng(seed)
    # Multiples of 1/4: areas are exact, and nothing hangs on a rounding error.
    boxes = (rng.integers(0, 32, (2, 12, 4)) / 4).astype(np.float32)
    scores = (rng.integers(0, 9, (2, 3, 12)) / 8).astype(np.float32)
    expected = kept(boxes, scores, most, np.float32(overlap), 0.25, center)
    thresholds = [np.float32([overlap]), np.array(0.25, np.float32)]
    arrays = [boxes, scores, np.array(most), *thresholds]
    check(run_op("non_max_suppression", *arrays, center_point_box=int(center)), expected)


def test_non_max_suppression_without_limits():
    boxes = np.float32([[[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3]]])
    scores = np.float32([[[np.nan, -1, -2]]])
    y = run_op("non_max_suppression", boxes, scores, integers(2**62), None, None)
    check(y, np.array([[0, 0, 1], [0, 0, 2]]))
    assert run_op("non_max_suppression", boxes, scores, None, None, None).shape == (0, 3)


X = array_of((2, 3, 4, 5))
ROI = np.float32([[0, 0, 2, 2]])


@pytest.mark.parametrize(
    ("op", "arrays", "attributes", "message"),
    [
        ("grid_sample", (X[0, 0], X), {}, "x: expected .* of 3 to 5 dimensions"),
        ("grid_sample", (X, X), {}, r"grid: expected float32 \(2, 3, 4, 2\), received"),
        ("grid_sample", (X, X[..., :2].astype(float)), {}, "grid: .* received float64"),
        ("grid_sample", (X, X[..., :2]), {"padding_mode": "x"}, "padding_mode: .* 'x'"),
        ("grid_sample", (X[:, :, :0], X[..., :2]), {}, "x: expected 1 to 16777216 elements"),
        ("roi_align", (X, ROI, integers(2)), {}, "batch_indices: expected 0 to 1, received 2"),
        ("roi_align", (X, ROI, integers(-1)), {}, "batch_indices: expected 0 to 1, received -1"),
        ("roi_align", (X, ROI * np.nan, integers(0)), {}, "rois: expected regions"),
        ("roi_align", (X, ROI * 1e30, integers(0)), {}, "at most 1024 elements for each bin"),
        ("roi_align", (X, ROI[:, :3], integers(0)), {}, r"rois: expected float32 \(1, 4\)"),
        ("roi_align", (X, ROI, integers(0)), {"mode": "sum"}, "mode: .* received 'sum'"),
        ("max_roi_pool", (X, X[0, 0]), {"pooled_shape": (0, 1)}, "two values from 1 to"),
        ("max_roi_pool", (X, X[0, 0] + 2), {"pooled_shape": (1, 1)}, "images from 0 to 1"),
        ("max_roi_pool", (X, X[0, 0] * np.nan), {"pooled_shape": (1, 1)}, "received nan"),
        ("non_max_suppression", (X, X, None, None, None), {}, "three dimensions"),
        ("non_max_suppression", (X[0], X[0], None, None, None), {}, r"boxes: expected .*, 4\)"),
    ],
)
def test_what_is_refused(op, arrays, attributes, message):
    with pytest.raises(ValueError, match=message):
        run_op(op, *arrays, **attributes)
