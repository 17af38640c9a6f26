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
    *("kernels/quantize/scalar.cc", "kernels/copy_s8/scalar.cc"),
]
F32, FIXED, ROWS = range(3)  # OutputForm
ROW_TILE, COLUMN_BLOCK = 4, 32  # of the kernel in native/linear_s8_interleaved.cc

pytestmark = [
    pytest.mark.skipif(COMPILER is None or os.name != "posix", reason="needs a C++ compiler"),
    pytest.mark.skipif(not CPP.is_dir(), reason="needs the C++ sources beside the tests"),
]


class Seen(ctypes.Structure):
    """Seen of native/linear_s8_interleaved.cc, field by field."""

    _fields_ = (
        *((name, ctypes.c_size_t) for name in ("steps", "sessions", "sessions_left", "calls")),
        *((name, ctypes.c_size_t) for name in ("faults", "ahead_bytes", "fewest_rows")),
        *((name, ctypes.c_size_t) for name in ("most_columns", "activations", "thrown")),
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The driver's C functions, built with the scalar kernels alone."""
    folder = tmp_path_factory.mktemp("interleaved")
    isas = ("AVX2", "AVXVNNI", "AVX512VNNI", "AMX", "NEON", "NEONDOT", "I8MM")
    (folder / "isa").mkdir()
    (folder / "isa" / "built_isas.h").write_text(
        "#define FOURFOLD_IF_SCALAR(...) __VA_ARGS__\n"
        + "".join(f"#define FOURFOLD_IF_{isa}(...)\n" for isa in isas)
    )
    path = folder / "linear_s8_interleaved.so"
    flags = ["-std=c++17", "-O1", "-ffp-contract=off", "-shared", "-fPIC", "-pthread"]
    sources = [str(NATIVE / "linear_s8_interleaved.cc"), *(str(CPP / name) for name in SOURCES)]
    command = [COMPILER, *flags, f"-I{CPP}", f"-I{folder}", *sources, "-o", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    built = ctypes.CDLL(str(path))
    built.linear_s8_scratch.restype = ctypes.c_size_t
    return built


def pointer(array):
    return None if array is None else ctypes.c_void_p(array.ctypes.data)


def sizes(*values):
    return tuple(ctypes.c_size_t(value) for value in values)


class Layer:
    """One layer and its input, and what the driver makes of them."""

    def __init__(self, rng, rows, depth, columns, kind="identity", form=F32):
        self.shape, self.kind, self.form = (rows, depth, columns), kind, form
        self.x = rng.standard_normal((rows, depth), dtype=np.float32)
        self.packed = _core.pack_s8(rng.integers(-127, 128, (depth, columns), dtype=np.int8))
        self.scales = pad_columns(rng.uniform(0.001, 0.02, columns).astype(np.float32))
        self.bias = pad_columns(rng.standard_normal(columns, dtype=np.float32))
        values = rng.standard_normal((rows, columns), dtype=np.float32)
        self.residual = values if rows % 2 else None

    def run(self, library, threads=1, throwing=0):
        """The output, the row scales, and what the kernel saw."""
        rows, _, columns = self.shape
        y, q = np.empty((rows, columns), np.float32), np.empty((rows, columns), np.int8)
        row_scales, seen = np.empty(rows, np.float32), Seen(fewest_rows=rows)
        arrays = (self.x, self.packed, self.scales, self.bias, self.residual)
        library.linear_s8_interleaved(
            *(pointer(array) for array in arrays),
            *(_core.activation_names().index(self.kind), self.form, pointer(y), pointer(q)),
            *(ctypes.c_float(0.05), pointer(row_scales)),
            *(*sizes(*self.shape, threads, throwing), ctypes.byref(seen)),
        )
        return (y if self.form == F32 else q), row_scales, seen

    def expected(self):
        return _core.kernels.linear_s8(
            *(self.x, self.packed, self.scales, self.bias, self.shape[2], self.kind),
            residual=self.residual,
            output_scale={F32: None, FIXED: 0.05, ROWS: "rows"}[self.form],
        )


@pytest.mark.parametrize("form", [F32, FIXED, ROWS])
@pytest.mark.parametrize("kind", ["identity", "gelu"])
@pytest.mark.parametrize(
    "shape",
    [
        *((1, 64, 16), (2, 130, 200), (3, 70, 33), (8, 64, 64), (9, 130, 97), (21, 64, 200)),
        *((40, 3000, 500), (331, 3000, 80)),
    ],
)
def test_the_same_bits(library, rng, threads, form, kind, shape):
    layer = Layer(rng, *shape, kind, form)
    output, row_scales, seen = layer.run(library, threads)
    assert seen.steps > 0 or seen.calls == 1  # all but the last block of each panel
    if form == ROWS:
        q, scales = layer.expected()
        assert_same_bits(output, q)
        assert_same_bits(row_scales, scales)
    else:
        assert_same_bits(output, layer.expected())


@pytest.mark.parametrize("shape", [(1, 64, 16), (5, 64, 97), (40, 3000, 500), (2000, 1500, 32)])
def test_every_call_has_its_session(library, rng, threads, shape):
    _, _, seen = Layer(rng, *shape).run(library, threads)
    assert seen.faults == 0
    assert 0 < seen.sessions <= seen.calls
    assert seen.sessions_left == 0


@pytest.mark.parametrize("throwing", [1, 2, 9, 40, 62])
@pytest.mark.parametrize("form", [F32, FIXED, ROWS])
def test_a_session_ends_when_the_epilogue_throws(library, rng, threads, form, throwing):
    layer = Layer(rng, 40, 3000, 370, "gelu", form)  # 12 passes of 40 rows, each of 4 at a time
    _, _, seen = layer.run(library, threads, throwing)
    assert seen.thrown
    assert seen.sessions > 0
    assert seen.sessions_left == 0
    output, _, seen = layer.run(library, threads)
    expected = layer.expected()
    assert_same_bits(output, expected[0] if form == ROWS else expected)
    assert not seen.thrown
    assert seen.faults == 0


@pytest.mark.parametrize("rows", [1, 2, 3, 8, 9, 40])
@pytest.mark.parametrize("columns", [16, 32, 33, 64, 65, 500])
def test_all_weights_but_the_first_are_announced_once(library, rng, rows, columns):
    layer = Layer(rng, rows, 192, columns)
    _, _, seen = layer.run(library)
    width = COLUMN_BLOCK if rows > ROW_TILE / 2 else 2 * COLUMN_BLOCK
    padded = -(-columns // 16) * 16
    assert seen.most_columns == min(width, padded)
    assert seen.ahead_bytes == layer.packed.nbytes - min(width, padded) * 192
    assert seen.faults == 0


@pytest.mark.parametrize("rows", [*range(1, 42), 97, 331])
def test_no_call_has_less_than_a_register_tile(library, rng, rows):
    _, _, seen = Layer(rng, rows, 3000, 16).run(library)
    assert seen.fewest_rows >= min(rows, ROW_TILE)


@pytest.mark.parametrize("form", [F32, ROWS])
@pytest.mark.parametrize(("depth", "columns"), [(64, 16), (768, 3072), (60_000, 40)])
def test_scratch_never_grows_when_rows_become_fewer(library, threads, form, depth, columns):
    scratch = [
        library.linear_s8_scratch(form, *sizes(rows, depth, columns, threads))
        for rows in [*range(70), 96, 97, 500, 501]
    ]
    assert scratch == sorted(scratch)
