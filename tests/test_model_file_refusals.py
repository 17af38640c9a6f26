"""Model files: every wrong one is refused by name, with what is wrong about it."""

import hashlib
import os
import pickle

import numpy as np
import pytest
from safetensors.numpy import save

import fourfold as ff
from fourfold.model_file import FORMAT_VERSION, dump_container, load_model
from model_files import edited, put_together, refuses, small_file, take_apart, with_header


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.ff"


@pytest.fixture
def file(rng):
    return small_file(rng, [8, 16])


def test_every_truncation(path, file):
    for size in range(len(file)):
        with pytest.raises(ff.ModelFileError):
            load_model(file[:size])
    refuses(path, b"", "empty")
    refuses(path, file[:7], "7 bytes are too few")
    refuses(path, file[:100], "truncated")
    refuses(path, file[:-1], "the file at")


def test_bytes_after_the_end(path, file):
    refuses(path, file + b"\0", "the file at")


def test_another_format_version_says_which_are_read(path, file):
    table, document, data = take_apart(file)
    for version in (FORMAT_VERSION + 1, 10**9, 0, -1):
        document["format_version"] = version
        # A newer format may have other fields: the version speaks first.
        document["new"] = True
        says = f"format version {version}; this fourfold reads {FORMAT_VERSION}"
        refuses(path, put_together(table, document, data), says)


def test_a_header_that_claims_too_much(path, file):
    refuses(path, b"\xff" * 8 + file[8:], "truncated, or not a fourfold model file")
    big = with_header("{" + " " * 2**23 + "}", b"")
    refuses(path, big, "at most 4194304 are read")


def test_other_peoples_files(path):
    refuses(path, b"\x89PNG\r\n\x1a\n" + bytes(500), "not a fourfold model file")
    refuses(path, pickle.dumps([1] * 100), "not a fourfold model file")
    refuses(path, save({"x": np.ones(3)}), "not a fourfold model file, but a safetensors file")
    refuses(path, save({"x": np.ones(3)}, {"format": "pt"}), "not a fourfold model file, but")
    refuses(path, dump_container("other", {}, {}), "of kind 'other'")


def test_a_pickle_is_never_run(path):
    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(path.with_name("ran")),))

    refuses(path, pickle.dumps(Bomb()), "not a fourfold model file")
    assert not path.with_name("ran").exists()


def test_what_is_no_regular_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        ff.load(tmp_path / "missing.ff")
    with pytest.raises((IsADirectoryError, PermissionError)):  # the latter on Windows
        ff.load(tmp_path)
    if os.name == "posix":
        with pytest.raises(ff.ModelFileError, match="not a regular file"):
            ff.load("/dev/null")
    for odd in (None, 3, [], {}):
        with pytest.raises(TypeError):
            ff.load(odd)


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("", "does not start with '{'"),
        ("[]", "does not start with '{'"),
        ("{", "not valid JSON"),
        ("{} {}", "not valid JSON"),
        ('{"__metadata__": []}', "__metadata__ must be an object"),
        ('{"a": 1, "a": 2}', "'a' appears twice"),
        ('{"a": NaN}', "NaN is not a finite number"),
        ('{"a": -Infinity}', "-Infinity is not a finite number"),
        ('{"a": 1e999}', "1e999 is not a finite number"),
        ('{"a": 1' + "0" * 5000 + "}", "an integer of 5001 digits"),
        ('{"a":' * 33 + "1" + "}" * 33, "nested deeper than 32"),
        ("{" + "[" * 10**6, "nested deeper than 32"),
        ('{"__metadata__": {"fourfold": "{}", "more": ""}}', "unknown keys: ['more']"),
        ('{"__metadata__": {"fourfold": 5}}', "fourfold must be a string, not 5"),
        ('{"__metadata__": {"fourfold": "[]"}}', "metadata must be an object"),
        ('{"__metadata__": {"fourfold": "{}"}}', "lacks 'format_version'"),
        ('{"__metadata__": {"fourfold": "{\\"format_version\\": 1}"}}', "lacks 'header'"),
    ],
)
def test_headers(path, header, says):
    refuses(path, with_header(header, b""), says)


def test_a_header_that_is_no_text(path):
    refuses(path, with_header("{\ud800", b""), "not UTF-8")


