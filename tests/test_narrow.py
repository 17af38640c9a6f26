"""Constants in fewer bytes than the engine reads them in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import fourfold as ff
from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import TensorInfo
from fourfold.graph.narrow import MAX_BYTES, narrow_floats, narrow_integers, widened
from fourfold.graph.program import ProgramSpec, Step
from fourfold.model_file import dump_model

SHAPES = arrays.array_shapes(min_dims=0, max_dims=3, max_side=5)


def round_trip(array, narrow):
    stored = narrow(array)
    assert type(stored) is np.ndarray
    return stored if stored is array else widened(stored, array.dtype.name)


@given(array=arrays.arrays(st.sampled_from(["int32", "int64"]), SHAPES))
def test_integers_come_back(array):
    again = round_trip(array, narrow_integers)
    assert again.dtype == array.dtype
    np.testing.assert_array_equal(again, array)


@given(bits=arrays.arrays(np.uint32, SHAPES), kept=st.sampled_from([0, 13, 16]))
def test_floats_come_back_to_the_bit(bits, kept):
    bits = np.asarray(bits >> np.uint32(kept) << np.uint32(kept))
    again = round_trip(bits.view(np.float32), narrow_floats)
    np.testing.assert_array_equal(again.view(np.uint32), bits)


@pytest.mark.parametrize("wide", ["int32", "int64"])
@pytest.mark.parametrize("narrow", ["int8", "int16", "int32"])
def test_integers_are_as_narrow_as_their_extremes(wide, narrow):
    limits = np.iinfo(narrow)
    for extremes in ([limits.min, 0], [0, limits.max]):
        assert narrow_integers(np.array(extremes, wide)).dtype == narrow
    if narrow != wide:
        for beyond in (limits.min - 1, limits.max + 1):
            assert narrow_integers(np.array(beyond, wide)).itemsize > np.dtype(narrow).itemsize


@pytest.mark.parametrize(
    ("values", "stored"),
    [
        ([1, -0.0, 65504, 2**-24, np.inf], "float16"),
        ([1 + 2**-10], "float16"),
        ([1 + 2**-7, 2**-100], "uint16"),  # bfloat16
        ([3e38 - 3e38 % 2**121, 1], "uint16"),
        ([1 + 2**-11], "float32"),
        ([1 + 2**-10, 2**-100], "float32"),
    ],
)
def test_floats_are_in_16_bits_where_those_hold_all(values, stored):
    assert narrow_floats(np.array(values, np.float32)).dtype == stored


def test_what_is_no_float_or_integer_stays():
    for array in (np.ones(3, bool), np.ones(3, np.float64), np.ones(3, np.uint8)):
        assert narrow_integers(array) is array
        assert narrow_floats(array) is array


def test_a_number_without_axes_stays_an_array():
    for stored, dtype in ((np.uint16(0x4049), "float32"), (np.int8(3), "int64")):
        wide = widened(np.array(stored), dtype)
        assert type(wide) is np.ndarray
        assert (wide.shape, wide.dtype, int(wide)) == ((), dtype, 3)


def test_many_integers_stay_as_they_are():
    assert narrow_integers(np.zeros(MAX_BYTES // 8, np.int64)).dtype == "int8"
    many = np.zeros(MAX_BYTES // 8 + 1, np.int64)
    assert narrow_integers(many) is many


def test_a_program_runs_on_the_wide_form(rng):
    steps = (
        Step("gather", (1, 0), (3,), {"axis": 0}),
        Step("binary", (3, 2), (4,), {"kind": "mul"}),
    )
    inputs = (TensorInfo("i", "int64", (None,)),)
    values = rng.integers(-128, 128, 9)
    factors = [(np.array([2], np.int64), {}), (np.array([2], np.int8), {0: "int64", 1: "int64"})]
    indices = np.array([0, 8, 3, 3])
    for factor, widths in factors:
        table = values.astype("int8" if widths else "int64")
        program = CompiledProgram(ProgramSpec(inputs, (table, factor), steps, (4,), ("y",), widths))
        assert program.weight_bytes == 10 * factor.itemsize
        np.testing.assert_array_equal(program(indices), 2 * values[indices])
        loaded = ff.load(dump_model(program, "sequential", {}, {}, None))
        np.testing.assert_array_equal(loaded(indices), 2 * values[indices])
