"""Model files of models in parts: the same bits, and refusals of what does not fit."""

import json
import pickle

import numpy as np
import pytest

import fourfold as ff
from fourfold.errors import ModelFileError, UnsupportedModelError

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

from fourfold.model_file import dump_container
from fourfold.model_file.program_record import to_record
from model_files import put_together, take_apart
from onnx_models import model
from partition.part_models import ANY_RANK, quantized_gelu, quantized_products


@pytest.mark.parametrize("way", ["file", "pickle"])
@pytest.mark.parametrize("kind", ["branches", "runtime"])
def test_what_is_kept_gives_the_same_bits(rng, tmp_path, way, kind):
    x, result = quantized_gelu(rng) if kind == "runtime" else quantized_products(rng)[1:]
    if way == "file":
        result.save(tmp_path / "model.ff")
        kept = ff.load(tmp_path / "model.ff", verify=True)
        assert ff.InferenceSession(tmp_path / "model.ff").parts == result.model.parts
    else:
        kept = pickle.loads(pickle.dumps(result.model))
    assert kept.parts == result.model.parts
    assert repr(kept.stats) == repr(result.model.stats)
    for feed in ({"x": x}, {"x": -np.abs(x)}, {"x": np.zeros_like(x)}):
        np.testing.assert_array_equal(kept.run(None, feed)[0], result.model.run(None, feed)[0])


def tampered(file, change):
    """The file with its program's record changed, and a checksum that fits."""
    table, document, data = take_apart(file)
    change(document["header"]["content"]["program"])
    return put_together(table, document, data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda program: program["parts"][0].update(outputs=["k"]), "reads"),
        (lambda program: program["parts"].pop() and program.update(outputs=["g"]), "to no part"),
        (lambda program: program["parts"][1].update(program={}), "program"),
        (lambda program: program["parts"][0].update(program=None), "its only tensor"),
        (lambda program: program["parts"][0].update(outputs=["h", "k"]), "as many"),
        (lambda program: program["parts"][0].update(inputs=[]), "those of its program"),
        (lambda program: program["parts"][1].update(inputs=["x"]), "other inputs"),
        (lambda program: program.update(outputs=["z"]), "no part makes"),
        (lambda program: program.update(parts=[None]), "parts"),
    ],
)
def test_files_whose_parts_do_not_fit_are_refused(rng, tmp_path, change, message):
    quantized_gelu(rng)[1].save(tmp_path / "model.ff")
    with pytest.raises(ModelFileError, match=message):
        ff.load(tampered((tmp_path / "model.ff").read_bytes(), change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda choice: choice["branches"].pop(), "must be two"),
        (lambda choice: choice["branches"][0].update(reads=[0, 0, 0]), "as many"),
        (lambda choice: choice["branches"][0].update(reads=[9]), "its input 9"),
        (lambda choice: choice.update(condition=7), "its input 7"),
        (lambda choice: choice.update(condition="c"), "condition"),
        (lambda choice: choice["branches"][1].update(program=None), "program"),
    ],
)
def test_files_whose_branches_do_not_fit_are_refused(rng, tmp_path, change, message):
    quantized_products(rng)[2].save(tmp_path / "model.ff")
    file = (tmp_path / "model.ff").read_bytes()
    with pytest.raises(ModelFileError, match=message):
        ff.load(tampered(file, lambda program: change(program["parts"][1]["program"])))


def test_a_choice_is_no_model_of_its_own():
    session = ff.InferenceSession(model("(float[N] x) => (float[N] y) { y = Relu (x) }"))
    branch = {"reads": [1], "program": to_record(session.program)[0]}
    choice = {"condition": 0, "branches": [branch, branch]}
    content = {"program": choice, "interface": dict(session.interface), "stats": None}
    with pytest.raises(ModelFileError, match="that of a part"):
        ff.load(dump_container("session", content, {}))


def test_damaged_models_of_parts_are_refused(rng, tmp_path):
    quantized_gelu(rng)[1].save(tmp_path / "model.ff")
    file = bytearray((tmp_path / "model.ff").read_bytes())
    header = json.loads(file[8 : 8 + int.from_bytes(file[:8], "little")])
    start, end = header["part.1.model"]["data_offsets"]
    begin = 8 + int.from_bytes(file[:8], "little") + start
    file[begin : begin + end - start] = bytes(end - start)
    with pytest.raises(ModelFileError, match="parts"):
        ff.load(bytes(file))


def test_parts_that_read_any_rank_are_not_saved(tmp_path):
    session = ff.InferenceSession(model(ANY_RANK))
    with pytest.raises(UnsupportedModelError, match="any rank"):
        session.save(tmp_path / "model")
    assert not list(tmp_path.iterdir())
    with pytest.raises(UnsupportedModelError, match="any rank"):
        pickle.dumps(session)


def test_float_sessions_in_parts_are_saved(tmp_path):
    proto = model(
        "(float[N, 3] x) => (float[N, 3] y, float[3] w) <float[3] w = {1, 2, 3}> {"
        "a = Mul (x, w)  y = com.microsoft.BiasGelu (a, w) }",
        imports=', "com.microsoft" : 1',
    )
    session = ff.InferenceSession(proto)
    session.save(tmp_path / "model.ff")
    kept = ff.load(tmp_path / "model.ff")
    feed = {"x": np.array([[-2, -1, 0], [1, 2, 3]], np.float32)}
    for ours, expected in zip(kept.run(None, feed), session.run(None, feed), strict=True):
        np.testing.assert_array_equal(ours, expected)
