"""The rarer ops that slide a window: against plain NumPy, and what they refuse."""

import numpy as np
import pytest

import fourfold as ff
import ops.reference_convolution as convolution
import ops.reference_windows as reference
from ops.one_op import run_op
from reference import assert_same_bits

F32 = np.float32


def every_isa_and_thread_count_agree(op, *arrays, isa, threads, **attributes):
    """Run the op on the ISA and threads of the test; the scalar kernels on one give the same."""
    y = run_op(op, *arrays, **attributes)
    ff.use_isa("scalar")
    ff.set_threads(1)
    assert_same_bits(run_op(op, *arrays, **attributes), y)
    ff.use_isa(isa)
    ff.set_threads(threads)
    return y


@pytest.mark.parametrize("size", [1, 2, 3, 5, 20])
@pytest.mark.parametrize("shape", [(2, 7, 3, 5), (1, 4, 40, 50), (1, 3, 9), (2, 1, 2, 2, 2)])
def test_lrn(isa, threads, rng, size, shape):
    x = rng.standard_normal(shape).astype(F32)
    attributes = {"size": size, "alpha": 0.5, "beta": 0.6, "bias": 1.5}
    y = every_isa_and_thread_count_agree("lrn", x, isa=isa, threads=threads, **attributes)
    np.testing.assert_allclose(y, reference.lrn(x, **attributes), rtol=1e-5)
    wide = x.astype(np.float64)
    np.testing.assert_allclose(run_op("lrn", wide, size=size), reference.lrn(wide, size), rtol=1e-6)


POOLS = [
    ((2, 3, 8, 9), {"kernel_shape": (2, 3), "strides": (2, 1)}),
    ((2, 3, 8, 9), {"kernel_shape": (3, 3), "strides": (2, 2), "pads": (1, 1, 1, 1)}),
    ((1, 2, 7, 8), {"kernel_shape": (2, 2), "strides": (3, 3), "ceil_mode": 1}),
    ((1, 2, 9, 8), {"kernel_shape": (3, 2), "dilations": (2, 3)}),
    ((2, 2, 9), {"kernel_shape": (4,), "strides": (2,), "auto_pad": "same_upper"}),
    ((1, 2, 4, 5, 6), {"kernel_shape": (2, 2, 3), "strides": (1, 2, 2)}),
]


@pytest.mark.parametrize("storage_order", [0, 1])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "uint8"])
@pytest.mark.parametrize(("shape", "attributes"), POOLS)
def test_max_pool_indices(rng, threads, storage_order, dtype, shape, attributes):
    x = (rng.integers(0, 9, shape) - (4 if dtype != "uint8" else 0)).astype(dtype)
    y, indices = run_op("max_pool_indices", x, outputs=2, storage_order=storage_order, **attributes)
    expected = reference.max_pool_indices(x, storage_order, **attributes)
    np.testing.assert_array_equal(y, expected[0])
    np.testing.assert_array_equal(indices, expected[1])
    assert y.dtype == dtype


def test_max_pool_indices_of_nan_and_of_nothing():
    x = np.array([[[1, np.nan, 5, np.nan, 2, -np.inf, -np.inf]]], F32)
    y, indices = run_op("max_pool_indices", x, outputs=2, kernel_shape=(4,), strides=(3,))
    assert np.isnan(y).all()
    np.testing.assert_array_equal(indices, [[[1, 3]]])
    y, indices = run_op("max_pool_indices", x, outputs=2, kernel_shape=(2,), strides=(5,))
    np.testing.assert_array_equal(indices, [[[1, 5]]])
    assert y[0, 0, 1] == -np.inf
    y, indices = run_op("max_pool_indices", x, outputs=2, kernel_shape=(1,), pads=(1, 0))
    assert (y[0, 0, 0], indices[0, 0, 0]) == (-np.inf, -1)


def test_max_unpool_undoes_max_pool(rng):
    x = rng.standard_normal((2, 3, 8, 9)).astype(F32)
    window = {"kernel_shape": (2, 3), "strides": (2, 3)}
    y, indices = run_op("max_pool_indices", x, outputs=2, **window)
    whole = run_op("max_unpool", y, indices, None, **window)
    assert whole.shape == x.shape
    kept = np.zeros(x.size, bool)
    kept[indices.reshape(-1)] = True
    np.testing.assert_array_equal(whole, np.where(kept.reshape(x.shape), x, 0))


def test_max_unpool_into_a_larger_tensor():
    x = np.arange(1, 5, dtype=F32).reshape(1, 1, 2, 2)
    indices = np.array([5, 7, 13, 15]).reshape(1, 1, 2, 2)
    shape = np.array([1, 1, 5, 5])
    y = run_op("max_unpool", x, indices, shape, kernel_shape=(2, 2), strides=(2, 2))
    expected = np.zeros((1, 1, 5, 5), F32)
    expected[0, 0, 1, 1], expected[0, 0, 1, 3] = 1, 2
    expected[0, 0, 3, 1], expected[0, 0, 3, 3] = 3, 4
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("image", "block", "attributes"),
    [
        ((5, 6), (2, 3), {}),
        ((5, 6), (2, 2), {"strides": (2, 1), "pads": (1, 0, 0, 1)}),
        ((7, 8), (2, 3), {"dilations": (3, 2), "pads": (1, 1, 1, 1)}),
        ((11,), (3,), {"strides": (2,)}),
        ((3, 4, 5), (1, 2, 3), {"pads": (0, 1, 0, 0, 0, 1)}),
    ],
)
def test_col2im(rng, threads, dtype, image, block, attributes):
    spatial = np.empty((1, 1, *image))
    blocks = int(np.prod(convolution.output_sizes(spatial, block, **attributes)))
    x = rng.standard_normal((2, 3 * int(np.prod(block)), blocks)).astype(dtype)
    y = run_op("col2im", x, np.array(image), np.array(block), **attributes)
    expected = reference.col2im(x, image, block, **attributes)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    assert y.dtype == dtype


