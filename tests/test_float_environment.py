"""The caller's float environment: results do not depend on it, and it comes back unchanged.

Flushing denormals and rounding modes are set as other libraries set them, for the whole thread.
"""

import ctypes
import platform
import struct

import numpy as np
import pytest

from fourfold import _core

X86 = platform.machine() == "x86_64"
# Where glibc keeps the control word in its fenv_t, and the bits of it that are settings: on x86-64
# MXCSR, whose low six bits are flags that any float operation may raise; on AArch64 FPCR.
OFFSET, SETTINGS = (28, ~0x3F) if X86 else (0, ~0)
# Denormals to zero, upward, downward, and both of the first two.
MODES = (
    {"flush": 0x8040, "up": 0x4000, "down": 0x2000, "flush, up": 0xC040}
    if X86
    else {"flush": 1 << 24, "up": 1 << 22, "down": 2 << 22, "flush, up": 5 << 22}
)

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or platform.machine() not in ("x86_64", "aarch64"),
    reason="knows glibc's fenv_t on x86-64 and AArch64",
)


class Environment:
    """The calling thread's float environment, saved when entered and restored when left."""

    def __init__(self, bits):
        self.bits = bits
        self.libm = ctypes.CDLL("libm.so.6")
        self.saved = ctypes.create_string_buffer(64)

    def settings(self):
        now = ctypes.create_string_buffer(64)
        self.libm.fegetenv(now)
        return struct.unpack_from("<I", now, OFFSET)[0] & SETTINGS

    def __enter__(self):
        self.libm.fegetenv(self.saved)
        changed = ctypes.create_string_buffer(self.saved.raw, 64)
        word = struct.unpack_from("<I", changed, OFFSET)[0] | self.bits
        struct.pack_into("<I", changed, OFFSET, word)
        self.libm.fesetenv(changed)
        return self

    def __exit__(self, *error):
        self.libm.fesetenv(self.saved)


@pytest.fixture(params=MODES)
def environment(request):
    return Environment(MODES[request.param])


@pytest.fixture
def calls(rng, isa):
    """What a user's call comes to: name and function, on values that the modes would change."""
    depth = columns = 256
    integers = _core.pack_s8(rng.integers(-127, 128, (depth, columns), dtype=np.int8))
    floats = _core.pack_f32(rng.standard_normal((depth, columns)).astype(np.float32))
    scales, bias = np.full(columns, 1e-3, np.float32), np.full(columns, 1e-39, np.float32)
    ordinary = rng.standard_normal((300, depth)).astype(np.float32)
    x = np.concatenate([ordinary, ordinary * np.float32(1e-38), ordinary * np.float32(1e-41)])
    program = _core.Program(
        [("x", "float32", (None, depth))],
        [integers, scales, bias],
        [
            ("linear_s8", (0, 1, 2, 3), (4,), {"depth": depth, "columns": columns}),
            ("activation", (4,), (5,), {"kind": "softmax"}),
        ],
        [4, 5],
    )
    return {
        "program": lambda: program(x),
        "linear_s8": lambda: _core.kernels.linear_s8(x, integers, scales, bias, columns),
        "linear_f32": lambda: _core.kernels.linear_f32(x, floats, bias, columns),
        "gelu": lambda: _core.kernels.activation("gelu", x),
        "quantize": lambda: _core.kernels.quantize_rows(x, depth),
        "moments": lambda: _core.kernels.moments(x[400]),
    }


def bytes_of(result):
    parts = result if isinstance(result, tuple) else (result,)
    return [np.asarray(part).tobytes() for part in parts]


def test_results_are_the_same_and_the_environment_is_kept(calls, environment, threads):
    for name, call in calls.items():
        expected = bytes_of(call())
        with environment:
            before = environment.settings()
            result = call()
            after = environment.settings()
        assert before & environment.bits == environment.bits
        assert after == before, name
        assert bytes_of(result) == expected, name


def test_a_refused_call_keeps_the_environment(calls, environment):
    wrong = np.zeros((3, 3), np.float32)
    weight, row = np.zeros((1, 1, 16, 4), np.int8), np.zeros(5, np.float32)
    with environment:
        before = environment.settings()
        for call in (
            lambda: _core.kernels.linear_s8(wrong, weight, row, row, 5),
            lambda: _core.kernels.quantize_rows(wrong, 1),
            lambda: _core.kernels.moments(np.zeros(0, np.float32)),
        ):
            with pytest.raises(ValueError, match="expected"):
                call()
            assert environment.settings() == before
