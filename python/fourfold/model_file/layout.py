"""The safetensors half of a file: eight bytes of length, a JSON table, the tensors end to end.

What is accepted is a strict subset of what the safetensors library accepts. Beyond its rules (sizes
that match, tensors that cover the data without gap or overlap): no key twice, every tensor on a
64-byte boundary, a header of bounded size. The library itself can't be used to read: it gives out
copies, tells no offsets, and of a key that is there twice it silently takes the last.
"""

from __future__ import annotations

from reprlib import repr as short
from typing import Any, NamedTuple

from fourfold.model_file.fields import MalformedError, closed, expect, naturals, take
from fourfold.model_file.strict_json import parse
from fourfold.model_file.tensors import ALIGNMENT, Stored, tensor_shape

FORMAT_VERSION = 1
READABLE_VERSIONS = (FORMAT_VERSION,)
METADATA_KEY = "fourfold"
# Parsed JSON can take forty times its text: this bounds what a header can cost at some 150 MB.
# A step takes 300 bytes, so ten thousand of them fit.
MAX_HEADER_BYTES = 4 * 2**20


class Tensor(NamedTuple):
    """What the table says of a tensor, and where it starts in the file."""

    form: Stored
    start: int


def read_layout(data: memoryview) -> tuple[str, dict[str, Tensor]]:
    """Return fourfold's own header, still as text, and the tensors by name; read no data."""
    start = _data_start(data)
    table = expect(parse(_text(data[8:start]), "the header"), dict, "the header")
    metadata = take(table, "__metadata__", dict, "the header") if "__metadata__" in table else {}
    if METADATA_KEY not in metadata:
        raise MalformedError("not a fourfold model file, but a safetensors file of another make")
    closed(metadata, [METADATA_KEY], "the metadata")
    if start % ALIGNMENT:
        raise MalformedError(f"the data start at byte {start}, which is no multiple of {ALIGNMENT}")
    tensors = {
        key: _tensor(key, value, start) for key, value in table.items() if key != "__metadata__"
    }
    _check_cover(tensors, start, len(data))
    return take(metadata, METADATA_KEY, str, "the metadata"), tensors


def _data_start(data: memoryview) -> int:
    if len(data) < 8:
        raise MalformedError(
            f"not a fourfold model file: {len(data)} bytes are too few for a model file"
        )
    # The library's own rule, so that a file can't be two formats at once.
    if bytes(data[8:9]) != b"{":
        raise MalformedError("not a fourfold model file: the header does not start with '{'")
    length = int.from_bytes(data[:8], "little")
    if length > len(data) - 8:
        raise MalformedError(
            f"the header is said to take {length} bytes, but {len(data) - 8} follow: "
            "the file is truncated, or not a fourfold model file"
        )
    if length > MAX_HEADER_BYTES:
        raise MalformedError(f"a header of {length} bytes; at most {MAX_HEADER_BYTES} are read")
    return 8 + length


def _text(data: memoryview) -> str:
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(
            f"the header is not UTF-8: {error.reason} at byte {8 + error.start}"
        ) from None


def _tensor(key: str, value: Any, data_start: int) -> Tensor:
    where = f"tensor {short(key)}"
    record = expect(value, dict, where)
    closed(record, ["dtype", "shape", "data_offsets"], where)
    dtype = take(record, "dtype", str, where)
    shape = tensor_shape(record.get("shape"), where)
    offsets = naturals(take(record, "data_offsets", list, where), 2**63, f"{where}.data_offsets")
    if len(offsets) != 2 or offsets[0] > offsets[1]:
        raise MalformedError(
            f"{where}.data_offsets must be a start and an end, not {list(offsets)}"
        )
    return Tensor(Stored(dtype, shape, offsets[1] - offsets[0]), data_start + offsets[0])


def _check_cover(tensors: dict[str, Tensor], start: int, end: int) -> None:
    """Tensors follow each other without gap or overlap, aligned, up to the file's last byte."""
    position = start
    for key, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].form.size)):
        if tensor.start != position:
            raise MalformedError(
                f"tensor {short(key)} starts at byte {tensor.start}; expected {position}"
            )
        if position % ALIGNMENT:
            raise MalformedError(
                f"tensor {short(key)} starts at byte {position}, no multiple of {ALIGNMENT}"
            )
        position += tensor.form.size
    if position != end:
        raise MalformedError(f"the tensors end at byte {position}, the file at {end}")