@pytest.mark.parametrize(
    ("tensor", "says"),
    [
        (5, "must be an object"),
        ({"dtype": "F32", "shape": [16]}, "lacks 'data_offsets'"),
        ({"dtype": "F32", "shape": [16], "data_offsets": [64]}, "a start and an end"),
        ({"dtype": "F32", "shape": [16], "data_offsets": [128, 64]}, "a start and an end"),
        ({"dtype": "F32", "shape": [16], "data_offsets": [-64, 0]}, "must lie in 0.."),
        ({"dtype": "F32", "shape": [16], "data_offsets": [0, 2**64]}, "must lie in 0.."),
        ({"dtype": "F32", "shape": [16], "data_offsets": [0.0, 64]}, "an integer, not 0.0"),
        ({"dtype": "F32", "shape": [True], "data_offsets": [0, 64]}, "an integer, not True"),
        ({"dtype": "F32", "shape": [1] * 17, "data_offsets": [0, 64]}, "17 dimensions"),
        ({"dtype": "F32", "shape": [16], "data_offsets": [64, 128]}, "expected"),
        ({"dtype": "F32", "shape": [8], "data_offsets": [0, 32]}, "the file at"),
        ({"dtype": "F32", "shape": [15], "data_offsets": [0, 64]}, "needs F32 [16]"),
        ({"dtype": "I32", "shape": [16], "data_offsets": [0, 64]}, "needs F32 [16]"),
        ({"dtype": "F32", "shape": [16], "data_offsets": [0, 64], "a": 1}, "unknown keys"),
    ],
)
def test_tensors_that_do_not_lie_right(path, tensor, says):
    file = dump_container("test", {}, {"x": np.ones(16, np.float32)})
    table, document, data = take_apart(file)
    table["x"] = tensor
    refuses(path, put_together(table, document, data), says)


def test_gaps_overlaps_and_crooked_boundaries(path):
    file = dump_container("test", {}, {"x": np.ones(16, np.float32), "y": np.zeros(128, "i1")})

    def place(x, y):
        def edit(table, header):
            table["x"]["data_offsets"], table["y"]["data_offsets"] = x, y

        return edited(file, edit)

    refuses(path, place([0, 64], [128, 256]), "expected")
    refuses(path, place([0, 64], [0, 128]), "expected")
    refuses(path, place([0, 32], [32, 192]), "no multiple of 64")
    table, document, data = take_apart(file)
    document["pad"] = " " * 8  # 9 bytes more or less move the data off their boundary
    for text in (put_together(table, document, data, fill=False),):
        if int.from_bytes(text[:8], "little") % 64 != 56:
            refuses(path, text, "no multiple of 64")


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ({"dtype": "|O"}, "unknown type '|O'"),
        ({"dtype": "<c8"}, "unknown type"),
        ({"dtype": "<f4,<f4"}, "unknown type"),
        ({"dtype": "<U9999999"}, "unknown type"),
        ({"dtype": 5}, "unknown type 5"),
        ({"dtype": "<f8"}, "needs F64 [16], 128 bytes"),
        ({"shape": [2**40, 2**40]}, "needs F32"),
        ({"shape": [2**41]}, "must lie in 0.."),
        ({"shape": [0]}, "needs F32 [0], 0 bytes"),
        ({"shape": "16"}, "must be a list, not '16'"),
        ({"sha256": 0}, "sha256 must be a string"),
        ({"more": 0}, "unknown keys"),
    ],
)
def test_records_that_do_not_fit_their_tensors(path, record, says):
    file = dump_container("test", {}, {"x": np.ones(16, np.float32)})
    refuses(path, edited(file, lambda table, header: header["tensors"]["x"].update(record)), says)


def test_missing_and_surplus_tensors(path, file):
    refuses(
        path, edited(file, lambda table, header: header["tensors"].clear()), "disagree on which"
    )

    def rename(table, header):
        for names in (table, header["tensors"]):
            names["constant.7"] = names.pop("constant.1")

    refuses(path, edited(file, rename), "but the file has the tensors")


def test_booleans_and_characters_that_are_none(path):
    for array, data, says in (
        (np.zeros(64, bool), b"\2" * 64, "not booleans"),
        (np.array(["ab"]), b"\xff" * 64, "not characters"),
    ):
        table, document, _ = take_apart(dump_container("test", {}, {"x": array}))
        document["header"]["tensors"]["x"]["sha256"] = hashlib.sha256(data).hexdigest()
        refuses(path, put_together(table, document, data), says)


def test_a_header_that_was_changed_is_seen_without_verify(path, file):
    at = file.index(b"dense_0")
    refuses(path, file[:at] + b"dense_1" + file[at + 7 :], "does not match its checksum")


def test_data_that_were_changed_are_seen_by_verify(path, file):
    for at in (len(file) - 1, len(file) - 500):
        damaged = bytearray(file)
        damaged[at] ^= 1
        path.write_bytes(damaged)
        load_model(path)
        with pytest.raises(ff.ModelFileError, match="do not match their checksum"):
            load_model(path, verify=True)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("content", [], "content must be an object"),
        ("kind", None, "kind must be a string"),
        ("kind", "onnx", "'onnx'"),
        ("producer", 1, "producer must be a string"),
        ("more", 1, "unknown keys"),
    ],
)
def test_header_fields(path, file, key, value, says):
    refuses(path, edited(file, lambda table, header: header.update({key: value})), says)
