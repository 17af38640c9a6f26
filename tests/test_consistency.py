"""The same bits on every ISA, for any number of threads, and in any company of rows.

Integers are compared with NumPy's, floats with those of the scalar kernels on one thread.
"""

import functools
import itertools

import numpy as np
import pytest

import fourfold as ff
from fourfold import _core
from networks import ANYTHING, quantize, random_network, random_rows
from reference import assert_same_bits

kernels = _core.kernels

# Around the tile edges: 16 columns, 64 depths, and the row tiles of 4 to 16.
EDGES = list(
    itertools.product(
        [1, 2, 4, 5, 10, 11, 12, 15, 16, 17, 33],
        [1, 3, 63, 64, 65, 128, 129],
        [1, 15, 16, 17, 32, 33, 49],
    )
)
RANDOM_SHAPES = 2000


def on_scalar(function):
    """What a function gives under the scalar kernels on one thread."""
    isa, threads = ff.active_isa(), ff.get_threads()
    ff.use_isa("scalar")
    ff.set_threads(1)
    try:
        return function()
    finally:
        ff.use_isa(isa)
        ff.set_threads(threads)


def assert_as_on_scalar(run, what=""):
    """One array, or a tuple of them: the same bits as under the scalar kernels on one thread."""
    actual, expected = run(), on_scalar(run)
    if not isinstance(actual, tuple):
        actual, expected = (actual,), (expected,)
    assert len(actual) == len(expected)
    for one, other in zip(actual, expected, strict=True):
        assert_rows_as(one, other, what)


def assert_rows_as(actual, expected, what):
    try:
        assert_same_bits(actual, expected)
    except AssertionError as error:
        raise AssertionError(f"{what}: {error}") from error


def int8(rng, *shape):
    return rng.integers(-127, 128, size=shape, dtype=np.int8)


def float32(rng, *shape):
    """Values of many sizes, with zeros of both signs, and denormals."""
    values = (rng.normal(size=shape) * 10.0 ** rng.integers(-6, 3, size=shape)).astype(np.float32)
    values.flat[::11] = 0.0
    values.flat[5::13] = -0.0
    values.flat[7::17] = 1e-41
    return values


def assert_product_is_exact(a, b):
    expected = np.matmul(a, b, dtype=np.int32)
    actual = kernels.gemm_s8(a, _core.pack_s8(b), b.shape[1])
    assert (actual == expected).all(), f"rows, depth, columns = {(*a.shape, b.shape[1])}"


def test_the_kernels_are_those_of_the_isa(isa):
    assert ff.active_isa() == isa
    assert ff.supported_isas().index(kernels.gemm_s8_name(1)) <= ff.supported_isas().index(isa)
    assert kernels.gemm_s8_name(256) == isa


def test_gemm_s8_is_numpy_s_product(rng, isa):
    shapes = rng.integers(1, [41, 201, 71], size=(RANDOM_SHAPES, 3)).tolist()
    for rows, depth, columns in [*EDGES, *shapes]:
        assert_product_is_exact(int8(rng, rows, depth), int8(rng, depth, columns))


@pytest.mark.parametrize("depth", [64, 1000, 4096, 65536])
def test_gemm_s8_is_exact_at_the_extremes(rng, isa, depth):
    for rows, columns in [(1, 16), (3, 33), (17, 17)]:
        for sign_a, sign_b in itertools.product([-127, 127], repeat=2):
            a = np.full((rows, depth), sign_a, np.int8)
            b = np.full((depth, columns), sign_b, np.int8)
            assert_product_is_exact(a, b)
        signs = np.where(int8(rng, rows, depth) < 0, -127, 127).astype(np.int8)
        assert_product_is_exact(signs, int8(rng, depth, columns))
        assert_product_is_exact(int8(rng, rows, depth), int8(rng, depth, columns))


def test_gemm_f32(rng, isa):
    for rows, depth, columns in EDGES[::3]:
        x, weight = float32(rng, rows, depth), float32(rng, depth, columns)
        packed = _core.pack_f32(weight)
        bias = float32(rng, columns + -columns % 16)
        run = functools.partial(kernels.gemm_f32, x, packed, bias, columns)
        assert_as_on_scalar(run, f"{(rows, depth, columns)}")


@pytest.mark.parametrize("flip", [0, 0x80])
def test_quantize(rng, isa, flip):
    for rows, columns in itertools.product([1, 2, 5], [*range(1, 70), 127, 128, 129, 1000]):
        x = float32(rng, rows, columns)
        depth = columns + -columns % 64
        by_row = functools.partial(kernels.quantize_rows, x, depth, flip)
        assert_as_on_scalar(by_row, f"{(rows, columns)}")
        fixed = functools.partial(kernels.quantize_fixed, x, depth, 3.7, flip)
        assert_as_on_scalar(fixed, f"{(rows, columns)}")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e-31, 3e38])
