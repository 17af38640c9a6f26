"""Pooling of int8, channels last, against plain NumPy, bit for bit."""

import numpy as np
import pytest

import fourfold as ff
import ops.reference_s8 as reference
from guarded import SIDES, guarded, needs_guard_pages
from ops.one_op import run_op
from reference import assert_same_bits

CHANNELS = [1, 3, 15, 16, 17, 31, 64, 100]
CASES = [
    ((2, 9, 21), {"kernel_shape": (3, 3), "strides": (2, 2), "pads": (1, 1, 1, 1)}),
    ((1, 9, 14), {"kernel_shape": (3, 2), "strides": (2, 1), "pads": (1, 0, 0, 1)}),
    ((1, 7, 8), {"kernel_shape": (3, 2), "strides": (3, 3), "ceil_mode": 1}),
    ((1, 12, 13), {"kernel_shape": (3, 3), "dilations": (2, 3)}),
    ((1, 12, 13), {"kernel_shape": (4, 3), "strides": (3, 2), "auto_pad": "same_upper"}),
    ((3, 33), {"kernel_shape": (4,), "strides": (3,), "pads": (2, 1)}),
    ((1, 4, 5, 6), {"kernel_shape": (2, 3, 2), "strides": (1, 2, 2), "pads": (1, 1, 0, 0, 1, 1)}),
    ((1, 6, 5), {"kernel_shape": (6, 5)}),
]


def int8(rng, *shape):
    return rng.integers(-127, 128, shape, dtype=np.int8)


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("case", range(len(CASES)))
def test_max(isa, rng, case, channels):
    shape, attributes = CASES[case]
    x = int8(rng, *shape, channels)
    y = run_op("pool", x, kind="max", layout="nhwc", **attributes)
    assert_same_bits(y, reference.max_pool(x, **attributes))


@pytest.mark.parametrize("channels", [1, 2, 7, 8, 15, 16, 17, 32, 33, 63, 64, 65, 127, 128, 131])
def test_max_of_two_by_two(isa, rng, channels):
    attributes = {"kernel_shape": (2, 2), "strides": (2, 2)}
    for width in (2, 5, 14):
        x = rng.integers(-128, 128, (2, 6, width, channels), dtype=np.int8)
        y = run_op("pool", x, kind="max", layout="nhwc", **attributes)
        assert_same_bits(y, x[:, :, : width // 2 * 2].reshape(2, 3, 2, -1, 2, channels).max((2, 4)))


@pytest.mark.parametrize("output_scale", [None, 0.02])
@pytest.mark.parametrize("count_include_pad", [0, 1])
@pytest.mark.parametrize("case", range(len(CASES)))
def test_average(isa, rng, case, count_include_pad, output_scale):
    shape, attributes = CASES[case]
    attributes = {**attributes, "input_scale": 0.013, "count_include_pad": count_include_pad}
    if output_scale is not None:
        attributes["output_scale"] = output_scale
    for channels in CHANNELS:
        x = int8(rng, *shape, channels)
        y = run_op("pool", x, kind="average", layout="nhwc", **attributes)
        assert_same_bits(y, reference.average_pool(x, **attributes))


@pytest.mark.parametrize("value", [-128, -127, 127])
def test_extremes(isa, value):
    x = np.full((1, 40, 17, 33), value, np.int8)
    window = {"kernel_shape": (40, 17)}
    y = run_op("pool", x, kind="average", layout="nhwc", input_scale=0.5, **window)
    assert_same_bits(y, np.full((1, 1, 1, 33), value * 0.5, np.float32))
    assert (run_op("pool", x, kind="max", layout="nhwc", **window) == value).all()
    y = run_op("global_pool", x, kind="average", layout="nhwc", input_scale=0.5)
    assert_same_bits(y, np.full((1, 1, 1, 33), value * 0.5, np.float32))


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize("output_scale", [None, 0.02])
def test_global(isa, threads, rng, kind, output_scale):
    scales = {"input_scale": 0.013}
    if output_scale is not None:
        scales["output_scale"] = output_scale
    for channels in CHANNELS:
        for spatial in [(), (1,), (255,), (256,), (7, 73), (3, 4, 5)]:
            x = int8(rng, 2, *spatial, channels)
            y = run_op("global_pool", x, kind=kind, layout="nhwc", **scales)
            assert_same_bits(y, reference.global_pool(x, kind, **scales))


@pytest.mark.parametrize(("kind", "scales"), [("max", {}), ("average", {"input_scale": 0.1})])
def test_same_bits_for_every_isa_and_thread_count(isa, threads, rng, kind, scales):
    x = int8(rng, 2, 50, 61, 20)
    attributes = {"kernel_shape": (3, 3), "strides": (2, 2), "pads": (1, 1, 1, 1), **scales}
    y = run_op("pool", x, kind=kind, layout="nhwc", **attributes)
    ff.use_isa("scalar")
    ff.set_threads(1)
    assert_same_bits(run_op("pool", x, kind=kind, layout="nhwc", **attributes), y)


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("channels", CHANNELS)
def test_reads_stay_inside(isa, rng, channels, side):
    x = int8(rng, 2, 5, 9, channels)
    for kind, scales in (("max", {}), ("average", {"input_scale": 0.1})):
        options = {"kind": kind, "layout": "nhwc", "kernel_shape": (3, 3), **scales}
        assert_same_bits(run_op("pool", guarded(x, side), **options), run_op("pool", x, **options))
    options = {"kind": "average", "layout": "nhwc", "input_scale": 0.1}
    y = run_op("global_pool", guarded(x, side), **options)
    assert_same_bits(y, run_op("global_pool", x, **options))


S8 = np.ones((1, 4, 4, 2), np.int8)
X = np.ones((1, 4, 4, 2), np.float32)
WINDOW = {"kernel_shape": (2, 2), "layout": "nhwc"}


@pytest.mark.parametrize(
    ("op", "x", "attributes", "message"),
    [
        ("pool", S8, {"kind": "average", **WINDOW}, "x: expected float32; or, for max, int8"),
        ("pool", S8, {"kind": "max", "input_scale": 1.0, **WINDOW}, "'input_scale': expected of"),
        ("pool", X, {"kind": "average", "input_scale": 1.0, **WINDOW}, "x: expected int8"),
        ("pool", S8, {"kind": "average", "output_scale": 1.0, **WINDOW}, "received alone"),
        ("pool", S8, {"kind": "average", "input_scale": 0.0, **WINDOW}, "above 0"),
        (
            "pool",
            S8,
            {"kind": "average", "input_scale": 1.0, "kernel_shape": (2, 2)},
            "'input_scale': expected of an average in nhwc only",
        ),
        ("global_pool", S8, {"kind": "average", "layout": "nhwc"}, "x: expected float32"),
        ("global_pool", S8, {"kind": "average", "input_scale": 1.0}, "expected in nhwc only"),
        (
            "global_pool",
            X,
            {"kind": "average", "layout": "nhwc", "input_scale": 1.0},
            "with 'input_scale' int8",
        ),
        (
            "global_pool",
            S8,
            {"kind": "average", "layout": "nhwc", "input_scale": 1.0, "output_scale": -2.0},
            "'output_scale': expected a finite number above 0",
        ),
    ],
)
def test_refusals(op, x, attributes, message):
    with pytest.raises(ValueError, match=message):
        run_op(op, x, **attributes)
