"""Writing a container: a header of plain JSON and named arrays, as one safetensors file."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fourfold.errors import ModelFileError
from fourfold.model_file.layout import FORMAT_VERSION, MAX_HEADER_BYTES, METADATA_KEY
from fourfold.model_file.reading import Source, read_container
from fourfold.model_file.replacing import replacing
from fourfold.model_file.strict_json import canonical
from fourfold.model_file.tensors import ALIGNMENT, checksum, to_stored


def write_container(
    path: str | os.PathLike[str],
    kind: str,
    content: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    *,
    read_back: Callable[[Source], object] = read_container,
) -> None:
    """Write a file, or replace it, at once: a reader sees the old one or the new, never a half.

    What was written is read before it takes the old one's place: a file that loading would refuse
    is never left behind.

    Parameters
    ----------
    path : str or path-like
        Where to; a symbolic link is followed.
    kind : str
        What the file holds.
    content : mapping
        Plain JSON (no NaN, no infinity), kept as it is.
    arrays : mapping of str to ndarray
        Booleans, integers, floats or strings, of any shape.
    read_back : callable
        How the file will be read; raises ``ModelFileError`` on what it can't take.

    Raises
    ------
    OSError
        If ``path`` is a directory (``IsADirectoryError``) or a device, its folder is missing
        (``FileNotFoundError``) or can't be written to.
    TypeError, ValueError
        If ``content`` is no plain JSON, or above 4 MiB of it, an array is of a type that a file
        can't hold, or ``read_back`` refuses the outcome. The old file stays as it was.
    """
    buffers = _serialize(kind, content, arrays)
    with replacing(path) as temporary:
        with temporary.open("xb") as file:
            file.writelines(buffers)
            file.flush()
            os.fsync(file.fileno())
        _check_readable(temporary, read_back, f"{temporary}: ")


def dump_container(
    kind: str,
    content: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    *,
    read_back: Callable[[Source], object] = read_container,
) -> bytes:
    """Return what `write_container` would write."""
    file = b"".join(_serialize(kind, content, arrays))
    _check_readable(file, read_back, "<bytes>: ")
    return file


def _check_readable(written: Source, read_back: Callable[[Source], object], origin: str) -> None:
    try:
        read_back(written)
        return
    except ModelFileError as error:
        fault = str(error).removeprefix(origin)
    # Not within the handler: its traceback keeps the file mapped, and Windows would not remove it.
    raise ValueError(f"cannot be saved, for it could not be loaded again: {fault}")


def _serialize(
    kind: str, content: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> tuple[bytes, memoryview]:
    from safetensors.numpy import save

    tensors, records = {}, {}
    for name, array in arrays.items():
        tensors[name], records[name] = to_stored(name, array)
    header = {"producer": _producer(), "kind": kind, "tensors": records, "content": content}
    document = {
        "format_version": FORMAT_VERSION,
        "sha256": checksum(canonical(header).encode()),
        "header": header,
    }
    return _aligned(save(tensors, {METADATA_KEY: canonical(document)}))


def _aligned(file: bytes) -> tuple[bytes, memoryview]:
    """Fill the header up with spaces to 64 bytes, as safetensors itself does to 8."""
    (length,) = struct.unpack_from("<Q", file)
    if length > MAX_HEADER_BYTES - ALIGNMENT:
        raise ValueError(f"a header of {length} bytes, of which {MAX_HEADER_BYTES} could be read")
    gap = -(8 + length) % ALIGNMENT
    prefix = struct.pack("<Q", length + gap) + file[8 : 8 + length] + b" " * gap
    return prefix, memoryview(file)[8 + length :]


def _producer() -> str:
    from fourfold import __version__

    return f"fourfold {__version__}"
