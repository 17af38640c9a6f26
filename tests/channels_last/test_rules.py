"""Every op that works channels last, between two convolutions that do: the same results."""

import numpy as np
import pytest

from channels_last.graphs import CHANNELS, chain, conv, converted, image, layouts, run
from fourfold.graph.ir import Node
from fourfold.graph.passes import channels_last_choice

INT64 = {
    "images": [0],
    "channels": [1],
    "rows": [2],
    "spatial": [2, -1],
    "two": [-2, 1],
    "all": [0, 1, 2, 3],
    "begin": [1, 0],
    "end": [-1, 40],
    "step": [2, 1],
    "parts": [24, 40],
    "places": [3, 3, 0],
    "pads": [0, 0, 1, 2, 0, 0, 0, 1],
    "row_pads": [1, 2],
    "sizes": [2, CHANNELS, 9, 6],
    "last": [-1],
}

FLOAT32 = {
    "by_channel": (CHANNELS, 1, 1),
    "by_image": (1, CHANNELS, 1, 1),
    "by_column": (7,),
    "whole": (2, CHANNELS, 5, 7),
    "number": (),
    "one": (1,),
    "b": (CHANNELS,),
    "c": (CHANNELS,),
    "depthwise": (CHANNELS, 1, 3, 3),
    "spread": (CHANNELS, CHANNELS, 2, 3),
    "same": (CHANNELS, CHANNELS, 1, 1),
    "spread_bias": (CHANNELS,),
}


def constants(rng):
    made = {name: np.array(value, np.int64) for name, value in INT64.items()}
    for name, shape in FLOAT32.items():
        made[name] = rng.standard_normal(shape).astype(np.float32)
    made["w"] = 0.05 * rng.standard_normal((CHANNELS, CHANNELS, 3, 3)).astype(np.float32)
    made["positive"] = rng.uniform(0.5, 2, CHANNELS).astype(np.float32)
    made["scales"] = np.array([1, 1, 1.6, 2], np.float32)
    made["row_scales"] = np.array([2.5], np.float32)
    made["mask"] = rng.random((1, CHANNELS, 1, 7)) < 0.5
    return made


def binary(*inputs, kind="add"):
    return ("binary", inputs, {"kind": kind})


def reduction(axes, **attributes):
    return ("reduce", ("h0", axes), {"kind": "max", **attributes})


RESIZED = {"mode": "linear", "coordinate": "half_pixel"}
WINDOW = {"kernel_shape": (3, 2), "strides": (1, 2), "pads": (1, 0, 1, 1)}
SPREAD = {"kernel_shape": (2, 3), "strides": (2, 3)}

# The same bits, and one transpose on either side, or none where the result has no layout.
EXACT = {
    "unary": [("unary", ("h0",), {"kind": "exp"})],
    "activation": [("activation", ("h0",), {"kind": "elu", "alpha": 0.5})],
    "clip": [("clip", ("h0",), {"low": -0.5, "high": 0.5})],
    "cast": [("cast", ("h0",), {"to": "int32"})],
    "identity": [("identity", ("h0",), {})],
    "by channel": [binary("h0", "by_channel")],
    "of an image": [binary("by_image", "h0", kind="sub")],
    "by column": [binary("h0", "by_column", kind="mul")],
    "by whole": [binary("h0", "whole", kind="div")],
    "by number": [binary("number", "h0", kind="max")],
    "by one": [binary("h0", "one", kind="min")],
    "prelu": [binary("h0", "by_channel", kind="prelu")],
    "with itself": [binary("h0", "h0", kind="mul")],
    "where": [("where", ("mask", "h0", "number"), {})],
    "concat": [("concat", ("h0", "whole", "h0"), {"axis": 1})],
    "concat rows": [("concat", ("h0", "h0"), {"axis": -2})],
    "split": [Node("split", ("h0", "parts"), ("h1", "y"), {"axis": 1, "outputs": 2})],
    "gather": [("gather", ("h0", "places"), {"axis": -3})],
    "slice": [("slice", ("h0", "begin", "end", "two", "step"), {})],
    "slice by order": [("slice", ("h0", "begin", "end", "", ""), {})],
    "pad": [("pad", ("h0", "pads", "", ""), {"mode": "reflect"})],
    "pad rows": [("pad", ("h0", "row_pads", "number", "rows"), {})],
    "softmax": [("softmax", ("h0",), {"axis": 1, "kind": "softmax"})],
    "resize": [("resize", ("h0", "", "scales", ""), RESIZED)],
    "resize to sizes": [("resize", ("h0", "", "", "sizes"), {**RESIZED, "mode": "cubic"})],
    "resize rows": [("resize", ("h0", "", "row_scales", ""), {"axes": (2,)})],
    "reduce": [reduction("spatial")],
    "reduce channels": [reduction("channels", keepdims=0)],
    "reduce rows": [reduction("rows", keepdims=0)],
    "reduce to a matrix": [reduction("spatial", keepdims=0)],
    "reduce images": [reduction("images")],
    "reduce all": [reduction("")],
    "reduce to a number": [reduction("", keepdims=0)],
    "reduce none": [reduction("", noop_with_empty_axes=1)],
    "arg_reduce": [("arg_reduce", ("h0",), {"kind": "max", "axis": 1, "keepdims": 0})],
    "arg_reduce rows": [("arg_reduce", ("h0",), {"kind": "min", "axis": 2})],
    "squeeze": [reduction("rows"), ("squeeze", ("h1", "rows"), {})],
    "squeeze channels": [reduction("channels"), ("squeeze", ("h1", "channels"), {})],
    "squeeze both": [reduction("spatial"), ("squeeze", ("h1", "spatial"), {})],
    "squeeze rows of one": [("unsqueeze", ("h0", "rows"), {}), ("squeeze", ("h1", "rows"), {})],
    "unsqueeze": [("unsqueeze", ("h0", "last"), {})],
    "depthwise": [conv("h0", "depthwise", "b", group=CHANNELS, strides=(2, 1))],
    "max pool": [("pool", ("h0",), {"kind": "max", **WINDOW})],
    "average pool": [("pool", ("h0",), {"kind": "average", **WINDOW})],
    "global max": [("global_pool", ("h0",), {"kind": "max"})],
    "batch_norm": [("batch_norm", ("h0", "b", "c", "b", "positive"), {"epsilon": 1e-3})],
    "conv_transpose": [("conv_transpose", ("h0", "spread", "spread_bias"), SPREAD)],
    "without bias": [("conv_transpose", ("h0", "spread", ""), {**SPREAD, "activation": "relu"})],
    "of one point": [("conv_transpose", ("h0", "same", ""), {})],
    "shape": [("shape", ("h0",), {}), ("expand", ("number", "h1"), {})],
    "part of a shape": [("shape", ("h0",), {"start": 1, "end": -1})],
}

