"""Which nodes go channels last, where the transposes come, and what values are then called."""

from collections import Counter

import numpy as np
import pytest

from channels_last.graphs import (
    CHANNELS,
    chain,
    conv,
    converted,
    image,
    layouts,
    ranks_of,
    transposes,
)
from fourfold.graph.ir import Node
from fourfold.graph.passes.channels_last import to_channels_last

BATCH = [image(None, CHANNELS, None, None)]
RELU = {"kind": "relu", "alpha": 0.0}
ROWS = {"kind": "sum"}  # of `cumulative`, which has no other layout


@pytest.fixture
def constants(rng):
    return {
        "w": 0.05 * rng.standard_normal((CHANNELS, CHANNELS, 3, 3)).astype(np.float32),
        "narrow": rng.standard_normal((1, CHANNELS, 3, 3)).astype(np.float32),
        "point": rng.standard_normal((CHANNELS, CHANNELS, 1, 1)).astype(np.float32),
        "depthwise": rng.standard_normal((CHANNELS, 1, 3, 3)).astype(np.float32),
        "row": np.array(2),
    }


@pytest.fixture
def feeds(rng):
    return {"x": rng.standard_normal((2, CHANNELS, 6, 6)).astype(np.float32)}


def perms(graph):
    return Counter(node.attributes["perm"] for node in transposes(graph))


IN, OUT = (0, 2, 3, 1), (0, 3, 1, 2)


def test_a_residual_block_has_a_transpose_on_either_side(constants, feeds):
    nodes = [
        conv("x"),
        ("activation", ("h0",), RELU),
        conv("h1"),
        ("binary", ("x", "h2"), {"kind": "add"}),
        ("activation", ("h3",), RELU),
    ]
    last = converted(chain(*nodes, constants=constants, inputs=BATCH), feeds)
    assert perms(last) == {IN: 1, OUT: 1}
    assert [node.op for node in last.nodes[1:-1]] == [op for op, _, _ in nodes]


def test_squeeze_and_excite_costs_nothing(constants, feeds):
    nodes = [
        conv("x"),
        ("global_pool", ("h0",), {"kind": "average"}),
        ("conv", ("h1", "point", ""), {"kernel_shape": (1, 1)}),
        ("activation", ("h2",), {"kind": "hard_sigmoid", "alpha": 0.2}),
        ("binary", ("h0", "h3"), {"kind": "mul"}),
        conv("h4"),
    ]
    last = converted(chain(*nodes, constants=constants, inputs=BATCH), feeds)
    assert all(layouts(last)) and perms(last) == {IN: 1, OUT: 1}


def test_all_who_read_the_other_layout_share_a_transpose(constants, feeds):
    nodes = [
        conv("x"),
        conv("x"),
        ("cumulative", ("h0", "row"), ROWS),
        ("cumulative", ("h0", "row"), {**ROWS, "reverse": 1}),
        conv("h0"),
    ]
    graph = chain(*nodes, constants=constants, inputs=BATCH, outputs=("h1", "h2", "h3", "h4", "h0"))
    last = converted(graph, feeds)
    assert all(layouts(last)) and perms(last) == {IN: 1, OUT: 3}


def test_what_does_not_pay_stays(constants, feeds):
    nodes = [
        ("cumulative", ("x", "row"), ROWS),
        conv("h0", "depthwise", group=CHANNELS),
        ("cumulative", ("h1", "row"), ROWS),
        ("pool", ("h2",), {"kind": "max", "kernel_shape": (2, 2)}),
        ("activation", ("h3",), RELU),
    ]
    graph = chain(*nodes, constants=constants, inputs=BATCH)
    assert converted(graph, feeds).nodes == graph.nodes


def test_a_cheap_op_between_others_goes_along(constants, feeds):
    nodes = [conv("x"), conv("h0", "depthwise", group=CHANNELS), conv("h1")]
    last = converted(chain(*nodes, constants=constants, inputs=BATCH), feeds)
    assert layouts(last) == [True] * 3 and len(transposes(last)) == 2


def test_transposes_of_the_graph_vanish_where_they_undo_a_layout(constants, feeds):
    nodes = [
        ("transpose", ("x",), {"perm": OUT}),
        conv("h0"),
        ("shape", ("h1",), {}),
        ("transpose", ("h1",), {"perm": IN}),
        ("activation", ("h3",), {"kind": "softmax"}),
        ("reshape", ("h4", "h2"), {}),
    ]
    channels_last = {"x": np.moveaxis(feeds["x"], 1, -1).copy()}
    inputs = [image(None, None, None, CHANNELS)]
    last = converted(chain(*nodes, constants=constants, inputs=inputs), channels_last)
    assert not transposes(last)


