"""Arrays flush against memory that may not be touched: one element too far kills the process."""

import ctypes
import functools
import mmap
import os

import numpy as np
import pytest

needs_guard_pages = pytest.mark.skipif(os.name != "posix", reason="needs mprotect")

SIDES = ("before", "after")
_PROT_NONE, _PROT_READ = 0, 1  # <sys/mman.h>


def guarded(values, side, read_only=False):
    """A copy of an array, flush against a page without access on the given side of it.

    A write to a read-only copy kills the process, too. (NumPy thinks it writable.)
    """
    page = mmap.PAGESIZE
    middle = -(-values.nbytes // page) * page
    region = mmap.mmap(-1, page + middle + page)
    address = ctypes.addressof(ctypes.c_char.from_buffer(region))
    for guard in (address, address + page + middle):
        _protect(guard, page, _PROT_NONE)
    offset = page if side == "before" else page + middle - values.nbytes
    copy = np.frombuffer(region, values.dtype, values.size, offset).reshape(values.shape)
    copy[...] = values
    if read_only and middle > 0:
        _protect(address + page, middle, _PROT_READ)
    return copy


def _protect(address, size, access):
    if _mprotect()(address, size, access) != 0:
        raise OSError(ctypes.get_errno(), "mprotect")


@functools.cache
def _mprotect():
    mprotect = ctypes.CDLL(None, use_errno=True).mprotect
    mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return mprotect
