"""Which values are int8: rule by rule, on small graphs; and that the results stay close."""

import numpy as np
import pytest

from static_int8.graphs import CHANNELS, Drawing, Int8


@pytest.fixture
def drawing(rng):
    return Drawing(rng)


def test_between_convolutions_values_are_int8(drawing):
    drawing.conv("x", "a", activation="relu")
    drawing.conv("a", "b", group=CHANNELS)
    drawing.conv("b", "y", size=1)
    found = Int8(drawing, "y")
    assert set(found.scales) == {"a", "b"}
    assert found.ops() == ["conv"] * 3
    first, second, last = (node.attributes for node in found.graph.nodes)
    assert "input_scale" in first  # which reads float32
    assert first["output_scale"] == second["input_scale"] == found.scales["a"]
    assert last["input_scale"] == found.scales["b"]
    assert "output_scale" not in last
    assert found.error() < 0.03


def test_a_residual_is_int8(drawing):
    drawing.conv("x", "a", activation="relu")
    drawing.conv("a", "b", activation="relu")
    drawing.conv("b", "c", residual="a", activation="relu")
    drawing.conv("c", "y")
    found = Int8(drawing, "y")
    assert set(found.scales) == {"a", "b", "c"}
    assert found.graph.nodes[2].attributes["residual_scale"] == found.scales["a"]
    assert found.error() < 0.03


def test_a_sum_with_its_activation_is_one_step(drawing):
    drawing.conv("x", "a")
    drawing.conv("x", "b")
    drawing.node("add", "a", "b", out="s")
    drawing.node("activation", "s", out="r", kind="relu")
    drawing.conv("r", "y")
    found = Int8(drawing, "y")
    assert found.ops() == ["quantize_s8", "conv", "conv", "binary_s8", "conv"]
    assert set(found.scales) == {"x", "a", "b", "r"}
    assert found.graph.nodes[3].attributes == {
        "kind": "add",
        "activation": "relu",
        **found.forms.values["a"].attributes("a_"),
        **found.forms.values["b"].attributes("b_"),
        **found.forms.values["r"].attributes("output_"),
    }
    assert found.error() < 0.03


def test_a_gate_per_channel_stays_float(drawing):
    drawing.conv("x", "a", activation="relu")
    drawing.node("global_pool", "a", out="p", kind="average", layout="nhwc")
    drawing.conv("p", "g", size=1, activation="sigmoid")
    drawing.node("binary", "a", "g", out="m", kind="mul")
    drawing.conv("m", "y")
    found = Int8(drawing, "y")
    assert set(found.scales) == {"a", "p", "m"}
    assert found.ops() == ["conv", "global_pool", "conv", "binary_s8", "conv"]
    assert found.graph.nodes[1].attributes["input_scale"] == found.scales["a"]
    assert found.error() < 0.03


def test_elements_that_move_keep_one_scale(drawing):
    drawing.conv("x", "a", activation="relu")
    drawing.conv("a", "b")
    window = {"kernel_shape": (2, 2), "strides": (2, 2), "layout": "nhwc"}
    drawing.node("pool", "b", out="p", kind="max", **window)
    scales = drawing.constant("scales", np.array([2, 2], np.float32))
    drawing.node("resize", "p", "", scales, "", out="r", axes=(1, 2), mode="nearest")
    drawing.node("pool", "a", out="q", kind="max", **window)
    drawing.node("resize", "q", "", scales, "", out="t", axes=(1, 2), mode="nearest")
    drawing.node("concat", "r", "t", out="c", axis=3)
    pads = drawing.constant("pads", np.array([1, 1], np.int64))
    zero = drawing.constant("zero", np.array(0, np.float32))
    axes = drawing.constant("axes", np.array([2], np.int64))
    drawing.node("pad", "c", pads, zero, axes, out="d")
    drawing.conv("d", "y", channels=2 * CHANNELS)
    found = Int8(drawing, "y", size=8)
    assert set(found.scales) == {"a", "b", "p", "q", "r", "t", "c", "d"}
    assert len(set(found.scales.values())) == 1
    assert not {"dequantize_s8", "quantize_s8"} & set(found.ops())
    assert found.error() < 0.03


