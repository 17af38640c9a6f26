"""Channels of very different ranges before convolutions by channel."""

import numpy as np
import pytest

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.passes.lower import lower
from fourfold.quantization.equalize import equalize_channels
from static_int8.graphs import CHANNELS, Drawing, Int8

UNEVEN = (10 ** (-np.arange(CHANNELS) / 2)).astype(np.float32)[:, None, None, None]


@pytest.fixture(params=["identity", "relu", "hard_swish"])
def drawing(request, rng):
    """A convolution with uneven channels, and one by channel that makes them even again."""
    made = Drawing(rng)
    made.conv("x", "a", activation=request.param)
    made.constants["a.w"] *= UNEVEN
    made.constants["a.b"] *= UNEVEN[:, 0, 0, 0]
    made.conv("a", "y", group=CHANNELS)
    made.constants["y.w"] /= UNEVEN
    return made


def run(graph, x):
    return CompiledProgram(lower(graph, {}))(x)


def equalized(drawing, outputs, x):
    return equalize_channels(drawing.graph(*outputs), drawing.int8, [[x]])[0]


def test_the_float_graph_keeps_its_bits_and_int8_gains(drawing, rng):
    x = rng.normal(size=(2, 9, 9, CHANNELS)).astype(np.float32)
    graph = equalized(drawing, ["y"], x)
    assert graph != drawing.graph("y")
    np.testing.assert_array_equal(run(graph, x), run(drawing.graph("y"), x))
    before = Int8(drawing, "y").error()
    drawing.nodes, drawing.constants = list(graph.nodes), dict(graph.constants)
    after = Int8(drawing, "y").error()
    assert after < 0.03 < before


def test_factors_go_behind_a_residual_and_into_a_scale_that_is_there(rng):
    drawing = Drawing(rng)
    drawing.conv("x", "a", residual="x", activation="relu")
    drawing.conv("a", "y", group=CHANNELS)
    x = rng.normal(size=(1, 5, 5, CHANNELS)).astype(np.float32) * UNEVEN.reshape(-1)
    graph = equalized(drawing, ["y"], x)
    np.testing.assert_array_equal(run(graph, x), run(drawing.graph("y"), x))
    assert np.ptp(graph.constants[graph.nodes[0].inputs[4]]) > 0
    assert not graph.constants[graph.nodes[0].inputs[5]].any()
    scaled = Drawing(rng)
    scaled.nodes, scaled.constants, scaled.int8 = list(graph.nodes), graph.constants, drawing.int8
    again = equalized(scaled, ["y"], x * UNEVEN.reshape(-1))
    x = x * UNEVEN.reshape(-1)
    np.testing.assert_array_equal(run(again, x), run(drawing.graph("y"), x))


def test_other_readers_prevent_it(rng):
    x = rng.normal(size=(1, 5, 5, CHANNELS)).astype(np.float32)
    for reader in ("dense", "residual", "output", "softmax"):
        drawing = Drawing(rng)
        drawing.conv("x", "a")
        drawing.constants["a.w"] *= UNEVEN
        more = {"residual": "a"} if reader == "residual" else {}
        drawing.conv("a", "y", group=CHANNELS, **more)
        if reader == "dense":
            drawing.conv("a", "z")
        if reader == "softmax":
            drawing.node("softmax", "a", out="z", axis=3, kind="softmax")
        outputs = {"output": ["y", "a"], "residual": ["y"]}.get(reader, ["y", "z"])
        assert equalized(drawing, outputs, x).nodes == drawing.graph(*outputs).nodes


def test_dead_channels_stay_as_they_are(rng):
    drawing = Drawing(rng)
    drawing.conv("x", "a", activation="relu")
    drawing.constants["a.b"][2] = -1000
    drawing.conv("a", "y", group=CHANNELS)
    x = rng.normal(size=(1, 5, 5, CHANNELS)).astype(np.float32)
    graph = equalized(drawing, ["y"], x)
    np.testing.assert_array_equal(run(graph, x), run(drawing.graph("y"), x))
    assert graph.constants[graph.nodes[0].inputs[2]][2] == -1000
