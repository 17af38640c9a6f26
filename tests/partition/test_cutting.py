"""How a graph is cut into parts."""

from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("onnx")

import onnx

from fourfold.importers.onnx.partition import partition
from fourfold.importers.onnx.source import read_source
from onnx_models import model


def cut(proto):
    source = read_source(proto, any_opset=True)
    return partition(source, lambda model, names: {}, lambda part: None)


@st.composite
def graphs(draw):
    """Graphs of additions, of float32 (for the engine) and of complex numbers (for nobody).

    A cast of the one kind reads the other, so paths go to and fro.
    """
    count = draw(st.integers(1, 14))
    nodes, values = [], ["x"]
    for index in range(count):
        sources = draw(st.lists(st.sampled_from(values), min_size=2, max_size=2))
        here = draw(st.booleans())
        op, domain = ("Add", "") if here else ("RandomNormalLike", "")
        inputs = sources if here else sources[:1]
        nodes.append(onnx.helper.make_node(op, inputs, [f"v{index}"], f"n{index}", domain=domain))
        values.append(f"v{index}")
    outputs = draw(st.lists(st.sampled_from(values[1:]), min_size=1, unique=True))
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        "g",
        [value("x", onnx.TensorProto.FLOAT, [3])],
        [value(name, onnx.TensorProto.FLOAT, [3]) for name in outputs],
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])


def longest_alternation(proto, runs_here):
    """Return how many runs of one kind follow each other on some path, by going through paths."""
    depth = defaultdict(lambda: (0, None))
    for node in proto.graph.node:
        if node.name not in runs_here:
            continue
        kind, before = runs_here[node.name], [depth[name] for name in node.input]
        most = max((length + (of != kind) for length, of in before), default=1)
        depth[node.output[0]] = (max(most, 1), kind)
    return max(length for length, _ in depth.values())


@settings(deadline=None, max_examples=60)
@given(proto=graphs())
def test_parts_are_convex_and_few(proto):
    parts = cut(proto)
    made_by = {}
    ready = {"x"}
    runs_here = {}
    for number, part in enumerate(parts):
        assert set(part.inputs) <= ready  # what a part reads, those before it have made
        assert [node.name for node in part.model.proto.graph.node] == list(part.nodes)
        ready.update(part.outputs)
        for node in part.model.proto.graph.node:
            assert node.op_type == ("Add" if part.runs_here else "RandomNormalLike")
            made_by[node.name] = number
            runs_here[node.name] = part.runs_here
    live = set(made_by)
    assert {output.name for output in proto.graph.output} <= ready
    assert sum(len(part.nodes) for part in parts) == len(live)
    longest = longest_alternation(proto, runs_here)
    assert longest <= len(parts) <= longest + 1
    kinds = [part.runs_here for part in parts]
    assert all(a != b for a, b in pairwise(kinds))


def test_constants_go_to_whoever_reads_them():
    proto = model(
        "(float[N, 4] x) => (float[N, 4] y) {"
        "two = Constant <value = float {2}> ()  three = Constant <value = float {3}> ()"
        "five = Add (two, three)  a = Mul (x, five)"
        "r = RandomNormalLike <scale = 0.0, mean = 1.0> (a)  b = Mul (a, r)  y = Mul (b, five) }"
    )
    parts = cut(proto)
    assert [part.nodes for part in parts] == [("a",), ("r",), ("b", "y")]
    assert [part.inputs for part in parts] == [("x",), ("a",), ("a", "r")]
    assert [t.name for t in parts[2].model.proto.graph.initializer] == ["five"]
