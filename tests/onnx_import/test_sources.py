"""Where a model may come from, and what a bad file gets."""

import contextlib

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from fourfold.errors import ModelFileError, UnsupportedModelError
from fourfold.importers.onnx import import_onnx
from onnx_models import model, run

X = np.arange(6, dtype=np.float32).reshape(2, 3)


def matmul():
    return model(
        "(float[N, 3] x) => (float[N, 2] y) <float[3, 2] w = {1, 2, 3, 4, 5, 6}> "
        "{ y = MatMul (x, w) }"
    )


@pytest.mark.parametrize("kind", ["path", "str", "bytes", "proto"])
def test_every_source_gives_the_same(kind, tmp_path):
    path = tmp_path / "model.onnx"
    onnx.save(matmul(), path)
    sources = {
        "path": path,
        "str": str(path),
        "bytes": path.read_bytes(),
        "proto": matmul(),
    }
    np.testing.assert_array_equal(run(sources[kind], X), X @ np.arange(1, 7).reshape(3, 2))


def test_what_a_session_needs_to_know():
    proto = matmul()
    proto.producer_name, proto.model_version = "someone", 3
    entry = proto.metadata_props.add()
    entry.key, entry.value = "classes", "a,b"
    imported = import_onnx(proto)
    assert imported.kind == "session"
    assert imported.parameter_bytes == 24
    assert imported.interface["inputs"] == [
        {"name": "x", "type": "tensor(float)", "shape": ["N", 3]}
    ]
    assert imported.interface["metadata"]["custom"] == {"classes": "a,b"}
    assert imported.interface["metadata"]["producer_name"] == "someone"
    assert imported.graph.inputs[0].shape == (None, 3)


@pytest.mark.parametrize("source", [3, None, ["model.onnx"]])
def test_another_kind_of_source(source):
    with pytest.raises(TypeError, match=r"must be a path, bytes or an onnx\.ModelProto"):
        import_onnx(source)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        import_onnx(tmp_path / "none.onnx")


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"not a model", b"\x08\x08"])
def test_bytes_that_are_no_model(content):
    with pytest.raises(ModelFileError, match="<bytes>"):
        import_onnx(content)


def test_a_truncated_file(tmp_path):
    path = tmp_path / "model.onnx"
    content = matmul().SerializeToString()
    for size in range(0, len(content) - 1, 7):
        path.write_bytes(content[:size])
        with pytest.raises((ModelFileError, UnsupportedModelError), match="model.onnx"):
            import_onnx(path)


@pytest.mark.parametrize("opset", [5, 999])
def test_an_opset_out_of_range(opset):
    proto = matmul()
    proto.opset_import[0].version = opset
    with pytest.raises(UnsupportedModelError, match=f"its opset is {opset}; expected 6 to"):
        import_onnx(proto)


def test_a_cycle_names_the_node():
    proto = model("(float[N] x) => (float[N] y) { a = Add (x, b)  b = Relu (a)  y = Relu (b) }")
    with pytest.raises(ModelFileError, match="Add"):
        import_onnx(proto)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("(float[N] x, int64[N] k) => (float[N] y) { y = Add (x, k) }", r"node 'y' \(Add\)"),
        ("(float[3, 4] x) => (float[4, 3] y) { y = MatMul (x, x) }", r"node 'y' \(MatMul\)"),
        ("(float[N] x) => (int64[N] y) { y = Relu (x) }", r"output 'y': expected tensor\(int64\)"),
    ],
)
def test_types_that_do_not_fit_name_the_node(body, message):
    with pytest.raises(ModelFileError, match=message):
        import_onnx(model(body))


def test_a_tensor_that_claims_more_than_it_has():
    proto = matmul()
    proto.graph.initializer[0].dims[0] = 2**40
    with pytest.raises(ModelFileError, match="w"):
        import_onnx(proto)


def with_external_weight(folder, location, *, offset=0, length=24):
    """Write a model whose weight is in another file; return its path."""
    folder.mkdir(exist_ok=True)
    proto = matmul()
    weight = proto.graph.initializer[0]
    weight.ClearField("float_data")
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        entry = weight.external_data.add()
        entry.key, entry.value = key, str(value)
    (folder / "model.onnx").write_bytes(proto.SerializeToString())
    return folder / "model.onnx"


def weight_bytes():
    return np.arange(1, 7, dtype=np.float32).tobytes()