# These have to have it as it was.
STAYS = {
    "an op without a rule": [("cumulative", ("h0", "rows"), {"kind": "sum"})],
    "images reduced away": [reduction("images", keepdims=0)],
    "softmax by row": [("activation", ("h0",), {"kind": "softmax"})],
    "axes that are computed": [("identity", ("spatial",), {}), reduction("h1")],
    "a partner of less rank": [("identity", ("by_column",), {}), binary("h0", "h1")],
    "channels in groups": [("conv_transpose", ("h0", "spread", ""), {**SPREAD, "group": 2})],
    "windows that overlap": [("conv_transpose", ("h0", "spread", ""), {"strides": (1, 3)})],
    "a norm": [("pool", ("h0",), {"kind": "lp", **WINDOW})],
}


SUMS = {
    "global mean": [("global_pool", ("h0",), {"kind": "average"})],
    "sum": [reduction("spatial", kind="sum")],
    "mean of channels": [reduction("channels", kind="mean", keepdims=0)],
}


def graph_of(nodes, rng):
    """A convolution, and what follows it."""
    outputs = nodes[-1].outputs if isinstance(nodes[-1], Node) else None
    inputs = [image(None, CHANNELS, None, None)]
    return chain(conv("x"), *nodes, constants=constants(rng), inputs=inputs, outputs=outputs)


def feeds(rng):
    return {"x": rng.standard_normal((2, CHANNELS, 5, 7)).astype(np.float32)}


@pytest.fixture(autouse=True)
def _free_transposes(monkeypatch):
    for cost in ("TRANSPOSE", "VIEW"):
        monkeypatch.setattr(channels_last_choice, cost, 0)


@pytest.mark.parametrize("name", EXACT)
def test_the_same_bits(name, rng):
    graph, given = graph_of(EXACT[name], rng), feeds(rng)
    last = converted(graph, given)
    assert "h0" not in {name for node in last.nodes for name in node.inputs}
    for found, expected in zip(run(last, given), run(graph, given), strict=True):
        np.testing.assert_array_equal(found, expected, strict=True)


@pytest.mark.parametrize("name", SUMS)
def test_sums_in_another_order(name, rng):
    last = converted(graph_of(SUMS[name], rng), feeds(rng))
    assert "h0" not in {name for node in last.nodes for name in node.inputs}


@pytest.mark.parametrize("name", STAYS)
def test_stays_as_it_is(name, rng):
    graph = graph_of(STAYS[name], rng)
    last = converted(graph, feeds(rng))
    assert graph.nodes[-1] in last.nodes


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_images_of_any_number_of_axes(axes, rng):
    window = {"kernel_shape": (3,) * axes, "strides": (2,) * axes, "pads": (1, 0) * axes}
    given = constants(rng)
    for name, sizes in (("w", (3,)), ("depthwise", (3,)), ("spread", (2, 3, 2))):
        shape = given[name].shape[:2] + (sizes * axes)[:axes]
        given[name] = rng.standard_normal(shape).astype(np.float32)
    graph = chain(
        conv("x", **window),
        ("pool", ("h0",), {"kind": "max", "kernel_shape": (2,) * axes}),
        conv("h1", "depthwise", group=CHANNELS, **window),
        ("conv_transpose", ("h2", "spread", ""), {"strides": (2, 3, 2)[:axes]}),
        ("global_pool", ("h3",), {"kind": "max"}),
        constants=given,
        inputs=[image(None, CHANNELS, *(None,) * axes)],
        outputs=("h3", "h4"),
    )
    x = rng.standard_normal((2, CHANNELS, *(12, 15, 13)[:axes])).astype(np.float32)
    last = converted(graph, {"x": x})
    assert all(layouts(last))
    for found, expected in zip(run(last, {"x": x}), run(graph, {"x": x}), strict=True):
        np.testing.assert_array_equal(found, expected, strict=True)


def test_an_empty_batch(rng):
    nodes = [*EXACT["conv_transpose"], ("global_pool", ("h1",), {"kind": "max"})]
    graph = graph_of(nodes, rng)
    x = np.zeros((0, CHANNELS, 5, 7), np.float32)
    last = converted(graph, {"x": x})
    assert run(last, {"x": x})[0].shape == (0, CHANNELS, 1, 1)
