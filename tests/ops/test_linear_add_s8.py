"""linear_add_s8: linear_s8 and what is added to it, whatever its shape."""

import numpy as np
import pytest

from fourfold import _core
from guarded import SIDES, guarded, needs_guard_pages
from program_parts import linear_s8_constants, step
from reference import assert_same_bits

DEPTH, COLUMNS = 70, 37


def added(x, other, constants, **attributes):
    inputs = [(name, "float32", (None,) * a.ndim) for name, a in [("x", x), ("other", other)]]
    inputs[0] = ("x", "float32", (*(None,) * (x.ndim - 1), DEPTH))
    sizes = {"depth": DEPTH, "columns": COLUMNS, **attributes}
    steps = [step("linear_add_s8", (0, 2, 3, 4, 1), 5, **sizes)]
    return _core.Program(inputs, constants, steps, [5])(x, other)


def spelled_out(x, other, constants):
    y = _core.kernels.linear_s8(x.reshape(-1, DEPTH), *constants, COLUMNS)
    return y.reshape(*x.shape[:-1], COLUMNS) + other


@pytest.mark.parametrize(
    ("rows", "shape"),
    [
        ((5,), (5, COLUMNS)),
        ((5,), (1, COLUMNS)),
        ((5,), (COLUMNS,)),
        ((5,), (5, 1)),
        ((5,), ()),
        ((1,), (8, COLUMNS)),
        ((4, 30), (4, 30, COLUMNS)),
        ((4, 30), (30, COLUMNS)),
        ((4, 1), (4, 30, 1)),
        ((3, 4), (2, 3, 4, COLUMNS)),
        ((301,), (301, COLUMNS)),
        ((0,), (0, COLUMNS)),
        ((0,), (1, COLUMNS)),
    ],
)
@pytest.mark.parametrize("bits", [8, 16])
def test_any_shape_that_broadcasts(rng, isa, threads, rows, shape, bits):
    constants = linear_s8_constants(rng, DEPTH, COLUMNS)
    x = rng.standard_normal((*rows, DEPTH), dtype=np.float32)
    other = rng.standard_normal(shape, dtype=np.float32)
    y = added(x, other, constants, activation_bits=bits)
    expected = spelled_out(x, other, constants)
    if bits == 8:
        assert_same_bits(y, expected)
    else:
        np.testing.assert_allclose(
            y, expected, rtol=0, atol=0.02 * max(1, abs(expected).max(initial=0))
        )


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("shape", [(50, COLUMNS), (1, COLUMNS)])
def test_reads_stay_inside(isa, rng, shape, side):
    constants = linear_s8_constants(rng, DEPTH, COLUMNS)
    x = rng.standard_normal((50, DEPTH), dtype=np.float32)
    other = rng.standard_normal(shape, dtype=np.float32)
    y = added(guarded(x, side), guarded(other, side), constants)
    assert_same_bits(y, spelled_out(x, other, constants))


def test_refusals(rng):
    constants = linear_s8_constants(rng, DEPTH, COLUMNS)
    x, other = np.zeros((5, DEPTH), np.float32), np.zeros((5, COLUMNS), np.float32)
    with pytest.raises(ValueError, match="no activation, and no attribute 'output_scale'"):
        added(x, other, constants, activation="relu")
    with pytest.raises(ValueError, match="expected shapes that broadcast"):
        added(x, other[:3], constants)