def test_a_transpose_of_another_kind_reads_either_layout(constants, feeds):
    nodes = [conv("x"), ("transpose", ("h0",), {"perm": (3, 0, 2, 1)})]
    last = converted(chain(*nodes, constants=constants, inputs=BATCH), feeds)
    assert perms(last) == {IN: 1, (2, 0, 1, 3): 1}


def test_axes_of_size_one_are_moved_by_views(constants, rng):
    gray = rng.standard_normal((CHANNELS, 1, 3, 3)).astype(np.float32)
    nodes = [conv("x", "gray"), conv("h0"), conv("h1", "narrow")]
    inputs = [image(None, 1, None, None)]
    graph = chain(*nodes, constants={**constants, "gray": gray}, inputs=inputs)
    last = converted(graph, {"x": rng.standard_normal((2, 1, 6, 6)).astype(np.float32)})
    assert all(layouts(last)) and not transposes(last)
    assert Counter(node.op for node in last.nodes) == {"conv": 3, "squeeze": 2, "unsqueeze": 2}


def test_a_pool_of_unknown_type_stays(constants, feeds):
    convert = {"to": "float64"}
    nodes = [
        conv("x"),
        ("cast", ("h0",), convert),
        ("pool", ("h1",), {"kind": "max", "kernel_shape": (2, 2)}),
        ("cast", ("h2",), {"to": "float32"}),
        ("global_pool", ("h3",), {"kind": "max"}),
        ("binary", ("h3", "h4"), {"kind": "add"}),
        conv("h5"),
    ]
    last = converted(chain(*nodes, constants=constants, inputs=BATCH), feeds)
    assert layouts(last) == [True, False, True, True]


def test_a_double_convolution_stays(constants, feeds):
    double = {name: array.astype(np.float64) for name, array in constants.items() if name == "w"}
    nodes = [("cast", ("x",), {"to": "float64"}), conv("h0"), conv("h1")]
    graph = chain(*nodes, constants=double, inputs=BATCH)
    assert converted(graph, feeds).nodes == graph.nodes


def test_a_residual_is_read_channels_last_too(constants, feeds):
    ranks = dict.fromkeys(("x", "h0", "h1", "h2"), 4)
    extra = {name: np.ones(CHANNELS, np.float32) for name in ("scale", "shift")}
    fused = Node("conv", ("h0", "w", "", "x", "scale", "shift"), ("h1",), conv("")[2])
    graph = chain(conv("x"), fused, conv("h1"), constants={**constants, **extra}, inputs=BATCH)
    last, _ = to_channels_last(graph, ranks)
    assert last.nodes[2].inputs == ("h0.nhwc", "w", "", "x.nhwc", "scale", "shift")
    assert len(transposes(last)) == 2


def test_outputs_keep_their_names_however_they_are_made(constants, feeds):
    nodes = [
        conv("x"),
        ("transpose", ("h0",), {"perm": IN}),
        ("transpose", ("h1",), {"perm": OUT}),
        ("activation", ("h2",), RELU),
    ]
    outputs = ("h3", "h1", "h0", "h2", "x", "h1", "point")
    graph = chain(*nodes, constants=constants, inputs=BATCH, outputs=outputs)
    last, _ = to_channels_last(graph, ranks_of(graph, feeds))
    made = Counter(name for node in last.nodes for name in node.outputs)
    assert last.outputs == outputs and max(made.values()) == 1
    assert {"h0", "h1", "h2", "h3"} <= made.keys()


def test_names_that_are_taken_stay_with_their_owners(constants, feeds):
    taken = Node("activation", ("h0",), ("h0.nhwc",), RELU)
    nodes = [conv("x"), taken, conv("h0.nhwc")]
    graph = chain(*nodes, constants=constants, inputs=BATCH, outputs=("h0.nhwc", "h2"))
    _, origin = to_channels_last(graph, ranks_of(graph, feeds))
    assert origin["h0.nhwc_"] == "h0" and origin["h0.nhwc.nhwc"] == "h0.nhwc"
    converted(graph, feeds)


def test_a_value_of_unknown_rank_is_left_alone(constants, feeds):
    graph = chain(conv("x"), conv("h0"), constants=constants, inputs=BATCH)
    last, origin = to_channels_last(graph, {})
    assert last.nodes == graph.nodes and not origin
