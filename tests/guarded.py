"""Arrays flush against memory that may not be touched: one element too far kills the process."""

import ctypes
import mmap
import os

import numpy as np
import pytest

needs_guard_pages = pytest.mark.skipif(os.name != "posix", reason="needs mprotect")

SIDES = ("before", "after")
_PROT_NONE = 0


def guarded(values, side):
    """A copy of a non-empty array, flush against a page without access on the given side of it."""
    page = mmap.PAGESIZE
    middle = -(-values.nbytes // page) * page
    region = mmap.mmap(-1, page + middle + page)
    address = ctypes.addressof(ctypes.c_char.from_buffer(region))
    for guard in (address, address + page + middle):
        _protect(guard, page)
    offset = page if side == "before" else page + middle - values.nbytes
    copy = np.frombuffer(region, values.dtype, values.size, offset).reshape(values.shape)
    copy[...] = values
    return copy


def _protect(address, size):
    mprotect = ctypes.CDLL(None, use_errno=True).mprotect
    mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    if mprotect(address, size, _PROT_NONE) != 0:
        raise OSError(ctypes.get_errno(), "mprotect")
