"""Model files: what is written comes back bit for bit, mapped; what is wrong is refused by name."""

import json
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors

import fourfold as ff
from fourfold.graph.compiled import CompiledProgram
from fourfold.model_file import (
    FORMAT_VERSION,
    dump_container,
    load_model,
    read_container,
    save_model,
    write_container,
)
from model_files import small_program, take_apart

ARRAYS = {
    "packed": np.arange(-128, 128, dtype=np.int8).reshape(2, 2, 4, 16),
    "vector": np.linspace(-1, 1, 48, dtype=np.float32),
    "odd vector": np.linspace(-1, 1, 5, dtype=np.float32),
    "transposed": np.arange(32, dtype=np.float32).reshape(8, 4).T,
    "scalar": np.array(3.25),
    "no rows": np.zeros((0, 4), np.float32),
    "half": np.array([1.5, -np.inf, np.nan], np.float16),
    "double": np.array([5e-324, 1.7e308]),
    "big-endian": np.array([1, -2, 3], ">i4"),
    "odd bytes": np.arange(7, dtype=np.uint8),
    "unsigned": np.array([2**64 - 1], np.uint64),
    "booleans": np.array([[True], [False]]),
    "strings": np.array(["cat", "Käse", "", "\U0001f600"]),
    "objects": np.array([["a", ""], ["long one", "\U0001f600"]], object),
    "no objects": np.array([], object),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.ff"


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("form", [Path, str, bytes, bytearray, memoryview])
def test_an_array_comes_back_with_its_bits_type_and_shape(path, name, form):
    array = ARRAYS[name]
    write_container(path, "test", {}, {name: array})
    source = form(path) if form in (Path, str) else form(path.read_bytes())
    back = read_container(source, verify=True).arrays[name]
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    if array.dtype == object:
        assert back.tolist() == array.tolist()
    else:
        assert back.tobytes() == array.tobytes()


def test_content_comes_back_as_it_was(path):
    content = {"z": [1, -0.0, 0.1, 1e300, 2**63], "a": {"é\u2028": None, "b": [True, "\ud800"]}}
    write_container(path, "some kind", content, {})
    container = read_container(path, verify=True)
    assert json.dumps(container.content) == json.dumps(content)
    assert container.kind == "some kind"
    assert container.producer == f"fourfold {ff.__version__}"
    assert container.size == path.stat().st_size


def test_it_is_a_safetensors_file_with_every_tensor_on_64_bytes(path):
    write_container(path, "test", {"text": "x" * 33}, ARRAYS)
    file = path.read_bytes()
    table, document, data = take_apart(file)
    for name in ARRAYS:
        assert (len(file) - len(data) + table[name]["data_offsets"][0]) % 64 == 0
    assert document["format_version"] == FORMAT_VERSION
    with safetensors.safe_open(path, "numpy") as tensors:
        assert set(tensors.keys()) == set(ARRAYS)
        assert np.array_equal(tensors.get_tensor("packed"), ARRAYS["packed"])
        assert np.array_equal(tensors.get_tensor("vector"), ARRAYS["vector"])


def test_the_same_model_gives_the_same_bytes(rng):
    program = small_program(rng, [8, 16])
    files = {ff.model_file.dump_model(program, "sequential", {}, ARRAYS, None) for _ in range(3)}
    assert len(files) == 1


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.array([1 + 2j]), "complex128"),
        (np.array(["2020-01-01"], "M8[D]"), "datetime64"),
        (np.array([b"bytes"]), "|S5"),
        (np.array(["a", None], object), "NoneType"),
        (np.array([np.str_("a")], object), "str_"),
    ],
)
def test_an_array_that_a_file_cannot_hold_is_refused_when_saving(path, array, says):
    with pytest.raises(TypeError, match="'odd'") as raised:
        write_container(path, "test", {}, {"odd": array})
    assert says in str(raised.value)
    assert list(path.parent.iterdir()) == []


