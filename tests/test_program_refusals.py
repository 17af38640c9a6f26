"""Bad programs are refused when they are built, by a sentence that names the step."""

import numpy as np
import pytest

from fourfold import _core
from program_parts import FLOAT_ROWS, linear_s8_constants

PACKED = _core.pack_s8(np.ones((8, 5), np.int8))
PACKED_F32 = _core.pack_f32(np.ones((8, 5), np.float32))
COLUMNS = np.ones(16, np.float32)


def build(steps, outputs=(4,), inputs=(FLOAT_ROWS,), constants=(PACKED, COLUMNS, COLUMNS)):
    return _core.Program(inputs, constants, steps, outputs)


def linear(inputs=(0, 1, 2, 3), outputs=(4,), **changes):
    attributes = {"depth": 8, "columns": 5, "activation": "relu", "alpha": 0.0} | changes
    return ("linear_s8", inputs, outputs, {k: v for k, v in attributes.items() if v is not None})


def test_the_program_that_the_bad_ones_differ_from_is_good():
    assert build([linear()])(np.zeros((2, 8))).shape == (2, 5)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([("linear_s9", (0,), (4,), {})], r"step 0 \(linear_s9\): unknown op.*linear_s8"),
        ([linear(inputs=(0, 1, 2))], r"expected 4 inputs \(x, weight, .*received 3"),
        ([linear(inputs=(0,) * 4097)], "at most 4096 inputs"),
        ([linear(outputs=())], "expected 1 outputs, received 0"),
        ([linear(outputs=(4, 5))], "expected 1 outputs, received 2"),
        ([linear(outputs=(5,))], "next value, 4, received 5"),
        ([linear(outputs=(0,))], "next value, 4, received 0"),
        ([linear(inputs=(4, 1, 2, 3))], "expected a value below 4, received 4"),
        ([linear(inputs=(2**62, 1, 2, 3))], "expected a value below 4"),
        ([linear(inputs=(-1, 1, 2, 3))], "0 or more, received -1"),
        ([linear(inputs=(0, 0, 2, 3))], "weight: expected a constant"),
        (
            [linear(inputs=(0, 2, 2, 3))],
            r"weight: expected int8 \(1, 16, 16, 4\) or int8 \(8, 5\), received fl",
        ),
        ([linear(inputs=(0, 1, 1, 3))], r"column_scales: expected float32 \(16,\), received int8"),
        ([linear(inputs=(2, 1, 2, 3))], r"x: expected float32 \(\.\.\., 8\), received.*\(16,\)"),
        ([linear(depth=None)], "'depth' is missing"),
        ([linear(depth=0)], "'depth': expected 1 to 65536, received 0"),
        ([linear(depth=65537)], "'depth': expected 1 to 65536"),
        ([linear(depth=65)], r"expected int8 \(1, 32, 16, 4\)"),
        ([linear(depth=7)], "x: expected float32"),
        ([linear(columns=0)], "'columns': expected 1 to"),
        ([linear(columns=17)], r"expected int8 \(2, 16, 16, 4\)"),
        ([linear(columns=2**62)], "'columns': expected 1 to"),
        ([linear(activation="softmax")], "activation: expected one of identity, .*'softmax'"),
        ([linear(activation="")], "activation: expected one of"),
        ([linear(beta=1.0)], "unknown attribute 'beta'; expected depth, columns"),
        (
            [linear(), linear(outputs=(5,)), ("add", (4, 0), (6,), {})],
            r"step 2 \(add\): .*broadcast",
        ),
        ([("activation", (0,), (4,), {"kind": "relu6"})], "activation: expected one of"),
        ([("activation", (0,), (4,), {})], "'kind' is missing"),
        ([("activation", (1,), (4,), {"kind": "relu"})], "x: expected float32.*received int8"),
        ([("affine", (0, 2, 2, 2), (4,), {})], r"shift: expected float32 \(8,\)"),
        ([("clip", (0,), (4,), {"low": 1, "high": 0})], "low 1, high 0"),
        ([("clip", (0,), (4,), {"low": float("nan"), "high": 0})], "low nan"),
        ([("normalize", (0,), (4,), {"norm": "l3"})], "norm: expected one of l1, l2, max"),
        ([("add", (0, 1), (4,), {})], "b: expected float32"),
        ([linear()] * 16385, "at most 16384 steps"),
    ],
)
def test_bad_steps(steps, message):
    with pytest.raises(ValueError, match=message):
        build(steps)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"depth": 8.0}, "'depth': expected an integer, received a float"),
        ({"depth": "8"}, "'depth': expected an integer, received a string"),
        ({"depth": 2**70}, "'depth': expected an integer"),
        ({"activation": 1}, "'activation': expected a string, received an integer"),
        ({"alpha": "x"}, "'alpha': expected a number, received a string"),
        ({"alpha": [1]}, "'alpha': expected a number, received integers"),
        ({"alpha": [0.5]}, "'alpha': expected a number, received floats"),
        ({"alpha": [1, "x"]}, "incompatible constructor arguments"),
    ],
)
def test_attributes_of_the_wrong_kind(changes, message):
    with pytest.raises(TypeError, match=message):
        build([linear(**changes)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"outputs": ()}, "at least one"),
        ({"outputs": (5,)}, "outputs: expected a value below 5, received 5"),
        ({"outputs": (-1,)}, "received -1"),
        ({"inputs": [("x", "complex64", (None, 8))]}, "dtype: expected one of float32, int8,"),
        ({"inputs": [("x", "float32", (None, -8))]}, "x: expected sizes of 0 or more"),
        ({"inputs": [("x", "float32", (None,) * 9)]}, "at most 8 dimensions"),
        ({"inputs": [("x", "float32", (8,))]}, "x: expected float32"),
        (
            {"constants": (PACKED, COLUMNS, np.ones(16))},
            "bias: expected float32 .*received float64",
        ),
        ({"constants": (PACKED, COLUMNS, np.ones(16, complex))}, "constant 2: .*complex128"),
        ({"constants": (PACKED, COLUMNS, COLUMNS.astype(">f4"))}, "constant 2: .*dtype >f4"),
        ({"constants": (PACKED[:, :, :, ::-1], COLUMNS, COLUMNS)}, "constant 0: .*C-contiguous"),
        ({"constants": (PACKED, COLUMNS[:15], COLUMNS)}, r"received float32 \(15,\)"),
        ({"constants": (PACKED.reshape(1, 8, 32, 4), COLUMNS, COLUMNS)}, "weight: expected"),
        ({"constants": (PACKED.reshape((1,) * 6 + (-1, 1, 1)), COLUMNS, COLUMNS)}, "at most 8"),
    ],
)
def test_bad_programs(arguments, message):
    with pytest.raises(ValueError, match=message):
        build([linear()], **arguments)


