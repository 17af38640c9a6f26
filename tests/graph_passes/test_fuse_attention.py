"""Attention by heads, as exporters spell it out, to one node."""

from dataclasses import replace

import numpy as np
import pytest

from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.graph.passes.fuse_attention import fuse_attention
from layer_graphs import binary
from program_pairs import applied, kinds, run
from reference import assert_same_bits

WIDTH, HEADS = 12, 3
HEADS_FIRST, KEYS_LAST = (0, 2, 1, 3), (0, 2, 3, 1)
FUSED = "head_attention"


def heads_of(name, perm):
    """The nodes that make one operand: a linear layer, cut into heads."""
    return [
        Node("linear", ("x", f"w{name}", "b"), (f"{name}0",), {}, f"{name}0"),
        Node("reshape", (f"{name}0", "by_head"), (f"{name}1",), {"allow_zero": 0}, f"{name}1"),
        Node("transpose", (f"{name}1",), (name,), {"perm": perm}, name),
    ]


def graph_of(*middle, after=(), outputs=("y",)):
    nodes = [*heads_of("q", HEADS_FIRST), *heads_of("k", KEYS_LAST), *heads_of("v", HEADS_FIRST)]
    nodes += middle
    nodes += [
        Node("matmul", ("p", "v"), ("m",), {}, "m"),
        Node("transpose", ("m",), ("y",), {"perm": HEADS_FIRST}, "y"),
        *after,
    ]
    rng = np.random.default_rng(0)
    constants = {f"w{n}": rng.standard_normal((WIDTH, WIDTH)).astype(np.float32) for n in "qkv"}
    constants["b"] = rng.standard_normal(WIDTH).astype(np.float32)
    constants["by_head"] = np.array([0, 0, HEADS, WIDTH // HEADS])
    constants["zero"] = np.zeros(1, np.float32)
    x = TensorInfo("x", "float32", (None, None, WIDTH))
    mask = TensorInfo("mask", "float32", (None, 1, None, None))
    return Graph((x, mask), tuple(nodes), outputs, constants)


SCORES = Node("matmul", ("q", "k"), ("s",), {}, "s")
MASKED = binary("add", "s", "mask", "t")
SWAPPED = binary("add", "mask", "s", "t")


def softmax(source, axis=-1):
    return Node("softmax", (source,), ("p",), {"axis": axis, "kind": "softmax"}, "p")


PLAIN = (SCORES, softmax("s"))
WITH_MASK = (SCORES, MASKED, softmax("t"))
GUARDED = (
    SCORES,
    MASKED,
    replace(softmax("t"), outputs=("r",)),
    Node("unary", ("r",), ("n",), {"kind": "is_nan"}, "n"),
    Node("where", ("n", "zero", "r"), ("p",), {}, "p"),
)


@pytest.fixture
def feeds(rng):
    mask = np.where(rng.random((2, 1, 5, 5)) < 0.4, -np.inf, 0).astype(np.float32)
    mask[1, 0, 2] = -np.inf
    return rng.standard_normal((2, 5, WIDTH)).astype(np.float32), mask


@pytest.mark.parametrize(
    ("middle", "attributes"),
    [
        (PLAIN, {}),
        (WITH_MASK, {}),
        ((SCORES, SWAPPED, softmax("t", axis=3)), {}),
        (GUARDED, {"nan_rows_to_zero": 1}),
    ],
)
def test_one_node_and_the_same_bits(middle, attributes, feeds):
    before = graph_of(*middle)
    after = applied(fuse_attention, before)
    views = ["linear", "reshape"]
    assert kinds(after) == [*views * 3, FUSED, "identity"]
    (node,) = (node for node in after.nodes if node.op == FUSED)
    assert node.inputs == ("q1", "k1", "v1", "" if middle is PLAIN else "mask")
    assert dict(node.attributes) == attributes
    assert_same_bits(run(after, *feeds)[0], run(before, *feeds)[0])


def test_who_asks_for_the_shape_keeps_the_value(feeds):
    shape = Node("shape", ("m",), ("z",), {"start": 0}, "z")
    before = graph_of(*WITH_MASK, after=(shape,), outputs=("y", "z"))
    after = applied(fuse_attention, before)
    assert FUSED in kinds(after)
    for new, old in zip(run(after, *feeds), run(before, *feeds), strict=True):
        assert_same_bits(new, old)


@pytest.mark.parametrize(("mask", "fused"), [(4, True), (None, False)])
def test_what_stays_with_its_heads_in_front(mask, fused, feeds):
    """A mask of five axes would make the product one of five."""
    before = graph_of(*WITH_MASK, outputs=("m",))
    before = replace(before, nodes=before.nodes[:-1])
    if mask is None:
        wide = Node("gather_nd", ("other", "mask"), ("wide",), {"batch_dims": 0}, "wide")
        nodes = [wide, *(replace_input(node, "mask", "wide") for node in before.nodes)]
        before = replace(before, nodes=tuple(nodes))
    assert (FUSED in kinds(applied(fuse_attention, before))) == fused
    if fused:
        assert_same_bits(run(applied(fuse_attention, before), *feeds)[0], run(before, *feeds)[0])


def replace_input(node, old, new):
    return replace(node, inputs=tuple(new if name == old else name for name in node.inputs))


def test_keys_that_come_another_way_are_turned(feeds):
    before = graph_of(*WITH_MASK)
    turned = [
        Node("transpose", ("k1",), ("k2",), {"perm": HEADS_FIRST}, "k2"),
        Node("transpose", ("k2",), ("k",), {"perm": (0, 1, 3, 2)}, "k"),
    ]
    nodes = [*before.nodes[:5], *turned, *before.nodes[6:]]
    before = replace(before, nodes=tuple(nodes))
    after = applied(fuse_attention, before)
    assert kinds(after).count(FUSED) == 1
    assert_same_bits(run(after, *feeds)[0], run(before, *feeds)[0])


@pytest.mark.parametrize(
    "middle",
    [
        (SCORES, softmax("s", axis=2)),
        (SCORES, binary("sub", "s", "mask", "t"), softmax("t")),
        (SCORES, Node("softmax", ("s",), ("p",), {"axis": -1, "kind": "log_softmax"}, "p")),
        (*GUARDED[:-1], Node("where", ("n", "r", "zero"), ("p",), {}, "p")),
    ],
)
def test_something_else_stays(middle):
    before = graph_of(*middle)
    assert FUSED not in kinds(applied(fuse_attention, before))


@pytest.mark.parametrize("value", ["s", "t", "p"])
def test_what_is_read_elsewhere_stays(value):
    before = graph_of(*WITH_MASK, outputs=("y", value))
    assert FUSED not in kinds(applied(fuse_attention, before))


def test_only_what_comes_from_linear_layers():
    before = graph_of(*PLAIN)
    info = TensorInfo("q1", "float64", (None, None, HEADS, WIDTH // HEADS))
    before = replace(before, inputs=(*before.inputs, info), nodes=before.nodes[2:])
    assert FUSED not in kinds(applied(fuse_attention, before))