def test_external_data_in_the_folder(tmp_path):
    path = with_external_weight(tmp_path / "m", "data/weights.bin", offset=4)
    (tmp_path / "m" / "data").mkdir()
    (tmp_path / "m" / "data" / "weights.bin").write_bytes(b"abcd" + weight_bytes())
    np.testing.assert_array_equal(run(path, X), X @ np.arange(1, 7).reshape(3, 2))
    with pytest.raises(ModelFileError, match="w"):
        import_onnx(path.read_bytes())


@pytest.mark.parametrize("how", ["parent", "absolute", "link"])
def test_external_data_outside_the_folder(tmp_path, how):
    outside = tmp_path / "secret.bin"
    outside.write_bytes(weight_bytes())
    location = {"parent": "../secret.bin", "absolute": str(outside), "link": "weights.bin"}[how]
    path = with_external_weight(tmp_path / "m", location)
    if how == "link":
        (tmp_path / "m" / "weights.bin").symlink_to(outside)
    with pytest.raises(ModelFileError, match=r"model\.onnx"):
        import_onnx(path)


def test_external_data_under_a_name_that_no_file_has(tmp_path):
    path = with_external_weight(tmp_path / "m", "a" * 5000)
    with pytest.raises(ModelFileError, match=r"model\.onnx"):
        import_onnx(path)


@pytest.mark.parametrize(("offset", "length"), [(0, 20), (4, 24), (-4, 24), (0, 2**50), ("a", 24)])
def test_external_data_that_does_not_fit(tmp_path, offset, length):
    path = with_external_weight(tmp_path / "m", "weights.bin", offset=offset, length=length)
    (tmp_path / "m" / "weights.bin").write_bytes(weight_bytes())
    with pytest.raises(ModelFileError, match=r"model\.onnx"):
        import_onnx(path)


def test_an_input_without_a_rank():
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, None)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [x], [y])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(ModelFileError, match="'shape' of 'type' is required"):
        import_onnx(proto)


# Each of these ends the process in onnx's own shape inference, or hangs there.
HOSTILE = {
    "an equation of signs": (
        '(float[2, 2] x) => (float[2] y) { y = Einsum <equation = "i;j->i"> (x) }',
        "letters, an ellipsis, commas and one arrow",
    ),
    "more parts than outputs": (
        "(float[6] x) => (float[2] y) { y = Split <num_outputs = 2147483648> (x) }",
        r"num_outputs of 1, as many as it has outputs",
    ),
    "an axis that is not there": (
        "(float[2, 3] x, float[3] s) => (float[2, 3] y)"
        "{ y = LayerNormalization <axis = 7> (x, s) }",
        "expected an axis of 2 dimensions, received 7",
    ),
    "a negative count of batch dimensions": (
        "(float[2, 2] x, int64[2, 2] i) => (float[2] y){ y = GatherND <batch_dims = -3> (x, i) }",
        "expected batch_dims of at least 0, received -3",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_models_made_to_end_the_process(what):
    body, message = HOSTILE[what]
    with pytest.raises(ModelFileError, match=message):
        import_onnx(model(body, opset=18))


def test_negative_sizes_are_open():
    """onnx's own rule for GatherND would end the process if it saw one."""
    proto = model("(float[-1, 2] x, int64[2, -1] i) => (float[-1] y) { y = GatherND (x, i) }")
    x, indices = np.arange(6, dtype=np.float32).reshape(3, 2), np.array([[2, 1], [0, 1]])
    np.testing.assert_array_equal(run(proto, x, indices), [5, 1])
    interface = import_onnx(proto).interface
    assert [value["shape"] for value in interface["inputs"]] == [[None, 2], [2, None]]
    assert interface["outputs"][0]["shape"] == [None]


def test_an_empty_axis_cut_backwards():
    proto = model(
        "(float[0, 2] x) => (float[M, 2] y)"
        "<int64[1] s = {-1}, int64[1] e = {-9}, int64[1] a = {0}>"
        "{ y = Slice (x, s, e, a, s) }"
    )
    assert run(proto, np.zeros((0, 2), np.float32)).shape == (0, 2)


def test_mutated_models(rng):
    """Bytes changed, cut out and put in: an error of ours, or a graph."""
    content = matmul().SerializeToString()
    for _ in range(2000):
        mutated = bytearray(content)
        for _ in range(rng.integers(1, 4)):
            start, length = int(rng.integers(len(mutated))), int(rng.integers(0, 4))
            mutated[start : start + length] = rng.bytes(int(rng.integers(0, 4)))
            mutated = mutated or bytearray(b"x")
        with contextlib.suppress(ModelFileError, UnsupportedModelError):
            import_onnx(bytes(mutated))