def test_unaligned_constants_are_refused():
    unaligned = np.zeros(65, np.uint8)[1:].view(np.float32)
    with pytest.raises(ValueError, match=r"constant 1: .*aligned"):
        build([linear()], constants=(PACKED, unaligned, COLUMNS))


def test_float_weights_are_checked_as_well():
    for weight, attributes in [
        (PACKED_F32, {"depth": 9, "columns": 5}),
        (PACKED_F32, {"depth": 8, "columns": 17}),
        (PACKED_F32.reshape(1, 16, 8), {"depth": 8, "columns": 5}),
    ]:
        with pytest.raises(ValueError, match=r"weight: expected float32 \("):
            build(
                [("linear_f32", (0, 1, 2), (3,), attributes)],
                outputs=(3,),
                constants=(weight, COLUMNS),
            )


def test_odd_scales_and_biases_do_no_harm(rng):
    weight, scales, bias = linear_s8_constants(rng, 8, 5)
    scales[:3] = np.nan, np.inf, -np.inf
    bias[3] = np.nan
    result = build([linear()], constants=(weight, scales, bias))(np.ones((2, 8)))
    assert np.isnan(result[:, 0]).all()
    assert np.isnan(result[:, 3]).all()
    assert np.isfinite(result[:, 4]).all()


def test_packing_refuses_what_the_kernels_cannot_take():
    with pytest.raises(ValueError, match="-127 to 127, received -128"):
        _core.pack_s8(np.array([[1, -128]], np.int8))
    with pytest.raises(ValueError, match=r"weight: expected shape \(rows, any\), received \(3,\)"):
        _core.pack_s8(np.zeros(3, np.int8))
    with pytest.raises(TypeError):
        _core.pack_s8(np.zeros((3, 3), np.int16))
    with pytest.raises(ValueError, match="packed: expected shape"):
        _core.unpack_s8(PACKED, 65, 5)
    with pytest.raises(ValueError, match="packed: expected shape"):
        _core.unpack_f32(PACKED_F32, 8, 17)
