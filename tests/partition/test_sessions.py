"""Sessions of models that the engine alone cannot run, beside onnxruntime's own."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fourfold as ff
from fourfold.errors import UnsupportedModelError

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

import onnx
import onnxruntime

from onnx_models import model
from partition.part_models import ANY_RANK

X = np.array([[-2, -1, 0], [1, 2, 3]], np.float32)

IF = """(float[N, 3] x, bool c) => (float[N, 3] y) <float[3] w = {1, 2, 3}> {
    a = Mul (x, w)
    b = If (c) <
        then_branch = yes () => (float[K, 3] t) { t = Add (a, w) },
        else_branch = no () => (float[K, 3] e) { e = Sub (a, w) }
    >
    y = Relu (b)
}"""
LOOP = """(float[3] x, int64 n) => (float[3] y, float[M, 3] rows) <bool go = {1}> {
    start = Abs (x)
    last, rows = Loop (n, go, start) <
        body = step (int64 i, bool on, float[3] s) => (bool on2, float[3] t, float[3] row) {
            on2 = Identity (on)  t = Add (s, x)  row = Neg (t)
        }
    >
    y = Neg (last)
}"""
SEQUENCE = """(float[N, 3] x) => (float[N, 6] y) {
    a = Relu (x)  b = Neg (x)  s = SequenceConstruct (a, b)
    t = SequenceInsert (s, a)  c = ConcatFromSequence <axis = 1> (s)  y = Relu (c)
}"""
CASES = {
    "if": (IF, {"x": X, "c": np.array(True)}, ["fourfold", "fourfold", "fourfold"]),
    "else": (IF, {"x": X, "c": np.array(False)}, ["fourfold", "fourfold", "fourfold"]),
    "loop": (LOOP, {"x": X[1], "n": np.array(4)}, ["fourfold", "onnxruntime", "fourfold"]),
    "sequence": (SEQUENCE, {"x": X}, ["fourfold", "onnxruntime", "fourfold"]),
}


def runs_in(session):
    return [part.runs_in for part in session.parts]


def check_same(proto, feed):
    """Run a model in both; return our session."""
    content = proto if isinstance(proto, str) else proto.SerializeToString()
    theirs = onnxruntime.InferenceSession(content).run(None, feed)
    session = ff.InferenceSession(proto)
    for ours, expected in zip(session.run(None, feed), theirs, strict=True):
        assert np.asarray(ours).dtype == np.asarray(expected).dtype
        np.testing.assert_array_equal(ours, expected)
    return session


@pytest.mark.parametrize("case", CASES)
def test_outputs_are_those_of_onnxruntime(case):
    text, feed, expected = CASES[case]
    assert runs_in(check_same(model(text), feed)) == expected


def test_parts_tell_which_nodes_run_where():
    session = ff.InferenceSession(model(IF))
    assert [part.nodes for part in session.parts] == [("a",), ("b",), ("y",)]
    assert session.parts[1].inputs == ("c", "a") and session.parts[1].outputs == ("b",)
    assert ff.InferenceSession(model("(float[N] x) => (float[N] y) { y = Relu (x) }")).parts == ()


def test_ranks_that_only_a_run_tells():
    session = ff.InferenceSession(model(ANY_RANK))
    assert runs_in(session) == ["fourfold", "fourfold"]
    for _ in range(2):
        np.testing.assert_array_equal(session.run(None, {"x": X, "c": np.array(True)})[0], -X)
        total = session.run(None, {"x": X, "c": np.array(False)})[0]
        assert total.shape == () and total == -X.sum()


def test_ops_of_other_domains():
    proto = model(
        "(float[N, 3] x) => (float[N, 3] y) <float[3] b = {1, 2, 3}> {"
        "a = Relu (x)  g = com.microsoft.BiasGelu (a, b)  y = Neg (g) }",
        imports=', "com.microsoft" : 1',
    )
    session = ff.InferenceSession(proto)
    assert runs_in(session) == ["fourfold", "onnxruntime", "fourfold"]
    theirs = onnxruntime.InferenceSession(proto.SerializeToString()).run(None, {"x": X})[0]
    np.testing.assert_array_equal(session.run(None, {"x": X})[0], theirs)


def test_strings_go_in_and_out():
    proto = model(
        "(string[N] words, float[N] x) => (string[N] twice, float[N] y) {"
        "twice = StringConcat (words, words)  y = Neg (x) }",
        opset=20,
    )
    session = ff.InferenceSession(proto)
    assert [node.type for node in session.get_inputs()] == ["tensor(string)", "tensor(float)"]
    for words in (["Ab", "C"], np.array(["Ab", "C"]), np.array(["Ab", "C"], object)):
        twice, y = session.run(None, {"words": words, "x": X[0, :2]})
        assert twice.tolist() == ["AbAb", "CC"]
        np.testing.assert_array_equal(y, -X[0, :2])


def test_half_precision_between_parts():
    proto = model(
        "(float16[N, 3] x, bool c) => (float16[N, 3] y) <float16[3] w = {15360, 16384, 16896}> {"
        "v = Add (w, w)  a = Mul (x, v)"
        "b = If (c) < then_branch = yes () => (float16[K, 3] t) { t = Add (a, v) },"
        "else_branch = no () => (float16[K, 3] e) { e = Identity (a) } >  y = Neg (b) }"
    )
    check_same(proto, {"x": X.astype(np.float16), "c": np.array(True)})


def test_opsets_older_than_the_importer_reads():
    node = onnx.helper.make_node("Transpose", ["x"], ["y"], perm=[0, 1])
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph([node], "g", [value("x", 1, [2, 3])], [value("y", 1, [2, 3])])
    proto = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 5)], ir_version=3
    )
    assert runs_in(check_same(proto, {"x": X})) == ["onnxruntime"]


def test_calls_from_several_threads():
    session = ff.InferenceSession(model(IF))
    feeds = [{"x": X * number, "c": np.array(number % 2 == 0)} for number in range(24)]
    expected = [session.run(None, feed)[0] for feed in feeds]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda feed: session.run(None, feed)[0], feeds))
    for result, array in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, array)


def test_data_beside_the_model(tmp_path):
    weight = np.arange(3, dtype=np.float32)
    proto = model(IF)
    proto.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(weight, "w"))
    path = str(tmp_path / "model.onnx")
    onnx.save(proto, path, save_as_external_data=True, size_threshold=0, location="data.bin")
    check_same(path, {"x": X, "c": np.array(True)})


def test_onnxruntime_keeps_to_the_sessions_threads():
    options = ff.SessionOptions()
    options.intra_op_num_threads = 1
    session = ff.InferenceSession(model(LOOP), options)
    runtime = session.program.runners[1]._session
    assert runtime.get_session_options().intra_op_num_threads == 1


def test_what_nobody_can_run():
    proto = model("(float[N] x) => (float[N] y) { y = nobody.Knows (x) }", imports=', "nobody" : 1')
    with pytest.raises(UnsupportedModelError, match="Knows"):
        ff.InferenceSession(proto)


def test_values_that_onnxruntime_refuses(capfd):
    proto = model(
        "(float[N] x, int64[M] shape, int64 n) => (float y) <bool go = {1}> {"
        "b = Loop (n, go, x) < body = step (int64 i, bool on, float[K] s) => "
        "(bool on2, float[L] t) { on2 = Identity (on)  t = Reshape (s, shape) } >  y = Neg (b) }"
    )
    session = ff.InferenceSession(proto)
    feed = {"x": X[0], "shape": np.array([5]), "n": np.array(1)}
    with pytest.raises(ValueError, match="onnxruntime, for the nodes 'b'"):
        session.run(None, feed)
    assert capfd.readouterr() == ("", "")
    np.testing.assert_array_equal(session.run(None, {**feed, "shape": np.array([3])})[0], -X[0])


def test_branches_within_branches():
    inner = (
        "If (d) < then_branch = a () => (float[K, 3] s) { s = Add (x, w) },"
        "else_branch = b () => (float[K, 3] u) { u = Mul (x, w) } >"
    )
    proto = model(
        "(float[N, 3] x, bool c, bool d) => (float[N, 3] y, float[N, 3] z) <float[3] w = {1, 2, 3}>"
        f"{{ p, q = If (c) < then_branch = yes () => (float[K, 3] t, float[K, 3] v) {{ t = {inner}"
        "v = Neg (t) }, else_branch = no () => (float[K, 3] e, float[K, 3] f) {"
        "e = Identity (x)  f = Abs (x) } >  y = Neg (p)  z = Add (q, w) }"
    )
    for c in (True, False):
        for d in (True, False):
            session = check_same(proto, {"x": X, "c": np.array(c), "d": np.array(d)})
    assert set(runs_in(session)) == {"fourfold"}


def test_a_branch_that_only_onnxruntime_can_run():
    proto = model(
        "(float[N, 3] x, bool c) => (float[N, 3] y) <float[3] w = {1, 2, 3}> { y = If (c) <"
        "then_branch = yes () => (float[K, 3] t) { a = Neg (x)"
        "b = com.microsoft.BiasGelu (a, w)  t = Neg (b) },"
        "else_branch = no () => (float[K, 3] e) { e = Neg (x) } > }",
        imports=', "com.microsoft" : 1',
    )
    for c in (True, False):
        check_same(proto, {"x": X, "c": np.array(c)})


def test_branches_that_share_much_do_not_multiply_it(rng):
    """Each would get a copy of the weight; behind a few, onnxruntime has them all."""
    branch = "then_branch = a () => (float[K, 256] t) { t = Add (x, w) },"
    branch += "else_branch = b () => (float[K, 256] e) { e = Mul (x, w) }"
    nodes = "  ".join(f"y{number} = If (c) < {branch} >" for number in range(20))
    nodes += "  y = Sum (" + ", ".join(f"y{number}" for number in range(20)) + ")"
    proto = model(f"(float[N, 256] x, bool c) => (float[N, 256] y) {{ {nodes} }}")
    weight = rng.normal(size=(1024, 256)).astype(np.float32)
    proto.graph.initializer.append(onnx.numpy_helper.from_array(weight, "w"))
    feed = {"x": weight + 1, "c": np.array(True)}
    session = ff.InferenceSession(proto)
    np.testing.assert_allclose(session.run(None, feed)[0], 20 * (2 * weight + 1), atol=1e-3)
    assert set(runs_in(session)) == {"fourfold", "onnxruntime"}
    assert session.program.weight_bytes < 7 * weight.nbytes


def test_conditions_that_are_not_one_boolean():
    proto = model(
        "(float[N] x, bool[M] c) => (float[N] y) { y = If (c) <"
        "then_branch = yes () => (float[N] t) { t = Neg (x) },"
        "else_branch = no () => (float[N] e) { e = Abs (x) } > }"
    )
    session = ff.InferenceSession(proto)
    assert session.run(None, {"x": X[0], "c": np.array([True])})[0].tolist() == [2, 1, 0]
    with pytest.raises(ValueError, match=r"one boolean, got an array of shape \(2,\)"):
        session.run(None, {"x": X[0], "c": np.array([True, False])})


def test_branches_with_other_outputs_than_their_if():
    proto = model(IF)
    del proto.graph.node[1].attribute[0].g.output[:]
    with pytest.raises(ff.ModelFileError, match="output"):
        ff.InferenceSession(proto)