def concatenated(drawing):
    """An int8 value beside one of float32 arithmetic, for convolutions."""
    drawing.conv("x", "a")
    scales = drawing.constant("scales", np.array([1, 1], np.float32))
    drawing.node("resize", "a", "", scales, "", out="r", axes=(1, 2), mode="linear")
    drawing.conv("x", "b")
    drawing.node("concat", "b", "r", out="c", axis=3)
    drawing.conv("c", "y", channels=2 * CHANNELS)


def test_float_arithmetic_is_quantized_where_only_convolutions_read(drawing):
    concatenated(drawing)
    found = Int8(drawing, "y")
    assert set(found.scales) == {"x", "b", "r", "c"}
    assert found.ops() == ["quantize_s8", "conv", "resize", "quantize_s8", "conv", "concat", "conv"]
    assert found.error() < 0.03


def test_a_group_that_others_read_is_float(drawing):
    concatenated(drawing)
    drawing.node("softmax", "c", out="p", axis=3, kind="softmax")
    found = Int8(drawing, "y", "p")
    assert set(found.scales) == {"x"}
    assert found.graph.nodes[-2].attributes["input_scale"] > 0
    assert found.error() < 0.03


def test_an_input_is_quantized_before_it_is_turned(drawing):
    drawing.node("transpose", "x", out="t", perm=(0, 2, 1, 3))
    drawing.conv("t", "y")
    found = Int8(drawing, "y")
    assert found.ops() == ["quantize_s8", "transpose", "conv"]
    assert found.error() < 0.03


def test_functions_of_one_value_are_a_table(drawing):
    drawing.conv("x", "a")
    half = drawing.constant("half", np.full((1, 1, 1, 1), 0.5, np.float32))
    drawing.node("unary", "a", out="s", kind="sigmoid")
    drawing.node("binary", "a", "s", out="m", kind="mul")
    drawing.node("binary", half, "m", out="h", kind="sub")
    drawing.node("clip", "h", out="c", low=-1.0, high=1.0)
    drawing.conv("c", "y")
    found = Int8(drawing, "y")
    assert found.ops() == ["conv", "lookup", "conv"]
    assert set(found.scales) >= {"a", "c"}
    assert found.error() < 0.03
    a, c = (found.forms.values[name] for name in "ac")
    q = a.values().astype(float)
    exact = np.clip(0.5 - q / (1 + np.exp(-q)), -1, 1) / c.scale + c.zero
    table = found.graph.constants[found.graph.nodes[1].inputs[1]]
    assert table.dtype == np.int8
    assert np.abs(table - np.clip(exact, -128, 127)).max() < 0.501


def test_float_readers_get_it_dequantized_once(drawing):
    drawing.conv("x", "a")
    drawing.conv("a", "y")
    drawing.node("softmax", "a", out="p", axis=3, kind="softmax")
    drawing.node("unary", "a", out="e", kind="exp")
    found = Int8(drawing, "y", "p", "e")
    assert set(found.scales) == {"a"}
    assert found.ops().count("dequantize_s8") == 1
    assert found.error() < 0.03


def test_an_output_of_the_graph_is_not_rounded(drawing):
    drawing.conv("x", "a")
    drawing.conv("a", "y")
    found = Int8(drawing, "y", "a")
    assert not found.scales
    assert found.graph.nodes[1].attributes["input_scale"] > 0
    assert found.error() < 0.03


def test_what_only_float_reads_is_float(drawing):
    drawing.conv("x", "a")
    drawing.node("unary", "a", out="s", kind="sigmoid")
    drawing.node("softmax", "s", out="y", axis=3, kind="softmax")
    found = Int8(drawing, "y")
    assert not found.scales
    assert found.ops() == ["conv", "unary", "softmax"]


def test_steep_functions_are_not_tabled(drawing):
    drawing.conv("x", "a")
    drawing.node("unary", "a", out="e", kind="exp")
    drawing.conv("e", "y")
    found = Int8(drawing, "y")
    assert not found.scales
    assert found.ops() == ["conv", "unary", "conv"]


def test_integers_are_left_alone(drawing):
    drawing.conv("x", "a")
    drawing.node("shape", "a", out="n")
    drawing.node("binary", "n", "n", out="m", kind="add")
    drawing.conv("a", "y")
    found = Int8(drawing, "y", "m")
    assert set(found.scales) == {"a"}
    assert "dequantize_s8" not in found.ops()
    np.testing.assert_array_equal(found.program(found.x)[1], [4, 18, 18, 16])
