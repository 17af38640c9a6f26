"""The AMX kernel on emulated tiles: its logic is tested on every x86 machine with a compiler."""

import ctypes
import os
import platform
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import reference

NATIVE = Path(__file__).parent / "native"
CPP = Path(__file__).parent.parent / "cpp"
COMPILER = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++")

pytestmark = [
    pytest.mark.skipif(
        platform.machine() not in ("x86_64", "AMD64"), reason="AMX intrinsics exist on x86 only"
    ),
    pytest.mark.skipif(COMPILER is None, reason="needs a C++ compiler"),
    pytest.mark.skipif(not CPP.is_dir(), reason="needs the C++ sources beside the tests"),
]


@pytest.fixture(scope="module")
def block(tmp_path_factory):
    """The kernel's block function: block(a, b, c, rows, columns, depth) -> faults."""
    folder = tmp_path_factory.mktemp("amx")
    isas = ("SCALAR", "AVX2", "AVXVNNI", "AVX512VNNI", "AMX", "NEON", "NEONDOT", "I8MM")
    (folder / "isa").mkdir()
    (folder / "isa" / "built_isas.h").write_text(
        "".join(f"#define FOURFOLD_IF_{isa}(...) __VA_ARGS__\n" for isa in isas)
    )
    library = folder / "gemm_s8_amx_emulated.so"
    source = NATIVE / "gemm_s8_amx_emulated.cc"
    command = [COMPILER, "-std=c++17", "-O2", "-shared", "-fPIC", f"-I{CPP}", f"-I{folder}"]
    subprocess.run([*command, str(source), "-o", str(library)], check=True, capture_output=True)
    function = ctypes.CDLL(str(library)).gemm_s8_amx_emulated
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p] + [
        ctypes.c_size_t
    ] * 4

    def call(a, packed, c, columns):
        rows, depth = a.shape
        pointers = a.ctypes.data, a.strides[0], packed.ctypes.data, c.ctypes.data
        return function(*pointers, c.shape[1], rows, columns, depth)

    return call


@pytest.mark.parametrize("rows", [1, 3, 4, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 97])
@pytest.mark.parametrize(
    ("columns", "depth"), [(16, 64), (32, 128), (48, 192), (80, 64), (64, 320)]
)
def test_equals_integer_matmul(block, rng, rows, columns, depth):
    a = rng.integers(-127, 128, (rows, depth), dtype=np.int8)
    weight = rng.integers(-127, 128, (depth, columns), dtype=np.int8)
    c = np.full((rows, columns + 5), -7, np.int32)
    assert block(a, reference.pack_s8(weight), c, columns) == 0
    assert_array_equal(c[:, :columns], a.astype(np.int32) @ weight.astype(np.int32))
    assert (c[:, columns:] == -7).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_extremes_do_not_saturate(block, sign):
    a = np.full((33, 4096), 127, np.int8)
    weight = np.full((4096, 32), sign * 127, np.int8)
    c = np.empty((33, 32), np.int32)
    assert block(a, reference.pack_s8(weight), c, 32) == 0
    assert (c == sign * 127 * 127 * 4096).all()