def test_a_string_that_ends_with_nul_is_refused_when_saving(path):
    with pytest.raises(ValueError, match="NUL"):
        write_container(path, "test", {}, {"odd": np.array(["a\0"], object)})


def test_content_that_is_not_finite_is_refused_when_saving(path):
    with pytest.raises(ValueError, match="JSON"):
        write_container(path, "test", {"loss": float("nan")}, {})


class TestSaving:
    def test_a_file_is_replaced_and_its_readers_keep_the_old_one(self, rng, path):
        x = rng.normal(size=(3, 64)).astype(np.float32)
        old, new = small_program(rng, [64, 64]), small_program(rng, [64, 32])
        save_model(path, old, "sequential", {}, {}, None)
        loaded = load_model(path)
        path.chmod(0o600)
        save_model(path, new, "sequential", {}, {}, None)
        assert np.array_equal(loaded.program(x), old(x))
        assert np.array_equal(load_model(path).program(x), new(x))
        assert list(path.parent.iterdir()) == [path]
        if os.name == "posix":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_symbolic_link_is_followed(self, path):
        link = path.with_name("link.ff")
        link.symlink_to(path.name)
        write_container(link, "test", {}, {})
        assert link.is_symlink()
        assert read_container(path).kind == "test"

    @pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files")
    def test_a_full_disk_leaves_the_old_file_and_no_other(self, path):
        import resource

        write_container(path, "old", {}, {})
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
            with pytest.raises(OSError, match="File too large"):
                write_container(path, "new", {}, {"x": np.zeros(10_000)})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert read_container(path, verify=True).kind == "old"
        assert list(path.parent.iterdir()) == [path]

    def test_a_folder_is_no_place_to_save(self, tmp_path):
        with pytest.raises(IsADirectoryError, match="can't replace a directory"):
            write_container(tmp_path, "test", {}, {})

    @pytest.mark.skipif(os.name != "posix", reason="makes a pipe")
    def test_a_pipe_is_no_place_to_save(self, path):
        os.mkfifo(path)
        with pytest.raises(OSError, match="no regular file"):
            write_container(path, "test", {}, {})

    def test_a_header_too_long_to_be_read_is_not_written(self, path):
        with pytest.raises(ValueError, match="4194304 could be read"):
            write_container(path, "test", {"text": "x" * 2**22}, {})
        assert not path.exists()

    @pytest.mark.parametrize(
        ("content", "arrays", "says"),
        [
            ({"deep": json.loads("[" * 33 + "]" * 33)}, {}, "nested deeper than 32"),
            ({"long": 10**30}, {}, "31 digits"),
            ({}, {"x": np.zeros([1] * 17, np.float32)}, "17 dimensions"),
            ({}, {"x": np.array([2, 0], np.uint8).view(bool)}, "bytes that are not booleans"),
        ],
    )
    def test_what_loading_would_refuse_is_not_written(self, path, content, arrays, says):
        write_container(path, "old", {}, {})
        for write in (lambda *parts: write_container(path, *parts), dump_container):
            with pytest.raises(ValueError, match=says) as raised:
                write("new", content, arrays)
            assert "cannot be saved" in str(raised.value)
            assert ".tmp" not in str(raised.value)
        assert read_container(path).kind == "old"
        assert list(path.parent.iterdir()) == [path]

    @pytest.mark.parametrize("name", [3, ("a", 1), None])
    def test_a_program_that_loading_would_refuse_is_not_written(self, rng, path, name):
        spec = small_program(rng, [64, 64]).spec
        program = CompiledProgram(replace(spec, steps=(replace(spec.steps[0], name=name),)))
        with pytest.raises(ValueError, match=r"steps\[0\].name must be a string"):
            save_model(path, program, "sequential", {}, {}, None)
        assert list(path.parent.iterdir()) == []

    def test_a_missing_folder_is_named(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="nowhere"):
            write_container(tmp_path / "nowhere" / "model.ff", "test", {}, {})
