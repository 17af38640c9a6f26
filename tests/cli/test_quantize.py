"""``fourfold quantize``: what it saves, prints, and exits with."""

import json
import pickle

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import fourfold as ff

NO_LIMITS = ["--max-accuracy-loss", "100", "--min-compression", "0", "--min-speedup", "0"]


def quantize(run, model, data, *arguments):
    out = model.with_name("out.ff")
    return *run("quantize", model, "--data", data, "-o", out, *arguments), out


def test_an_accepted_model_is_saved_and_answers_as_the_library_does(
    run, model, network, rows, tmp_path
):
    code, output, _, out = quantize(run, model, tmp_path / "rows.npy", *NO_LIMITS)
    assert code == 0
    assert "accepted" in output
    result = ff.quantize_model(network, rows, gate=ff.Gate(100, 0, 0))
    assert np.array_equal(ff.load(out, verify=True)(rows), result.model(rows))


def test_a_rejected_model_is_not_saved(run, model, rows, tmp_path):
    limits = ["--min-compression", "50", "--min-speedup", "0"]
    code, output, _, out = quantize(run, model, tmp_path / "rows.npy", *limits)
    assert code == 3
    assert "rejected" in output
    assert "below the minimum of 50x" in " ".join(output.split())
    assert not out.exists()


def test_json(run, model, rows, tmp_path):
    code, output, _, out = quantize(run, model, tmp_path / "rows.npy", "--json", *NO_LIMITS)
    record = json.loads(output)
    assert code == 0
    assert record["accepted"] is True
    assert record["saved"] == str(out)
    assert record["stats"]["rows"] == 50
    assert record["stats"]["original_metric"] == "nan"
    assert [layer["precision"] for layer in record["layers"]] == ["int8", "int8"]
    limits = ["--min-compression", "50"]
    code, output, _, _ = quantize(run, model, tmp_path / "rows.npy", "--json", *limits)
    assert code == 3
    assert json.loads(output)["saved"] is None


def test_labels_come_from_any_kind_of_file(run, model, network, rows, tmp_path):
    labels = network(rows).argmax(axis=1)
    np.savez(tmp_path / "both.npz", X=rows, y=labels)
    np.savez(tmp_path / "labels.npz", labels)
    np.save(tmp_path / "labels.npy", labels)
    (tmp_path / "labels.csv").write_text("class\n" + "".join(f"{i}\n" for i in labels))
    np.savetxt(tmp_path / "plain.csv", rows, delimiter=",")
    heading = ",".join(f"column {i}" for i in range(64))
    np.savetxt(tmp_path / "headed.csv", rows, delimiter=",", header=heading, comments="")
    for data, answers in (
        ("both.npz", None),
        ("rows.npy", "labels.npz"),
        ("plain.csv", "labels.csv"),
        ("headed.csv", "labels.npy"),
    ):
        arguments = ["--labels", tmp_path / answers] if answers else []
        code, output, _, _ = quantize(
            run, model, tmp_path / data, "--json", "--metric", "accuracy", *arguments
        )
        stats = json.loads(output)["stats"]
        assert code in (0, 3)
        assert stats["metric"] == "accuracy"
        assert stats["original_metric"] == 1.0


def test_a_pickle_is_read_only_if_allowed(run, rng, tmp_path):
    x = rng.normal(size=(300, 100)).astype(np.float32)
    y = np.array(["no", "yes"])[(x[:, 0] > 0).astype(int)]
    pickled = tmp_path / "model.pkl"
    pickled.write_bytes(pickle.dumps(LogisticRegression().fit(x, y)))
    np.save(tmp_path / "x.npy", x)
    (tmp_path / "y.csv").write_text("".join(f"{label}\n" for label in y))
    arguments = ["--labels", tmp_path / "y.csv", *NO_LIMITS]
    code, _, errors, out = quantize(run, pickled, tmp_path / "x.npy", *arguments)
    assert code == 1
    assert "--allow-pickle" in errors
    assert not out.exists()
    arguments += ["--allow-pickle", "--json"]
    code, output, _, out = quantize(run, pickled, tmp_path / "x.npy", *arguments)
    # One output column of two classes is padded to 16: whether it pays is not what is tested.
    assert code in (0, 3)
    assert json.loads(output)["stats"]["original_size"] > 0


