"""Pooling under a window, and of whole channels, against plain NumPy."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fourfold as ff
import ops.reference_convolution as reference
from guarded import SIDES, guarded, needs_guard_pages
from ops.one_op import run_op
from reference import assert_same_bits

F32 = np.float32
KINDS = [("max", {}), ("average", {}), ("average", {"count_include_pad": 1}), ("lp", {"p": 1})]
KINDS += [("lp", {}), ("lp", {"p": 3})]


def channels_last(x):
    return np.ascontiguousarray(np.moveaxis(x, 1, -1))


def check(x, kind, **attributes):
    y = run_op("pool", x, kind=kind, **attributes)
    expected = reference.pool(x, kind, **attributes)
    if kind == "max":
        np.testing.assert_array_equal(y, expected)
    else:
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    if kind != "lp" and x.dtype == F32:
        last = run_op("pool", channels_last(x), kind=kind, layout="nhwc", **attributes)
        assert_same_bits(last, channels_last(y))


CASES = [
    ((2, 3, 8, 10), {"kernel_shape": (2, 2), "strides": (2, 2)}),
    ((1, 2, 9, 40), {"kernel_shape": (3, 3), "strides": (2, 2), "pads": (1, 1, 1, 1)}),
    ((1, 2, 9, 40), {"kernel_shape": (3, 3), "strides": (2, 1), "pads": (1, 0, 0, 2)}),
    ((1, 2, 7, 8), {"kernel_shape": (3, 2), "strides": (3, 3), "ceil_mode": 1}),
    ((1, 2, 6, 6), {"kernel_shape": (3, 3), "strides": (2, 2), "pads": (1,) * 4, "ceil_mode": 1}),
    ((1, 2, 12, 13), {"kernel_shape": (3, 3), "dilations": (2, 3)}),
    ((1, 2, 12, 13), {"kernel_shape": (4, 3), "strides": (3, 2), "auto_pad": "same_upper"}),
    ((1, 2, 12, 13), {"kernel_shape": (4, 3), "strides": (3, 2), "auto_pad": "same_lower"}),
    ((1, 2, 12, 13), {"kernel_shape": (4, 3), "auto_pad": "valid"}),
    ((3, 5, 33), {"kernel_shape": (4,), "strides": (3,), "pads": (2, 1)}),
    (
        (1, 2, 4, 5, 6),
        {"kernel_shape": (2, 3, 2), "strides": (1, 2, 2), "pads": (1, 1, 0, 0, 1, 1)},
    ),
    ((1, 20, 5, 6), {"kernel_shape": (5, 6)}),
    ((1, 1, 1, 1), {"kernel_shape": (1, 1)}),
]


@pytest.mark.parametrize(("kind", "extra"), KINDS)
@pytest.mark.parametrize("case", range(len(CASES)))
def test_windows(isa, rng, case, kind, extra):
    shape, attributes = CASES[case]
    check(rng.standard_normal(shape).astype(F32), kind, **attributes, **extra)


@pytest.mark.parametrize(("kind", "extra"), KINDS)
@pytest.mark.parametrize("case", range(len(CASES)))
def test_float64(rng, case, kind, extra):
    shape, attributes = CASES[case]
    check(rng.standard_normal(shape), kind, **attributes, **extra)


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_the_largest_byte(rng, dtype):
    info = np.iinfo(dtype)
    x = rng.integers(info.min, info.max, (2, 3, 9, 9), dtype, endpoint=True)
    check(x, "max", kernel_shape=(3, 3), pads=(1, 1, 1, 1), strides=(2, 1))
    lowest = np.full((1, 1, 2, 2), info.min, dtype)
    check(lowest, "max", kernel_shape=(2, 2), pads=(1, 1, 1, 1))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_window(data):
    axes = data.draw(st.integers(1, 3))
    window, dilations, strides = [], [], []
    front, back, spatial = [], [], []
    for _ in range(axes):
        k, d = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3))
        front.append(data.draw(st.integers(0, k - 1)))
        back.append(data.draw(st.integers(0, k - 1)))
        least = max(1, (k - 1) * d + 1 - front[-1] - back[-1])
        spatial.append(least + data.draw(st.integers(0, 20 if axes < 3 else 5)))
        window.append(k)
        dilations.append(d)
        strides.append(data.draw(st.integers(1, 4)))
    x_shape = (data.draw(st.integers(1, 2)), data.draw(st.integers(1, 4)), *spatial)
    x = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))).standard_normal(x_shape)
    attributes = {"kernel_shape": tuple(window), "strides": tuple(strides)}
    attributes |= {"pads": tuple(front + back), "ceil_mode": data.draw(st.integers(0, 1))}
    kind = data.draw(st.sampled_from(["max", "average", "lp"]))
    if kind == "average":
        attributes["count_include_pad"] = data.draw(st.integers(0, 1))
    counts = reference.points_counted(
        x,
        window,
        0,
        dilations=dilations,
        **{
            name: value
            for name, value in attributes.items()
            if name in ("strides", "pads", "ceil_mode")
        },
    )
    if kind == "average" and (counts == 0).any():
        return  # 0 / 0
    check(x.astype(F32), kind, dilations=tuple(dilations), **attributes)


@pytest.mark.parametrize(("kind", "extra"), KINDS)
def test_same_bits_for_every_isa_and_thread_count(isa, threads, rng, kind, extra):
    x = rng.standard_normal((2, 20, 50, 61)).astype(F32)
    attributes = {"kernel_shape": (3, 3), "strides": (2, 2), "pads": (1, 1, 1, 1), **extra}
    y = run_op("pool", x, kind=kind, **attributes)
    ff.use_isa("scalar")
    ff.set_threads(1)
    assert_same_bits(run_op("pool", x, kind=kind, **attributes), y)


@pytest.mark.parametrize("dtype", [F32, np.float64])
def test_nan_is_the_largest(isa, dtype):
    x = np.zeros((1, 1, 6, 6), dtype)
    x[0, 0, 3, 3] = np.nan
    y = run_op("pool", x, kind="max", kernel_shape=(2, 2))
    assert np.isnan(y[0, 0, 2:4, 2:4]).all()
    assert np.isnan(y).sum() == 4
    assert np.isnan(run_op("global_pool", x, kind="max")).all()


def test_of_zeros_the_later_is_the_largest(isa, rng):
    """Large windows take the maximum by axes: row by row of the window, in the same order."""
    x = rng.choice([-1.0, -0.0, 0.0], (1, 3, 20, 40), p=[0.9, 0.05, 0.05]).astype(F32)
    y = run_op("pool", x, kind="max", kernel_shape=(5, 5))
    expected = np.full(y.shape, -np.inf, F32)
    for row, column in itertools.product(range(5), range(5)):
        under = x[:, :, row : row + 16, column : column + 36]
        expected = np.where(under >= expected, under, expected)
    assert_same_bits(y, expected)


@pytest.mark.parametrize(("kind", "extra"), KINDS)
def test_planes_of_several_bands(isa, threads, rng, kind, extra):
    x = rng.standard_normal((2, 1, 700, 300)).astype(F32)
    attributes = {"kernel_shape": (4, 3), "strides": (3, 2), "pads": (1, 1, 2, 0), **extra}
    y = run_op("pool", x, kind=kind, **attributes)
    parts = [run_op("pool", x[i : i + 1], kind=kind, **attributes) for i in range(2)]
    assert_same_bits(y, np.concatenate(parts))
    top = run_op("pool", np.ascontiguousarray(x[:, :, :50]), kind=kind, **attributes)
    assert_same_bits(np.ascontiguousarray(y[:, :, :16]), np.ascontiguousarray(top[:, :, :16]))


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize(("kind", "stride"), [("max", 1), ("max", 2), ("average", 2)])
def test_reads_stay_inside(isa, rng, layout, side, kind, stride):
    x = rng.standard_normal((2, 3, 5, 21)).astype(F32)
    x = x if layout == "nchw" else channels_last(x)
    attributes = {"kind": kind, "kernel_shape": (3, 3), "strides": (stride,) * 2, "layout": layout}
    assert_same_bits(
        run_op("pool", guarded(x, side), **attributes), run_op("pool", x, **attributes)
    )


@pytest.mark.parametrize("dtype", [F32, np.float64])
@pytest.mark.parametrize(
    "shape", [(2, 3, 5, 7), (1, 40, 24, 80), (3, 2), (2, 3, 1), (1, 2, 3, 4, 5)]
)
def test_global(isa, threads, rng, dtype, shape):
    x = rng.standard_normal(shape).astype(dtype)
    flat = x.astype(np.float64).reshape(*shape[:2], -1)
    expected = {
        ("max", 2): flat.max(axis=-1),
        ("average", 2): flat.mean(axis=-1),
        ("lp", 1): np.abs(flat).sum(axis=-1),
        ("lp", 2): np.sqrt((flat**2).sum(axis=-1)),
        ("lp", 3): np.cbrt((np.abs(flat) ** 3).sum(axis=-1)),
    }
    for (kind, p), values in expected.items():
        y = run_op("global_pool", x, kind=kind, p=p)
        assert y.shape == (*shape[:2], *(1,) * (len(shape) - 2))
        np.testing.assert_allclose(y.reshape(shape[:2]), values, rtol=1e-5, atol=1e-6)
        if dtype == F32 and kind != "lp":
            last = run_op("global_pool", channels_last(x), kind=kind, layout="nhwc")
            np.testing.assert_allclose(last.reshape(shape[:2]), values, rtol=1e-5, atol=1e-6)
        ff.set_threads(1)
        isa_before = ff.active_isa()
        ff.use_isa("scalar")
        assert_same_bits(run_op("global_pool", x, kind=kind, p=p), y)
        ff.use_isa(isa_before)
        ff.set_threads(threads)


X = np.ones((1, 2, 4, 4), F32)


@pytest.mark.parametrize(
    ("op", "x", "attributes", "message"),
    [
        ("pool", X, {"kind": "max"}, "'kernel_shape' is missing"),
        ("pool", X, {"kind": "min", "kernel_shape": (2, 2)}, "kind: expected one of max, average"),
        ("pool", X, {"kind": "max", "kernel_shape": (2,)}, "expected 2 values, received 1"),
        ("pool", X, {"kind": "max", "kernel_shape": (5, 2)}, "x: expected at least 5 on spatial"),
        ("pool", X[0, 0], {"kind": "max", "kernel_shape": (2,)}, "x: expected 3 to 5 dimensions"),
        (
            "pool",
            X.astype("int8"),
            {"kind": "average", "kernel_shape": (2, 2)},
            "x: expected float",
        ),
        ("pool", X.astype("int32"), {"kind": "max", "kernel_shape": (2, 2)}, "x: expected float32"),
        (
            "pool",
            X,
            {"kind": "lp", "kernel_shape": (2, 2), "p": 0},
            "'p': expected a finite number",
        ),
        ("pool", X, {"kind": "lp", "kernel_shape": (2, 2), "layout": "nhwc"}, "kind: expected max"),
        (
            "pool",
            X,
            {
                "kind": "max",
                "kernel_shape": (2, 2),
                "strides": (2**30, 2**30),
                "dilations": (2**30, 2**30),
                "pads": (2**30,) * 4,
            },
            "the window reaches too far",
        ),
        ("pool", X, {"kind": "max", "kernel_shape": (2**30, 2**30)}, "is too large"),
        ("global_pool", X[0, 0, 0], {"kind": "max"}, "x: expected float32"),
        ("global_pool", X.astype("int8"), {"kind": "max"}, "x: expected float32"),
        ("global_pool", X, {"kind": "sum"}, "kind: expected one of max, average, lp"),
    ],
)
def test_refusals(op, x, attributes, message):
    with pytest.raises(ValueError, match=message):
        run_op(op, np.ascontiguousarray(x), **attributes)
