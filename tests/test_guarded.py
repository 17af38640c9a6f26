"""The guard pages of the kernel tests really guard."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from guarded import SIDES, guarded, needs_guard_pages

pytestmark = needs_guard_pages

TOUCH = """
import ctypes, sys
import numpy as np
from guarded import guarded
side, offset = sys.argv[1], int(sys.argv[2])
array = guarded(np.ones(5, np.float32), side)
ctypes.string_at(array.ctypes.data + 4 * offset, 4)
"""


@pytest.mark.parametrize("side", SIDES)
def test_a_copy_is_a_copy(side):
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    copy = guarded(values, side)
    assert copy.flags.c_contiguous
    assert np.array_equal(copy, values)


@pytest.mark.parametrize(("side", "offset"), [("before", -1), ("after", 5)])
def test_the_next_element_is_out_of_reach(side, offset):
    def touch(element):
        command = [sys.executable, "-c", TOUCH, side, str(element)]
        return subprocess.run(command, cwd=Path(__file__).parent, capture_output=True).returncode

    assert touch(0) == touch(4) == 0
    assert touch(offset) != 0