def test_a_file_that_is_no_pickle_either(run, tmp_path):
    nonsense = tmp_path / "model.pkl"
    nonsense.write_bytes(b"nonsense")
    np.save(tmp_path / "x.npy", np.eye(3))
    code, _, errors, _ = quantize(run, nonsense, tmp_path / "x.npy", "--allow-pickle")
    assert code == 1
    assert "not a pickle that can be read" in errors


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.csv", b"", "the file is empty"),
        ("words.csv", b"a,b\nc,d\n", "could not convert string"),
        ("ragged.csv", b"1,2\n3\n", "number of columns"),
        ("broken.npz", b"PK\3\4 no zip", "zip"),
        ("words.npz", b"no zip", "words.npz"),
        ("words.npy", b"no array", "words.npy"),
        ("table.xlsx", b"", "data are read from .npy, .npz, .csv, not '.xlsx'"),
    ],
)
def test_data_that_cannot_be_read(run, model, tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    code, output, errors, out = quantize(run, model, tmp_path / name)
    assert code == 1
    assert says in errors
    assert errors.count("\n") == 1
    assert errors.startswith("fourfold: ")
    assert output == ""
    assert not out.exists()


def test_objects_in_data_are_never_unpickled(run, model, tmp_path):
    np.save(tmp_path / "objects.npy", np.array([{}], object), allow_pickle=True)
    code, _, errors, _ = quantize(run, model, tmp_path / "objects.npy")
    assert code == 1
    assert "objects.npy" in errors
    assert "allow_pickle=False" in errors


@pytest.mark.parametrize(
    ("data", "labels", "arguments", "says"),
    [
        (np.eye(3), None, [], "[rows, 64]"),
        (np.eye(64), np.zeros(3), [], "labels"),
        (np.eye(64), np.full((64, 4), np.nan), ["--metric", "accuracy"], "labels"),
        (np.eye(64), None, ["--metric", "accuracy"], "labels"),
    ],
    ids=["columns", "fewer labels", "NaN labels", "no labels"],
)
def test_what_fails_before_the_gate_decides_is_a_failure(
    run, model, tmp_path, data, labels, arguments, says
):
    np.save(tmp_path / "x.npy", data)
    if labels is not None:
        np.save(tmp_path / "y.npy", labels)
        arguments = [*arguments, "--labels", tmp_path / "y.npy"]
    code, output, errors, out = quantize(run, model, tmp_path / "x.npy", *arguments)
    assert code == 1
    assert output == ""
    assert errors.startswith("fourfold: ")
    assert says in errors
    assert not out.exists()


def test_each_reason_and_figure_is_shown_once(run, network, rows, tmp_path):
    layers = [ff.Dense(np.ones(shape, np.float32)) for shape in ((4, 3), (3, 4))]
    narrow = ff.Dense(layers[1].weight, name="narrow")
    ff.Sequential([*network.layers, layers[0], narrow]).save(tmp_path / "network.ff")
    code, output, _, _ = quantize(run, tmp_path / "network.ff", tmp_path / "rows.npy", *NO_LIMITS)
    assert code == 0
    (line,) = (line for line in output.splitlines() if "narrow" in line)
    assert "float32 (" in line
    reason = line.split("(")[1].split(")")[0]
    assert output.count(reason) == 1
    assert not line.rstrip().endswith("│ │")
    assert "not measured" not in output


def test_whole_numbers_in_a_csv_are_classes(run, model, network, rows, tmp_path):
    labels = network(rows).argmax(axis=1)
    for text in (labels, labels.astype(float)):
        (tmp_path / "y.csv").write_text("".join(f"{label}\n" for label in text))
        code, output, _, _ = quantize(
            run, model, tmp_path / "rows.npy", "--labels", tmp_path / "y.csv", "--json", *NO_LIMITS
        )
        assert code == 0
        assert json.loads(output)["stats"]["metric"] == "accuracy"


def test_a_model_in_int8_is_named_as_one(run, model, network, rows, tmp_path):
    ff.quantize_model(network, rows, gate=ff.Gate(100, 0, 0)).save(tmp_path / "int8.ff")
    code, _, errors, _ = quantize(run, tmp_path / "int8.ff", tmp_path / "rows.npy")
    assert code == 1
    assert "in INT8 already" in errors
    assert "pickle" not in errors


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "--data"),
        (["--data", "missing.npy", "-o", "out.ff"], "does not exist"),
        (["--data", "rows.npy", "-o", "nowhere/out.ff"], "does not exist"),
        (["--data", "rows.npy", "-o", "network.ff"], "would replace the float32 model"),
        (["--data", "rows.npy", "-o", "out.ff", "--metric", "beauty"], "is not one of"),
        (["--data", "rows.npy", "-o", "out.ff", "--threads", "0"], "--threads"),
        (["--data", "rows.npy", "-o", "out.ff", "--threads", "99999"], "--threads"),
        (["--data", "rows.npy", "-o", "out.ff", "--min-speedup", "nan"], "--min-speedup"),
        (["--data", "rows.npy", "-o", "out.ff", "--min-speedup", "-1"], "--min-speedup"),
    ],
)
def test_wrong_usage(run, model, rows, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    code, _, errors = run("quantize", model, *arguments)
    assert code == 2
    assert says in " ".join(errors.replace("│", " ").split())
