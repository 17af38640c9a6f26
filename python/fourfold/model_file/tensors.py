"""How an array becomes a tensor of the file, and back.

An array whose size in bytes is a multiple of 64 and whose type safetensors knows is stored as
itself. Any other is stored as a vector of bytes, filled up with zeros to a multiple of 64. So every
tensor can start on a 64-byte boundary, and an array's type and shape alone say how it is stored.

Types are NumPy's strings (``<f4``, ``|i1``, ``|b1``, ``<U5``); ``object:<U5`` is an array of Python
strings.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from reprlib import repr as short
from typing import Any, NamedTuple

import numpy as np

from fourfold.model_file.fields import MalformedError, naturals

ALIGNMENT = 64
MAX_RANK = 16
MAX_DIMENSION = 2**40
OBJECT_PREFIX = "object:"

_NATIVE = {
    "|b1": "BOOL",
    "|u1": "U8",
    "|i1": "I8",
    "<u2": "U16",
    "<i2": "I16",
    "<f2": "F16",
    "<u4": "U32",
    "<i4": "I32",
    "<f4": "F32",
    "<u8": "U64",
    "<i8": "I64",
    "<f8": "F64",
}
_DTYPE = re.compile(r"\|b1|\|[iu]1|[<>]([iu][248]|f[248])|(object:)?<U[1-9][0-9]{0,5}")
_LAST_CODE_POINT = 0x10FFFF


class Stored(NamedTuple):
    """Type (safetensors' name), shape and size in bytes of a tensor as the file holds it."""

    dtype: str
    shape: tuple[int, ...]
    size: int


def stored_form(dtype: str, shape: Sequence[int]) -> Stored:
    """Return how an array of this type and shape is stored."""
    size = math.prod(shape) * np.dtype(dtype.removeprefix(OBJECT_PREFIX)).itemsize
    padded = -(-size // ALIGNMENT) * ALIGNMENT
    if padded == size and dtype in _NATIVE:
        return Stored(_NATIVE[dtype], tuple(shape), size)
    return Stored("U8", (padded,), padded)


def tensor_shape(value: Any, where: str) -> tuple[int, ...]:
    """Return ``value`` as a shape if a file may hold it."""
    shape = naturals(value, MAX_DIMENSION, f"{where}.shape")
    if len(shape) > MAX_RANK:
        raise MalformedError(f"{where} has {len(shape)} dimensions; at most {MAX_RANK}")
    return shape


def dtype_name(value: Any, where: str) -> str:
    """Return ``value`` if it names a type that a file may hold."""
    if type(value) is not str or not _DTYPE.fullmatch(value):
        raise MalformedError(f"{where}: unknown type {short(value)}")
    return value


def to_stored(name: str, array: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the tensor to write for ``array``, and its record: type, shape and checksum.

    Raises
    ------
    TypeError
        If a file can't hold it: Python objects other than strings, complex numbers, dates.
    """
    dtype, plain = array.dtype.str, array
    if array.dtype.kind == "O":
        plain = _plain_strings(name, array)
        dtype = OBJECT_PREFIX + plain.dtype.str
    if not _DTYPE.fullmatch(dtype):
        raise TypeError(
            f"the array {name!r} is of type {array.dtype}, which a model file can't hold; "
            "it holds booleans, integers, floats and strings"
        )
    form = stored_form(dtype, plain.shape)
    tensor = np.ascontiguousarray(plain)
    if (form.dtype, form.shape) != (_NATIVE.get(dtype), plain.shape):
        tensor = np.zeros(form.size, np.uint8)
        tensor[: plain.nbytes] = np.ascontiguousarray(plain).reshape(-1).view(np.uint8)
    record = {"dtype": dtype, "shape": list(plain.shape), "sha256": checksum(tensor)}
    return tensor, record


def checksum(data: Any) -> str:
    """Return the SHA-256 of a contiguous buffer, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def array_at(buffer: Any, offset: int, dtype: str, shape: Sequence[int], where: str) -> np.ndarray:
    """Return the array that starts at ``offset`` of ``buffer``, within which it is known to lie.

    A view; of strings as objects a copy.
    """
    plain = np.dtype(dtype.removeprefix(OBJECT_PREFIX))
    try:
        array: np.ndarray = np.ndarray(tuple(shape), plain, buffer, offset)
    except ValueError as error:
        raise MalformedError(f"{where}: shape {list(shape)}: {error}") from None
    # NumPy takes any byte for a boolean and any word for a character, and goes wrong later.
    if plain.kind == "b" and array.view(np.uint8).max(initial=0) > 1:
        raise MalformedError(f"{where} holds bytes that are not booleans")
    if plain.kind == "U":
        words = np.ndarray((array.nbytes // 4,), "<u4", buffer, offset)
        if words.max(initial=0) > _LAST_CODE_POINT:
            raise MalformedError(f"{where} holds words that are not characters")
    return array.astype(object) if dtype.startswith(OBJECT_PREFIX) else array


def _plain_strings(name: str, array: np.ndarray) -> np.ndarray:
    other = next((type(item).__name__ for item in array.flat if type(item) is not str), None)
    if other is not None:
        raise TypeError(
            f"the array {name!r} holds Python objects of type {other}; "
            "of objects a model file holds strings alone"
        )
    plain = array.astype("<U")
    if not np.array_equal(plain.astype(object), array):
        raise ValueError(
            f"the array {name!r} holds a string that ends with a NUL, which a model file can't keep"
        )
    return plain
