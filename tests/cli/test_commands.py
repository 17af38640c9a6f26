"""``fourfold inspect``, ``isa``, ``demo``, and the program itself."""

import json
import subprocess
import sys

import pytest

import fourfold as ff
from fourfold.model_file import save_model


class TestInspect:
    @pytest.fixture
    def saved(self, network, rows, tmp_path):
        result = ff.quantize_model(network, rows, gate=ff.Gate(100, 0, 0))
        result.save(tmp_path / "out.ff")
        return tmp_path / "out.ff"

    def test_a_model_file(self, run, saved):
        code, output, _ = run("inspect", saved, "--verify")
        assert code == 0
        for text in ("all checksums match", "linear_s8", "relu", "softmax", ff.active_isa()):
            assert text in " ".join(output.split())

    def test_json(self, run, saved):
        code, output, _ = run("inspect", saved, "--json")
        record = json.loads(output)
        assert code == 0
        assert record["bytes"] == saved.stat().st_size
        assert record["steps"][0]["op"] == "linear_s8"
        # 64 x 96 weights, 96 scales and biases of two bytes.
        assert record["steps"][0]["bytes"] == 64 * 96 + 2 * 2 * 96
        assert record["stats"]["rows"] == 50

    def test_damage(self, run, saved):
        file = bytearray(saved.read_bytes())
        file[-1] ^= 1
        saved.write_bytes(file)
        assert run("inspect", saved)[0] == 0
        code, output, errors = run("inspect", saved, "--verify")
        assert code == 1
        assert output == ""
        assert "do not match their checksum" in errors
        assert errors.count("\n") == 1

    def test_a_float_network(self, run, model):
        code, output, _ = run("inspect", model, "--verify")
        assert code == 0
        for text in ("float32_network", "all checksums match", "dense_1", "96 -> 4", "softmax"):
            assert text in " ".join(output.split())
        code, output, _ = run("inspect", model, "--json")
        record = json.loads(output)
        assert code == 0
        assert record["bytes"] == model.stat().st_size
        assert [layer["name"] for layer in record["layers"]] == ["dense_0", "dense_1"]
        assert [layer["bytes"] for layer in record["layers"]] == [
            4 * (64 * 96 + 96),
            4 * 96 * 4,
        ]

    def test_what_was_not_measured_has_no_row(self, run, saved):
        model = ff.load(saved)
        parts = (model.program, model.kind, model.interface, model.interface_arrays)
        save_model(saved, *parts, ff.QuantizationStats(original_size=4000, quantized_size=1000))
        code, output, _ = run("inspect", saved)
        assert code == 0
        assert "4.00x smaller" in output
        assert "latency was not measured" in output
        assert output.count("not measured") == 1
        assert "batch of" not in output

    @pytest.mark.parametrize(
        "content", [b"", b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'}", b"text " * 9]
    )
    def test_a_file_of_another_kind_is_named_as_one(self, run, tmp_path, content):
        (tmp_path / "X.npy").write_bytes(content)
        code, _, errors = run("inspect", tmp_path / "X.npy")
        assert code == 1
        says = "not a fourfold model file" if content else "the file is empty"
        assert errors.startswith(f"fourfold: {tmp_path / 'X.npy'}: {says}")


class TestIsa:
    def test_all_supported_are_listed_and_the_choice_stays(self, run):
        before = ff.active_isa()
        code, output, _ = run("isa", "--json")
        record = json.loads(output)
        assert code == 0
        assert [isa["name"] for isa in record["isas"]] == ff.supported_isas()
        assert [isa["name"] for isa in record["isas"] if isa["active"]] == [before]
        assert ff.active_isa() == before
        assert record["threads"] == ff.get_threads()

    def test_table(self, run):
        code, output, _ = run("isa")
        assert code == 0
        assert all(name in output for name in ff.supported_isas())


class TestDemo:
    def test_the_exit_code_is_the_verdict(self, run):
        code, output, _ = run("demo", "--hidden", "1", "--isa", ff.active_isa())
        assert code == 3
        assert "rejected" in output
        code, output, _ = run("demo", "--hidden", "192")
        assert code == (0 if "accepted" in output else 3)
        assert ("the same bits" in output) == (code == 0)

    def test_an_unknown_isa_lists_the_good_ones(self, run):
        code, _, errors = run("demo", "--isa", "sse9")
        assert code == 2
        assert "scalar" in errors

    def test_too_many_threads_are_wrong_usage(self, run):
        code, _, errors = run("demo", "--threads", "99999")
        assert code == 2
        assert "--threads" in errors


class TestProgram:
    def test_version(self, run):
        assert run("--version") == (0, f"fourfold {ff.__version__}\n", "")

    def test_without_arguments_it_shows_the_help(self, run):
        code, output, errors = run()
        assert code in (0, 2)  # typer changed its mind about it
        assert "quantize" in output + errors

    @pytest.mark.parametrize("missing", ["typer", "rich"])
    def test_without_its_libraries_it_says_which(self, missing):
        script = f"import sys; sys.modules[{missing!r}] = None; import fourfold.cli as c; c.main()"
        process = subprocess.run(
            [sys.executable, "-c", script, "isa"], capture_output=True, text=True, check=False
        )
        assert process.returncode == 1
        assert process.stdout == ""
        assert process.stderr == (
            f"fourfold: the command line needs {missing}: pip install 'fourfold[cli]'\n"
        )