@pytest.mark.parametrize("optional", [False, True])
@pytest.mark.parametrize(
    ("x_shape", "w_shape", "attributes"),
    [
        ((2, 3, 6, 7), (4, 3, 3, 3), {"pads": (1, 1, 1, 1)}),
        ((1, 4, 6, 7), (4, 2, 2, 3), {"group": 2, "offset_group": 4, "strides": (2, 1)}),
        ((1, 4, 6, 7), (2, 4, 2, 2), {"offset_group": 2, "dilations": (2, 3)}),
        ((1, 6, 9, 11), (3, 2, 1, 1), {"group": 3, "offset_group": 2}),
    ],
)
def test_deform_conv(isa, threads, rng, x_shape, w_shape, attributes, optional):
    x, w = (rng.standard_normal(shape).astype(F32) for shape in (x_shape, w_shape))
    geometry = {k: v for k, v in attributes.items() if "group" not in k}
    out = convolution.output_sizes(x, w_shape[2:], **geometry)
    points = attributes.get("offset_group", 1) * w_shape[2] * w_shape[3]
    offset = rng.normal(0, 2, (len(x), 2 * points, *out)).astype(F32)
    offset[:, :, 0] = np.rint(offset[:, :, 0])
    b = rng.standard_normal(len(w)).astype(F32) if optional else None
    mask = rng.random((len(x), points, *out)).astype(F32) if optional else None
    y = every_isa_and_thread_count_agree(
        "deform_conv", x, w, offset, b, mask, isa=isa, threads=threads, **attributes
    )
    expected = reference.deform_conv(x, w, offset, b, mask, **attributes)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)


def test_offsets_to_nowhere(rng):
    x, w = np.full((1, 1, 3, 3), np.inf, F32), np.ones((1, 1, 1, 1), F32)
    for nowhere in [np.nan, np.inf, -np.inf, 1e30]:
        offset = np.full((1, 2, 3, 3), nowhere, F32)
        np.testing.assert_array_equal(run_op("deform_conv", x, w, offset, None, None), 0)


X, W = np.ones((1, 4, 5, 5), F32), np.ones((2, 4, 2, 2), F32)
POOLED, PLACES = np.ones((1, 1, 2, 2), F32), np.zeros((1, 1, 2, 2), np.int64)
UNPOOL = {"kernel_shape": (2, 2), "strides": (2, 2)}


@pytest.mark.parametrize(
    ("op", "arrays", "attributes", "message"),
    [
        ("lrn", (X,), {}, "'size' is missing"),
        ("lrn", (X,), {"size": 0}, "'size': expected 1 to"),
        ("lrn", (X[0, 0],), {"size": 3}, "x: expected float32 or float64 of 3 dimensions"),
        ("max_pool_indices", (X.astype(int),), UNPOOL, "x: expected float32, float64, int8"),
        ("max_unpool", (POOLED, PLACES[..., :1], None), UNPOOL, "indices: expected int64"),
        ("max_unpool", (POOLED, PLACES + 16, None), UNPOOL, "indices: expected 0 to 16 - 1, rec"),
        ("max_unpool", (POOLED, PLACES - 1, None), UNPOOL, "received -1"),
        ("max_unpool", (POOLED, PLACES, None), {}, "'kernel_shape' is missing"),
        ("max_unpool", (POOLED, PLACES, np.array([1, 1, 3, 4])), UNPOOL, "output_shape: expected"),
        ("max_unpool", (POOLED, PLACES, np.array([1, 2, 4, 4])), UNPOOL, "output_shape: expected"),
        ("col2im", (X[0], np.array([5, 5]), np.array([2, 2])), {}, "x: expected a multiple of 4"),
        ("col2im", (X[0], np.array([5, 5]), np.array([2])), {}, "as many in both"),
        ("col2im", (X[0], np.array([5, 0]), np.array([2, 2])), {}, "sizes of 1 or more"),
        ("deform_conv", (X[0], W, X, None, None), {}, "x: expected 4 dimensions"),
        ("deform_conv", (X, W, X, None, None), {}, "offset: expected float32"),
        ("deform_conv", (X, W, X, None, None), {"offset_group": 3}, "expected a divisor of 4"),
    ],
)
def test_refusals(op, arrays, attributes, message):
    arrays = [None if a is None else np.ascontiguousarray(a) for a in arrays]
    outputs = 2 if op == "max_pool_indices" else 1
    with pytest.raises(ValueError, match=message):
        run_op(op, *arrays, outputs=outputs, **attributes)
