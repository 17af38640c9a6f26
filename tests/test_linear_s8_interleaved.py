"""The driver with a kernel that does the former block's epilogue on the side.

Only AMX kernels do, so here is one that runs everywhere, linked to the driver's own sources.
"""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from fourfold import _core
from reference import assert_same_bits, pad_columns

CPP = Path(__file__).parent.parent / "cpp"
NATIVE = Path(__file__).parent / "native"
COMPILER = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++")
SOURCES = [
    *(
        "base/aligned_buffer.cc",
        "base/cache_sizes.cc",
        "base/cpu_budget.cc",
        "base/thread_crew.cc",
        "base/thread_pool.cc",
    ),
    *("matmul/blocking.cc", "matmul/epilogue.cc", "matmul/linear_s8.cc"),
    *("matmul/linear_s8_plan.cc", "matmul/operand.cc", "matmul/packed_weights.cc"),
    *("kernels/activation/scalar.cc", "kernels/quantize/scalar.cc"),
]
F32, FIXED, ROWS = range(3)  # OutputForm

pytestmark = [
    pytest.mark.skipif(COMPILER is None or os.name != "posix", reason="needs a C++ compiler"),
    pytest.mark.skipif(not CPP.is_dir(), reason="needs the C++ sources beside the tests"),
]


@pytest.fixture(scope="module")
def interleaved(tmp_path_factory):
    """The driver's C function, built with the scalar kernels alone."""
    folder = tmp_path_factory.mktemp("interleaved")
    isas = ("AVX2", "AVXVNNI", "AVX512VNNI", "AMX", "NEON", "NEONDOT", "I8MM")
    (folder / "isa").mkdir()
    (folder / "isa" / "built_isas.h").write_text(
        "#define FOURFOLD_IF_SCALAR(...) __VA_ARGS__\n"
        + "".join(f"#define FOURFOLD_IF_{isa}(...)\n" for isa in isas)
    )
    library = folder / "linear_s8_interleaved.so"
    flags = ["-std=c++17", "-O1", "-ffp-contract=off", "-shared", "-fPIC", "-pthread"]
    sources = [str(NATIVE / "linear_s8_interleaved.cc"), *(str(CPP / name) for name in SOURCES)]
    command = [COMPILER, *flags, f"-I{CPP}", f"-I{folder}", *sources, "-o", str(library)]
    subprocess.run(command, check=True, capture_output=True)
    function = ctypes.CDLL(str(library)).linear_s8_interleaved
    function.restype = ctypes.c_size_t
    return function


def pointer(array):
    return None if array is None else ctypes.c_void_p(array.ctypes.data)


@pytest.mark.parametrize("form", [F32, FIXED, ROWS])
@pytest.mark.parametrize("kind", ["identity", "gelu"])
@pytest.mark.parametrize(
    ("rows", "depth", "columns"),
    [(1, 64, 16), (3, 70, 33), (8, 64, 64), (9, 130, 97), (21, 64, 200), (40, 3000, 500)],
)
def test_the_same_bits(interleaved, rng, threads, form, kind, rows, depth, columns):
    x = rng.standard_normal((rows, depth), dtype=np.float32)
    packed = _core.pack_s8(rng.integers(-127, 128, (depth, columns), dtype=np.int8))
    scales = pad_columns(rng.uniform(0.001, 0.02, columns).astype(np.float32))
    bias = pad_columns(rng.standard_normal(columns, dtype=np.float32))
    residual = rng.standard_normal((rows, columns), dtype=np.float32) if rows % 2 else None
    y, q = np.empty((rows, columns), np.float32), np.empty((rows, columns), np.int8)
    row_scales = np.empty(rows, np.float32)

    steps = interleaved(
        *(pointer(array) for array in (x, packed, scales, bias, residual)),
        *(_core.activation_names().index(kind), form, pointer(y), pointer(q)),
        *(ctypes.c_float(0.05), pointer(row_scales)),
        *(ctypes.c_size_t(size) for size in (rows, depth, columns, threads)),
    )

    assert steps > 0 or (rows <= 8 and columns <= 32)  # all but the last block of each panel
    output_scale = {F32: None, FIXED: 0.05, ROWS: "rows"}[form]
    expected = _core.kernels.linear_s8(
        x, packed, scales, bias, columns, kind, residual=residual, output_scale=output_scale
    )
    if form == F32:
        assert_same_bits(y, expected)
    else:
        assert_same_bits(q, expected[0] if form == ROWS else expected)
    if form == ROWS:
        assert_same_bits(row_scales, expected[1])
