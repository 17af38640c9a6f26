"""INT8 weights, packed or plain: the same bits, and nothing in between."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fourfold as ff
import reference
from fourfold import _core
from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import TensorInfo
from fourfold.graph.passes.stored import store_s8
from fourfold.graph.program import ProgramSpec, Step
from fourfold.model_file import dump_model
from ops.conv_s8_layers import F32, int8, random_layer, with_everything
from ops.one_op import run_op
from ops.recurrent_layers import Layer as RecurrentLayer

DEPTHS = (1, 3, 4, 5, 12, 63, 64, 65)
COLUMNS = (1, 10, 15, 16, 17)


@given(depth=st.integers(1, 5000), columns=st.integers(1, 5000))
def test_stored_plain_where_packed_is_more_than_an_eighth_larger(depth, columns):
    packed = reference.round_up(depth, 64) * reference.round_up(columns, 16)
    shape = _core.stored_s8_shape(depth, columns)
    if packed / (depth * columns) > 1.125:
        assert shape == (depth, columns)
    else:
        assert len(shape) == 4
        assert np.prod(shape) == packed


def test_stored_as_its_shape_says(rng):
    for depth, columns in ((12, 10), (64, 16), (63, 15), (128, 1)):
        weight = int8(rng, depth, columns)
        stored = store_s8(weight)
        assert stored.shape == _core.stored_s8_shape(depth, columns)
        whole = reference.pack_s8(weight) if stored.ndim == 4 else weight
        np.testing.assert_array_equal(stored, whole)


def linear_constants(rng, depth, columns):
    """Weight, scales and bias, plain."""
    scales = rng.uniform(0.001, 0.01, columns).astype(F32)
    return [int8(rng, depth, columns), scales, rng.standard_normal(columns, F32)]


def packed_constants(weight, scales, bias):
    return [reference.pack_s8(weight), *map(reference.pad_columns, (scales, bias))]


@pytest.mark.parametrize("depth", DEPTHS)
def test_linear_layers(isa, rng, depth):
    for columns in COLUMNS:
        plain = linear_constants(rng, depth, columns)
        for rows, bits in ((1, 8), (9, 8), (70, 16)):
            x = rng.standard_normal((rows, depth), F32)
            sizes = {"depth": depth, "columns": columns, "activation_bits": bits}
            one, other = (
                run_op("linear_s8", x, *constants, constants=(1, 2, 3), **sizes)
                for constants in (plain, packed_constants(*plain))
            )
            reference.assert_same_bits(one, other)


@pytest.mark.parametrize("channels", [1, 3, 4, 5, 12, 64, 65])
def test_convolutions(isa, rng, channels):
    for groups, filters, window in ((1, 10, 1), (1, 17, 3), (2, 16, 1), (3, 15, 2)):
        layer = random_layer(rng, groups * channels, groups * filters, (window,), group=groups)
        x = int8(rng, 2, 9, groups * channels)
        layer = with_everything(rng, layer, x)
        expected = layer.expected(x)
        for store in (lambda weight: weight, reference.pack_s8):
            reference.assert_same_bits(replace(layer, store=store).run(x), expected)


def test_a_scale_behind_a_convolution_without_a_shift(isa, rng):
    for op_channels in (5, 16):
        layer = random_layer(rng, op_channels, 7, (3,), activation="hard_swish")
        x = int8(rng, 1, 8, op_channels)
        scale, no_shift = rng.standard_normal(7, F32), np.zeros(7, F32)
        expected = replace(layer, post=(scale, no_shift)).run(x)
        reference.assert_same_bits(replace(layer, post=(scale, None)).run(x), expected)


@pytest.mark.parametrize("op", ["lstm", "gru"])
@pytest.mark.parametrize("hidden", [1, 15, 16, 17, 64])
def test_recurrent_layers(isa, op, hidden):
    for depth, direction in ((1, "forward"), (12, "bidirectional"), (65, "reverse")):
        options = {"linear_before_reset": 1} if op == "gru" else {}
        sizes = {"depth": depth, "hidden": hidden, "direction": direction, "options": options}
        layers = [RecurrentLayer(op, **sizes, plain=plain) for plain in (False, True)]
        for one, other in zip(*(layer.run_s8() for layer in layers), strict=True):
            reference.assert_same_bits(one, other)


@pytest.mark.parametrize(("depth", "columns"), [(12, 10), (65, 1), (64, 16)])
def test_through_a_mapped_file(isa, rng, tmp_path, depth, columns):
    plain = linear_constants(rng, depth, columns)
    attributes = {"depth": depth, "columns": columns}
    step = Step("linear_s8", (0, 1, 2, 3), (4,), attributes, "linear")
    inputs = (TensorInfo("x", "float32", (None, depth)),)
    x = rng.standard_normal((5, depth), F32)
    outputs = []
    for number, constants in enumerate((plain, packed_constants(*plain))):
        program = CompiledProgram(ProgramSpec(inputs, tuple(constants), (step,), (4,), ("y",)))
        path = tmp_path / f"{number}.ff"
        path.write_bytes(dump_model(program, "sequential", {}, {}, None))
        outputs += [program(x), ff.load(path, verify=True)(x)]
    for output in outputs[1:]:
        reference.assert_same_bits(output, outputs[0])


@pytest.mark.parametrize(
    ("weight", "per_column"),
    [
        ((12, 11), 10),  # another width
        ((11, 10), 10),  # another depth
        ((10, 12), 10),  # turned
        ((1, 16, 10, 4), 16),  # columns of a packed one, not padded
        ((1, 3, 16, 4), 16),  # depth of a packed one, padded to 4
        ((3, 10, 4), 10),
        ((120,), 10),
    ],
)
def test_refuses_what_is_neither(weight, per_column):
    floats = np.ones(per_column, F32)
    with pytest.raises(ValueError, match=r"weight: expected int8 \(1, 16, 16, 4\) or int8 \(12, 1"):
        run_op(
            "linear_s8",
            *(np.ones((2, 12), F32), np.zeros(weight, np.int8), floats, floats),
            constants=(1, 2, 3),
            depth=12,
            columns=10,
        )


@pytest.mark.parametrize("is_plain", [False, True])
def test_values_by_column_are_padded_as_the_weight_is(rng, is_plain):
    plain = linear_constants(rng, 12, 10)
    weight, scales, bias = packed_constants(*plain) if is_plain else plain
    mixed = [plain[0] if is_plain else reference.pack_s8(weight), scales, bias]
    expected = 10 if is_plain else 16
    x = np.ones((2, 12), F32)
    with pytest.raises(ValueError, match=rf"column_scales: expected float32 \({expected},\)"):
        run_op("linear_s8", x, *mixed, constants=(1, 2, 3), depth=12, columns=10)


@pytest.mark.parametrize(
    "shape", [(2, 12, 10), (1, 12, 11), (12, 10), (1, 1, 12, 10), (1, 1, 3, 16, 4)]
)
def test_refuses_filters_that_are_neither(shape):
    floats = np.ones((1, 10), F32)
    arrays = (np.ones((1, 5, 4), np.int8), np.zeros(shape, np.int8), floats, floats)
    sizes = {"kernel_shape": (3,), "channels": 4, "filters": 10, "input_scale": 1.0}
    expected = r"weight: expected int8 \(1, 1, 16, 16, 4\) or int8 \(1, 12, 10\)"
    with pytest.raises(ValueError, match=expected):
        run_op("conv_s8", *arrays, constants=(1, 2, 3), **sizes)