def test_quantize_of_odd_rows(rng, isa, value):
    for columns in (1, 16, 31, 33, 100):
        x = float32(rng, 4, columns)
        x[1, columns // 2] = value
        x[2] = value
        x[3] = 0
        run = functools.partial(kernels.quantize_rows, x, 128)
        assert_as_on_scalar(run, f"{columns} columns")
        fixed = functools.partial(kernels.quantize_fixed, x, 128, 0.5)
        assert_as_on_scalar(fixed, f"{columns} columns")


def test_dequantize(rng, isa):
    for rows, columns in itertools.product([1, 3], [1, 7, 15, 16, 17, 31, 32, 33, 100]):
        limit = 65536 * 127 * 127
        acc = rng.integers(-limit, limit, size=(rows, columns), dtype=np.int32)
        arguments = (float32(rng, rows), float32(rng, columns), float32(rng, columns))
        run = functools.partial(kernels.dequantize, acc, *arguments)
        assert_as_on_scalar(run)


@pytest.mark.parametrize("kind", ff.ACTIVATIONS)
def test_activations(rng, isa, kind):
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-41, -1e-41, 3e38, -3e38, 88.8, -88])
    for columns in [*range(1, 40), 63, 64, 65, 500]:
        x = float32(rng, 3, columns)
        x[1] = np.resize(special, columns)
        x[2] = np.linspace(-20, 20, columns)
        run = functools.partial(kernels.activation, kind, x, 0.17)
        assert_as_on_scalar(run, f"{kind}, {columns} columns")


def test_reductions(rng, isa):
    for count in [*range(1, 70), 127, 128, 129, 1000]:
        x = float32(rng, count)
        for function in (kernels.absmax, kernels.moments):
            run = functools.partial(function, x)
            assert_as_on_scalar(run, f"{count} values")


@pytest.mark.parametrize("kind", ["identity", "relu", "gelu"])
def test_linear_layers(rng, isa, threads, kind):
    # The last two are large enough to be shared out among threads.
    for rows, depth, columns in [*EDGES[::23], (1, 700, 900), (130, 300, 500)]:
        x = float32(rng, rows, depth)
        padded = columns + -columns % 16
        bias, scales = float32(rng, padded), np.abs(float32(rng, padded))
        packed = _core.pack_s8(int8(rng, depth, columns))
        small = functools.partial(kernels.linear_s8, x, packed, scales, bias, columns, kind)
        assert_as_on_scalar(small, f"{(rows, depth, columns)}")
        floats = _core.pack_f32(float32(rng, depth, columns))
        large = functools.partial(kernels.linear_f32, x, floats, bias, columns, kind)
        assert_as_on_scalar(large, f"{(rows, depth, columns)}")


@pytest.fixture(scope="module")
def models():
    """Whole networks: small and odd ones, a large one, one with a layer in float32."""
    rng = np.random.default_rng(7)
    kinds = {
        "odd": (random_network(rng, (70, 130, 51, 3), "gelu", "softmax"), ()),
        "large": (random_network(rng, (784, 1024, 512, 10), "relu"), ()),
        "mixed": (random_network(rng, (100, 200, 300, 17), "tanh"), ("dense_1",)),
        "one_column": (random_network(rng, (64, 33, 1), "silu"), ()),
    }
    found = {}
    for name, (network, keep_float) in kinds.items():
        x = random_rows(rng, 3, network.widths[0])
        config = ff.QuantizationConfig(keep_float=keep_float)
        result = quantize(network, x, gate=ANYTHING, config=config)
        assert result.accepted, result.reasons
        found[name] = result.model
    return found


@pytest.mark.parametrize("name", ["odd", "large", "mixed", "one_column"])
def test_whole_networks(rng, models, name, isa, threads):
    model = models[name]
    columns = model.interface["widths"][0]
    x = random_rows(rng, 150, columns)
    x[7], x[9, 3] = 0, np.nan
    expected = on_scalar(lambda: model(x))
    assert_rows_as(model(x), expected, "all rows")
    for rows in (1, 2, 5, 16, 17, 33, 64, 100):
        assert_rows_as(model(x[:rows]), expected[:rows], f"the first {rows} rows")
    for row in (0, 7, 9, 149):
        assert_rows_as(model(x[row : row + 1]), expected[row : row + 1], f"row {row} alone")
    order = rng.permutation(150)
    assert_rows_as(model(x[order]), expected[order], "rows in another order")
    strangers = np.vstack([random_rows(rng, 13, columns) * 1e6, x, random_rows(rng, 40, columns)])
    assert_rows_as(model(strangers)[13:163], expected, "rows among strangers")
    wide = np.full((150, columns + 9), np.nan, np.float32)
    wide[:, 4 : 4 + columns] = x
    assert_rows_as(model(wide[:, 4 : 4 + columns]), expected, "rows of a wider array")
