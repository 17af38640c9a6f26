"""resize: every mode and coordinate, against float64; float32 within its rounding."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ops.movement_arrays import array_of, check, integers
from ops.one_op import run_op
from ops.reference_image import ROUNDINGS, cubic, resize, resize_source, resize_weights

COORDINATES = [
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
]
# Of binary fractions the coordinates are exact, and with them every rounding.
SCALES = st.sampled_from([0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0])
SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9))


def random_array(seed, shape, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def linear(x):
    return max(1 - abs(x), 0.0)


def scaled(shape, scales):
    return tuple(int(size * scale) for size, scale in zip(shape, scales, strict=True))


@given(st.data(), SHAPES, st.sampled_from(COORDINATES), st.sampled_from(list(ROUNDINGS)))
def test_nearest(data, shape, coordinate, rounding):
    scales = (1.0, *data.draw(st.tuples(SCALES, SCALES)))
    x, to = array_of(shape, "int32"), scaled(shape, scales)
    assume(coordinate != "align_corners" or all(t in (0, 1, 2, 3, 5, 9) for t in to[1:]))
    exact = all(t == size * scale for t, size, scale in zip(to, shape, scales, strict=True))
    assume(coordinate != "half_pixel_symmetric" or exact)
    expected = x
    for axis in (1, 2):
        size, scale = shape[axis], scales[axis]
        sources = [resize_source(coordinate, i, size, to[axis], scale) for i in range(to[axis])]
        places = [min(max(ROUNDINGS[rounding](s), 0), size - 1) for s in sources]
        if scale != 1:
            expected = np.take(expected, places, axis)
    given_scales = np.array(scales, np.float32)
    attributes = {"coordinate": coordinate, "nearest": rounding}
    check(run_op("resize", x, None, given_scales, None, **attributes), expected)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "float16", "float32", "float64"])
def test_nearest_of_any_type_on_several_threads(dtype, threads):
    x = array_of((3, 70, 40), dtype)
    y = run_op("resize", x, None, None, integers(3, 140, 80), coordinate="asymmetric")
    check(y, x.repeat(2, 1).repeat(2, 2))
    by_rows = run_op("resize", x, None, None, integers(140), axes=(1,))
    check(by_rows, x.repeat(2, 1))


@given(
    st.data(),
    SHAPES,
    st.sampled_from(COORDINATES),
    st.sampled_from(["linear", "cubic"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=300)
def test_interpolation(data, shape, coordinate, mode, antialias, exclude_outside, dtype):
    x = random_array(data.draw(st.integers(0, 2**32 - 1)), shape, dtype)
    if data.draw(st.booleans()):
        scales = (1.0, *data.draw(st.tuples(SCALES, SCALES)))
        to = scaled(shape, scales)
        given_scales, sizes = np.array(scales, np.float32), None
    else:
        to = (shape[0], *data.draw(st.tuples(st.integers(1, 12), st.integers(1, 12))))
        scales = tuple(t / size for t, size in zip(to, shape, strict=True))
        given_scales, sizes = None, integers(*to)
    assume(min(to) > 0)
    a = data.draw(st.sampled_from([-0.75, -0.5]))

    def row(source, size, scale):
        kernel, radius = (lambda d: cubic(d, a), 2) if mode == "cubic" else (linear, 1)
        stretch = min(scale, 1.0) if antialias else 1.0
        return resize_weights(
            kernel, radius, source, size, stretch=stretch, exclude_outside=exclude_outside
        )

    y = run_op(
        "resize",
        x,
        None,
        given_scales,
        sizes,
        mode=mode,
        coordinate=coordinate,
        antialias=int(antialias),
        exclude_outside=int(exclude_outside),
        cubic_a=a,
    )
    assert y.dtype == x.dtype
    tolerance = 2e-5 if dtype == "float32" else 1e-12
    expected = resize(x, to, scales, coordinate, row)
    np.testing.assert_allclose(y, expected, rtol=0, atol=tolerance, strict=False)


@given(st.data(), st.sampled_from(["nearest", "linear"]))
def test_crops(data, mode):
    x = random_array(3, (2, 5, 9))
    to = (2, *data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9))))
    # Borders in eighths, of axes of 5 and 9 elements, hit their ends exactly or clearly not.
    border = st.integers(-2, 10).map(lambda eighths: eighths / 8)
    rois = [(0.0, 1.0), *(data.draw(st.tuples(border, border)) for _ in range(2))]
    assume(mode == "linear" or all(t in (1, 2, 3, 5, 9) for t in to[1:]))

    def row(source, size, scale):
        if mode == "linear":
            return resize_weights(linear, 1, source, size)
        return np.eye(size)[min(max(ROUNDINGS["floor"](source), 0), size - 1)]

    expected = resize(x, to, (1, 1, 1), "tf_crop_and_resize", row, rois, extrapolation=9.0)
    roi = np.array([begin for begin, _ in rois] + [end for _, end in rois], np.float32)
    y = run_op(
        "resize",
        x,
        roi,
        None,
        integers(*to),
        mode=mode,
        coordinate="tf_crop_and_resize",
        nearest="floor",
        extrapolation=9.0,
    )
    inside = expected != 9
    np.testing.assert_allclose(y[inside], expected[inside], rtol=0, atol=1e-5)
    np.testing.assert_allclose(y[~inside], 9, rtol=1e-6)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("stretch", (3, 8, 4)), ("not_larger", (3, 4, 4)), ("not_smaller", (3, 8, 8))],
)
def test_aspect_ratio(policy, expected):
    x = random_array(0, (3, 2, 2))
    y = run_op("resize", x, None, None, integers(8, 4), axes=(1, -1), policy=policy, mode="linear")
    assert y.shape == expected


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
def test_the_same_bits_on_every_isa_and_any_number_of_threads(mode, isa, threads):
    x = random_array(1, (2, 5, 31, 17))
    y = run_op("resize", x, None, np.float32([1, 1, 1.7, 0.6]), None, mode=mode)
    whole = run_op("resize", x[1:, 3:], None, np.float32([1, 1, 1.7, 0.6]), None, mode=mode)
    check(y[1:, 3:], whole)


def test_nothing_to_resize():
    x = random_array(2, (2, 3))
    ones = np.ones(2, np.float32)
    for mode in ("nearest", "linear"):
        check(run_op("resize", x, None, ones, None, mode=mode), x)
        check(run_op("resize", x[:0], None, ones * 2, None, mode=mode), np.zeros((0, 6), "f4"))
        assert run_op("resize", x, None, ones * 0.25, None, mode=mode).shape == (0, 0)


@pytest.mark.parametrize(
    ("inputs", "attributes", "message"),
    [
        ((None, None, None), {}, "either scales or sizes, received neither"),
        ((None, [2, 2], (2, 2)), {}, "either scales or sizes, received both"),
        ((None, [2], None), {}, "scales: expected 2 float32"),
        ((None, [0, 1], None), {}, "scales: expected more than 0"),
        ((None, [np.nan, 1], None), {}, "scales: expected more than 0"),
        ((None, [1e30, 1], None), {}, "scales: .* less than"),
        ((None, None, (2,)), {}, "sizes: expected 2 values, received 1"),
        ((None, None, (2, -1)), {}, "sizes: expected 0 or more, received -1"),
        ((None, None, (2**40, 2**40)), {}, "too large"),
        ((None, None, (2, 2)), {"axes": (0, 2)}, "axes: expected an axis of 2 dimensions"),
        ((None, None, (2, 2)), {"axes": (0, -2)}, "each axis once, received -2 again"),
        ((None, None, (2, 2)), {"mode": "area"}, "mode: .* received 'area'"),
        ((None, None, (2, 2)), {"coordinate": "x"}, "coordinate: .* received 'x'"),
        ((None, None, (2, 2)), {"nearest": "x"}, "nearest: .* received 'x'"),
        ((None, None, (2, 2)), {"policy": "x"}, "policy: .* received 'x'"),
        ((None, None, (2, 2)), {"antialias": 1}, "antialias: expected 0 for mode nearest"),
        ((None, None, (2, 2)), {"coordinate": "tf_crop_and_resize"}, "roi: expected a value"),
        (([0, 1], None, (2, 2)), {"coordinate": "tf_crop_and_resize"}, "roi: expected 4 float32"),
    ],
)
def test_what_is_refused(inputs, attributes, message):
    roi, scales, sizes = inputs
    arrays = [None if a is None else np.array(a, np.float32) for a in (roi, scales)]
    arrays.append(None if sizes is None else integers(*sizes))
    with pytest.raises(ValueError, match=message):
        run_op("resize", random_array(0, (3, 4)), *arrays, **attributes)


def test_types_and_sizes_that_are_refused():
    with pytest.raises(ValueError, match="x: expected float32 or float64, received int32"):
        run_op("resize", array_of((2, 2), "int32"), None, None, integers(3, 3), mode="linear")
    with pytest.raises(ValueError, match="expected elements along axis 1 to resize"):
        run_op("resize", array_of((2, 0)), None, None, integers(3, 3))
