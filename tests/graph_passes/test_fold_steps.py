"""Constants behind a layer, into its weights and bias."""

import numpy as np
import pytest

from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.graph.passes.fold_steps import MAX_SCALE, fold_steps
from layer_graphs import binary, graph_of, layer, x_for
from program_pairs import applied, assert_same_results, kinds

OPS = ["linear", "conv", "conv_transpose"]


def along(op):
    return "sixes" if op == "linear" else "planes"


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("bias", ["b", ""])
@pytest.mark.parametrize("kind", ["mul", "add", "sub", "div"])
@pytest.mark.parametrize("constant", ["half", "one", "along", "batch"])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_step_is_folded(op, bias, kind, constant, swapped, rng):
    constant = along(op) if constant == "along" else constant
    operands = (constant, "h") if swapped else ("h", constant)
    before = graph_of(op, [layer(op, bias=bias), binary(kind, *operands, "y")])
    after = applied(fold_steps, before)
    assert kinds(after) == ([op, "div"] if kind == "div" and swapped else [op])
    assert after.nodes[0].name == "h"
    assert_same_results(before, after, x_for(op, rng), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("op", ["conv", "conv_transpose"])
@pytest.mark.parametrize("group", [1, 2])
def test_a_chain_is_folded_and_rounded_once(op, group, rng):
    norm = ("scale", "shift", "mean", "variance")
    nodes = [
        layer(op, group=group),
        binary("mul", "half", "h", "i"),
        binary("add", "i", "planes", "j"),
        Node("batch_norm", ("j", *norm), ("k",), {"epsilon": 1e-3}),
        binary("sub", "one", "k", "l"),
        binary("div", "l", "batch", "y"),
    ]
    statistics = {name: rng.uniform(0.5, 2, 6) for name in norm}
    before = graph_of(op, nodes, group=group, **statistics)
    after = applied(fold_steps, before)
    assert kinds(after) == [op]
    assert len(after.constants) == 2
    assert_same_results(before, after, x_for(op, rng), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize(
    "nodes",
    [
        lambda op: [layer(op), binary("mul", "h", "h", "y")],
        lambda op: [layer(op), binary("mul", "h", "half", "i"), binary("add", "h", "i", "y")],
        lambda op: [layer(op), binary("pow", "h", "half", "y")],
        lambda op: [layer(op), binary("mul", "h", "row", "y")],  # along another axis
        lambda op: [layer(op), binary("mul", "h", "deep", "y")],  # would raise the rank
        lambda op: [layer(op), binary("mul", "h", "infinite", "y")],
        lambda op: [layer(op), binary("mul", "h", "huge", "y")],
        lambda op: [layer(op), binary("div", "h", "zero", "y")],
        lambda op: [layer(op, bias="x"), binary("mul", "h", "half", "y")],
        lambda op: [layer(op, weight="x"), binary("mul", "h", "half", "y")],
        lambda op: [activated(op), binary("mul", "h", "half", "y")],
    ],
)
def test_what_stays(op, nodes):
    row = np.ones((3, 1)) if op == "linear" else np.ones(7)
    constants = {"row": row, "deep": np.ones((1, 1, 1, 1, 1)), "huge": 2 * MAX_SCALE}
    before = graph_of(op, nodes(op), infinite=np.inf, zero=0, **constants)
    assert applied(fold_steps, before).nodes == before.nodes


def activated(op):
    node = layer(op)
    return Node(op, node.inputs, node.outputs, {**node.attributes, "activation": "relu"})


@pytest.mark.parametrize("op", OPS)
def test_what_others_read_stays(op):
    nodes = [layer(op), binary("mul", "h", "half", "y")]
    before = graph_of(op, nodes, outputs=("y", "h"))
    assert applied(fold_steps, before).nodes == before.nodes


@pytest.mark.parametrize("op", OPS)
def test_a_shared_weight_takes_no_factor_and_stays_one(op, rng):
    def both(kind):
        nodes = [layer(op), layer(op, result="i"), binary(kind, "h", "half", "j")]
        return graph_of(op, [*nodes, binary("add", "i", "j", "y")])

    assert applied(fold_steps, both("mul")).nodes == both("mul").nodes
    added = applied(fold_steps, both("add"))
    assert kinds(added) == [op, op, "add"]
    assert {node.inputs[1] for node in added.nodes[:2]} == {"w"}
    assert_same_results(both("add"), added, x_for(op, rng), rtol=1e-5, atol=1e-5)


def test_a_float64_layer_stays():
    nodes = (layer("conv"), binary("mul", "h", "half", "y"))
    constants = graph_of("conv", nodes).constants
    doubles = {name: array.astype(np.float64) for name, array in constants.items()}
    before = Graph((TensorInfo("x", "float64", (None, 4, 5, 7)),), nodes, ("y",), doubles)
    assert applied(fold_steps, before).nodes == nodes


def norm(source, result):
    return Node("batch_norm", (source, *["sixes"] * 4), (result,), {"epsilon": 1e-5})


def test_a_batch_norm_behind_a_linear_layer_of_rows_alone(rng):
    rows = graph_of("linear", [layer("linear"), norm("h", "y")])
    flat = Graph((TensorInfo("x", "float32", (None, 4)),), rows.nodes, ("y",), rows.constants)
    after = applied(fold_steps, flat)
    assert kinds(after) == ["linear"]
    x = rng.standard_normal((3, 4)).astype(np.float32)
    assert_same_results(flat, after, x, rtol=1e-5, atol=1e-5)
    # Of [N, C, K] it is along C, the weights are along K.
    assert applied(fold_steps, rows).nodes == rows.nodes


def attention(kind="mul", constant="half", outputs=("y",)):
    nodes = [
        layer("linear"),
        Node("unsqueeze", ("h", "axis"), ("u",)),
        Node("transpose", ("u",), ("v",), {"perm": (0, 1, 3, 2)}),
        Node("matmul", ("v", "x"), ("m",)),
        binary(kind, "m", constant, "y"),
    ]
    graph = graph_of("linear", nodes, outputs)
    axis = np.array([1], np.int64)
    return Graph(graph.inputs, graph.nodes, outputs, {**graph.constants, "axis": axis})


def test_a_factor_moves_up_through_views_and_products(rng):
    before = attention()
    after = applied(fold_steps, before)
    assert kinds(after) == ["linear", "unsqueeze", "transpose", "matmul"]
    assert_same_results(before, after, x_for("linear", rng), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "before",
    [
        attention(kind="add"),
        attention(constant="sixes"),
        attention(outputs=("y", "h")),
        attention(outputs=("y", "v")),
        attention(outputs=("y", "m")),
    ],
)
def test_what_does_not_move_up(before):
    assert applied(fold_steps, before).nodes == before.nodes
