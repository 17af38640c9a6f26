"""Reading a container: all is checked before anything is handed out, and nothing is copied."""

from __future__ import annotations

import mmap
import os
import stat
from dataclasses import dataclass
from reprlib import repr as short
from typing import Any, TypeAlias

import numpy as np

from fourfold.model_file.fields import MalformedError, closed, expect, naming, take
from fourfold.model_file.layout import READABLE_VERSIONS, Tensor, read_layout
from fourfold.model_file.strict_json import canonical, parse
from fourfold.model_file.tensors import (
    array_at,
    checksum,
    dtype_name,
    stored_form,
    tensor_shape,
)

Source: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview


@dataclass(frozen=True)
class Container:
    """What a file holds.

    ``content`` is JSON of any make, ``arrays`` are read-only views of the file (strings that were
    objects: copies).
    """

    origin: str
    size: int
    producer: str
    kind: str
    content: dict[str, Any]
    arrays: dict[str, np.ndarray]


def read_container(source: Source, *, verify: bool = False) -> Container:
    """Read a file, by mapping it into memory, or the bytes of one.

    Parameters
    ----------
    source : str, path-like, bytes, bytearray or memoryview
        A path, or a file's contents; what could be changed later is copied first.
    verify : bool
        Read all of the data and compare their checksums. Without it the header is checked in
        full, its checksum included, but the arrays' data stay unread.

    Raises
    ------
    ModelFileError
        If anything about the contents is wrong.
    TypeError
        If ``source`` is neither a path nor bytes-like.
    FileNotFoundError, PermissionError, IsADirectoryError
        As ``open`` raises them.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _read("<bytes>", bytes(source), verify)
    origin = os.fsdecode(source)
    return _read(origin, _mapped(origin), verify)


def is_model_file(source: Source) -> bool:
    """Return whether a file, or the bytes of one, begins as a model file does.

    That is with the length of a header in eight bytes, the upper two zero, and then its JSON.

    Raises
    ------
    FileNotFoundError, PermissionError, IsADirectoryError
        As ``open`` raises them.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        start = bytes(source[:9])
    else:
        with open(source, "rb") as file:  # noqa: PTH123
            start = file.read(9)
    return start[6:] == b"\0\0{"


def _mapped(path: str) -> mmap.mmap:
    # Replacing the file, as save does, leaves the mapping as it is. Cutting it short would not.
    with open(path, "rb") as file, naming(path):  # noqa: PTH123
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise MalformedError("not a regular file")
        if status.st_size == 0:
            raise MalformedError("the file is empty")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _read(origin: str, buffer: bytes | mmap.mmap, verify: bool) -> Container:
    with naming(origin):
        data = memoryview(buffer)
        text, tensors = read_layout(data)
        header = _header(parse(text, "the metadata"))
        records = take(header, "tensors", dict, "header")
        if records.keys() != tensors.keys():
            odd = short(sorted(records.keys() ^ tensors.keys()))
            raise MalformedError(
                f"the header and the file disagree on which tensors there are: {odd}"
            )
        arrays = {
            key: _array(key, record, tensors[key], data, verify) for key, record in records.items()
        }
        return Container(
            origin=origin,
            size=len(data),
            producer=take(header, "producer", str, "header"),
            kind=take(header, "kind", str, "header"),
            content=take(header, "content", dict, "header"),
            arrays=arrays,
        )


def _header(value: Any) -> dict[str, Any]:
    """Check version and checksum; return the header proper."""
    document = expect(value, dict, "the metadata")
    version = take(document, "format_version", int, "the metadata")
    if version not in READABLE_VERSIONS:
        readable = ", ".join(map(str, READABLE_VERSIONS))
        raise MalformedError(
            f"written in format version {version}; this fourfold reads {readable}. "
            "A newer fourfold may read it"
        )
    closed(document, ["format_version", "sha256", "header"], "the metadata")
    header = take(document, "header", dict, "the metadata")
    if checksum(canonical(header).encode()) != take(document, "sha256", str, "the metadata"):
        raise MalformedError("the header does not match its checksum: the file is damaged")
    closed(header, ["producer", "kind", "tensors", "content"], "header")
    return header


def _array(key: str, value: Any, tensor: Tensor, data: memoryview, verify: bool) -> np.ndarray:
    where = f"header.tensors[{short(key)}]"
    record = expect(value, dict, where)
    closed(record, ["dtype", "shape", "sha256"], where)
    dtype = dtype_name(record.get("dtype"), where)
    shape = tensor_shape(record.get("shape"), where)
    form = stored_form(dtype, shape)
    if form != tensor.form:
        raise MalformedError(
            f"{where} needs {form.dtype} {list(form.shape)}, {form.size} bytes; the file has "
            f"{tensor.form.dtype} {list(tensor.form.shape)}, {tensor.form.size} bytes"
        )
    digest = take(record, "sha256", str, where)
    if verify and checksum(data[tensor.start : tensor.start + form.size]) != digest:
        raise MalformedError(
            f"the data of tensor {short(key)} do not match their checksum: the file is damaged"
        )
    return array_at(data, tensor.start, dtype, shape, where)
