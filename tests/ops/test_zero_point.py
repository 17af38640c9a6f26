"""Float32 to bytes with a zero point: to the bit, under every ISA, for any size and value."""

import numpy as np
import pytest

from ops import reference_quantization as reference
from ops.one_op import run_op

SIZES = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 5000]
BYTES = ["int8", "uint8"]


def ends(dtype):
    info = np.iinfo(dtype)
    return [info.min, info.min + 1, 0, 3, info.max - 1, info.max]


@pytest.mark.parametrize("dtype", BYTES)
def test_any_size_by_tensor_and_by_axis(isa, rng, dtype):
    for size in SIZES:
        x = (rng.standard_normal((3, size)) * 40).astype(np.float32)
        for shape in [(), (size,)]:
            scale = np.asarray(rng.uniform(0.05, 1, shape), np.float32)
            zero = np.asarray(rng.choice(ends(dtype), shape), dtype)
            if size == 1:  # one value is for all
                scale, zero = scale.reshape(1), zero.reshape(1)
            y = run_op("quantize_linear", x, scale, zero, to=dtype)
            expected = reference.quantize_linear(x, scale, zero)
            np.testing.assert_array_equal(y, expected, strict=True)


@pytest.mark.parametrize("dtype", BYTES)
def test_ties_and_what_is_no_number(isa, dtype):
    steps = np.arange(-600, 600, dtype=np.float32) / 2
    below, above = np.nextafter(steps, np.float32(-np.inf)), np.nextafter(steps, np.float32(np.inf))
    special = np.float32([np.nan, -np.nan, np.inf, -np.inf, -0.0, 3e38, -3e38, 1e-45])
    x = np.concatenate([steps, below, above, special])
    for zero in ends(dtype):
        for scale in (1, 0.1, 1e-30, 1e30):
            with np.errstate(over="ignore"):
                scaled = x * np.float32(scale)
            arrays = scaled, np.float32([scale]), np.array([zero], dtype)
            y = run_op("quantize_linear", *arrays, to=dtype)
            np.testing.assert_array_equal(y, reference.quantize_linear(*arrays), strict=True)


def test_scales_of_0_and_infinity(isa):
    x = np.float32([[-1, 0, 1, np.nan, np.inf, -np.inf]])
    for scale in (0, np.inf, np.nan):
        arrays = x, np.full(6, scale, np.float32), np.full(6, 7, np.int8)
        y = run_op("quantize_linear", *arrays, to="int8")
        np.testing.assert_array_equal(y, reference.quantize_linear(*arrays), strict=True)


def test_ranges_of_any_size(isa, rng):
    for size in SIZES:
        for offset in (-5, 0, 5):
            x = (rng.standard_normal(size) + offset).astype(np.float32)
            outputs = run_op("dynamic_quantize_linear", x, outputs=3)
            for y, expected in zip(outputs, reference.dynamic_quantize_linear(x), strict=True):
                np.testing.assert_array_equal(y, expected)


def test_each_place_of_the_largest_and_smallest(isa):
    for place in range(70):
        x = np.zeros(70, np.float32)
        x[place], x[(place * 7 + 1) % 70] = 12, -4
        _, scale, zero = run_op("dynamic_quantize_linear", x, outputs=3)
        expected = reference.dynamic_quantize_linear(x)
        np.testing.assert_array_equal([scale, zero], [expected[1], expected[2]])


def test_no_number_has_no_part_in_the_range(isa):
    x = np.float32([np.nan, 3, np.nan, -1] * 9)
    y, scale, zero = run_op("dynamic_quantize_linear", x, outputs=3)
    assert scale == np.float32(4) / np.float32(255)
    np.testing.assert_array_equal(y[:4], [zero, 255, zero, 0])
