"""Narrow: a constant in fewer bytes than the engine reads it in, every value the same.

Class labels, shapes and axes are int64 where they come from, and mostly below 128. A program holds
them in the narrowest integers that can, and floats that were rounded to 16 bits for it in those;
compiling the program widens them. Large integers stay as the engine reads them: they are used where
they lie in a mapped file.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# Bytes of integers as they are read. What is above may at most double when it is widened, so that
# no file asks for much more memory than it takes itself.
MAX_BYTES = 65536

# NumPy has no bfloat16: the upper half of a float32 is held as the integer that its bits are.
BFLOAT16 = "uint16"
HALF_BITS = np.uint32(16)

_INTEGERS = ("int8", "int16", "int32")


def narrow_integers(array: np.ndarray) -> np.ndarray:
    """Return int32 or int64 in the narrowest type that holds every value; all else as it is."""
    if array.dtype.name not in ("int32", "int64") or not 0 < array.nbytes <= MAX_BYTES:
        return array
    for name in _INTEGERS:
        limits = np.iinfo(name)
        if limits.min <= array.min() and array.max() <= limits.max:
            return array.astype(name, copy=False)
    return array


def narrow_floats(array: np.ndarray) -> np.ndarray:
    """Return float32 as float16 or bfloat16 if that holds every bit of it; all else as it is."""
    if array.dtype.name != "float32":
        return array
    bits = array.view(np.uint32)
    with np.errstate(over="ignore", invalid="ignore"):
        half = array.astype(np.float16)
    for narrow in (half, np.asarray(bits >> HALF_BITS, BFLOAT16)):
        if np.array_equal(widened(narrow, "float32").view(np.uint32), bits):
            return narrow
    return array


def widened(array: np.ndarray, dtype: str) -> np.ndarray:
    """Return what the engine reads: the array with the same values in a wider type.

    Parameters
    ----------
    array : ndarray
        int8 to int32, for wider integers; float16 or, as uint16, bfloat16, for float32.
    dtype : str
        "int32", "int64" or "float32".

    Raises
    ------
    ValueError
        If the one is no narrow form of the other, or the outcome would be large.
    """
    make = _WIDENING.get((array.dtype.name, dtype))
    if make is None:
        raise ValueError(f"{array.dtype.name} is no narrow form of {dtype[:20]!r}")
    size = array.size * np.dtype(dtype).itemsize
    if size > max(MAX_BYTES, 2 * array.nbytes):
        raise ValueError(
            f"{array.size} elements of {array.dtype.name} would take {size} bytes as {dtype}: "
            f"expected at most {MAX_BYTES}, or twice as many as they take"
        )
    return make(array, dtype)


def _cast(array: np.ndarray, dtype: str) -> np.ndarray:
    return array.astype(dtype)


def _from_upper_half(array: np.ndarray, dtype: str) -> np.ndarray:
    bits = np.asarray(array.astype(np.uint32) << HALF_BITS)  # of an array without axes, a scalar
    return bits.view(dtype)


_WIDENING: dict[tuple[str, str], Callable[[np.ndarray, str], np.ndarray]] = {
    ("int8", "int32"): _cast,
    ("int16", "int32"): _cast,
    ("int8", "int64"): _cast,
    ("int16", "int64"): _cast,
    ("int32", "int64"): _cast,
    ("float16", "float32"): _cast,
    (BFLOAT16, "float32"): _from_upper_half,
}
