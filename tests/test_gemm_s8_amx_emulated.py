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
from guarded import SIDES, guarded, needs_guard_pages

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


class Call(ctypes.Structure):
    """Call of native/gemm_s8_amx_emulated.cc, field by field."""

    _fields_ = (
        *((name, ctypes.c_size_t) for name in ("a", "a_stride", "b", "c", "c_stride")),
        *((name, ctypes.c_size_t) for name in ("rows", "columns", "depth", "ahead")),
        *((name, ctypes.c_size_t) for name in ("ahead_bytes", "steps", "throwing_step")),
        *((name, ctypes.c_size_t) for name in ("calls", "in_session", "faults", "steps_done")),
        *((name, ctypes.c_size_t) for name in ("most_products_between_steps", "products")),
        *((name, ctypes.c_size_t) for name in ("configurations", "lines_prefetched")),
        *((name, ctypes.c_size_t) for name in ("left_behind", "thrown", "products_at_last_step")),
    )


@pytest.fixture(scope="module")
def multiply(tmp_path_factory):
    """multiply(a, weight, **fields of Call) -> c and the Call that was done."""
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
    function.argtypes = [ctypes.POINTER(Call)]

    def call(a, weight, *, side=None, **fields):
        (rows, depth), columns = a.shape, weight.shape[1]
        packed = reference.pack_s8(weight)
        if side is not None:
            a, packed = guarded(a, side), guarded(packed, side)
        c = np.full((rows + 1, columns + 5), -7, np.int32)
        done = Call(a=a.ctypes.data, a_stride=a.strides[0], b=packed.ctypes.data)
        done.c, done.c_stride = c.ctypes.data, c.shape[1]
        done.rows, done.columns, done.depth, done.calls = rows, columns, depth, 1
        for name, value in fields.items():
            setattr(done, name, value)
        function(ctypes.byref(done))
        assert done.faults == 0
        assert (c[:, columns:] == -7).all()
        assert (c[rows:] == -7).all()
        return c[:rows, :columns], done

    return call


def operands(rng, rows, depth, columns):
    a = rng.integers(-127, 128, (rows, depth), dtype=np.int8)
    return a, rng.integers(-127, 128, (depth, columns), dtype=np.int8)


def product(a, weight):
    return a.astype(np.int32) @ weight.astype(np.int32)


@pytest.mark.parametrize("rows", [*range(1, 71), 96, 97, 113])
@pytest.mark.parametrize(("columns", "depth"), [(16, 64), (32, 576), (48, 192), (80, 64)])
def test_equals_integer_matmul(multiply, rng, rows, columns, depth):
    a, weight = operands(rng, rows, depth, columns)
    c, call = multiply(a, weight)
    assert_array_equal(c, product(a, weight))
    assert not call.left_behind


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("rows", [1, 15, 16, 17, 31, 33, 47, 49, 63])
def test_reads_nothing_outside(multiply, rng, rows, side):
    a, weight = operands(rng, rows, 64, 48)
    assert_array_equal(multiply(a, weight, side=side)[0], product(a, weight))


@pytest.mark.parametrize("depth", [512, 1024, 1088, 1536])
@pytest.mark.parametrize("rows", [16, 33, 50, 64, 79])
def test_depth_in_chunks(multiply, rng, rows, depth):
    a, weight = operands(rng, rows, depth, 96)
    assert_array_equal(multiply(a, weight)[0], product(a, weight))


@pytest.mark.parametrize("rows", [1, 16, 40, 64])
def test_no_depth_is_zeros_and_still_every_step(multiply, rows):
    c, call = multiply(np.empty((rows, 0), np.int8), np.empty((0, 32), np.int8), steps=5)
    assert (c == 0).all()
    assert call.steps_done == 5


@pytest.mark.parametrize("sign", [1, -1])
def test_extremes_do_not_saturate(multiply, sign):
    a = np.full((33, 4096), 127, np.int8)
    c, _ = multiply(a, np.full((4096, 32), sign * 127, np.int8))
    assert (c == sign * 127 * 127 * 4096).all()


@pytest.mark.parametrize("rows", [1, 15, 16, 17, 33, 49, 64])
@pytest.mark.parametrize("columns", [16, 32, 48, 112])
@pytest.mark.parametrize("steps", [1, 2, 7, 32, 101])
def test_steps_are_done_exactly_and_evenly(multiply, rng, rows, columns, steps):
    a, weight = operands(rng, rows, 320, columns)
    c, call = multiply(a, weight, steps=steps)
    assert_array_equal(c, product(a, weight))
    assert call.steps_done == steps
    assert call.products_at_last_step == call.products
    largest_group, smallest_group = 4, 1
    groups_at_most = call.products / smallest_group
    assert call.most_products_between_steps <= largest_group * (groups_at_most / steps + 1)


@pytest.mark.parametrize("ahead_bytes", [0, 1, 64, 4096, 100_000])
def test_every_line_ahead_is_prefetched_once(multiply, rng, ahead_bytes):
    a, weight = operands(rng, 64, 128, 32)
    start = np.zeros(1, np.int8).ctypes.data
    _, call = multiply(a, weight, ahead=start, ahead_bytes=ahead_bytes)
    assert call.lines_prefetched == -(-ahead_bytes // 64)


@pytest.mark.parametrize("rows", [1, 8, 16, 31, 40, 64])
def test_a_session_configures_once(multiply, rng, rows):
    a, weight = operands(rng, rows, 64, 32)
    c, call = multiply(a, weight, in_session=1, calls=3)
    assert_array_equal(c, product(a, weight))
    assert call.configurations == 1
    assert not call.left_behind


@pytest.mark.parametrize("throwing_step", [1, 3, 5])
def test_a_session_releases_the_tiles_when_a_step_throws(multiply, rng, throwing_step):
    a, weight = operands(rng, 40, 128, 32)
    _, call = multiply(a, weight, steps=5, throwing_step=throwing_step, in_session=1)
    assert call.thrown
    assert call.steps_done == throwing_step
    assert not call.left_behind
    c, call = multiply(a, weight, steps=5)
    assert_array_equal(c, product(a, weight))
    assert call.steps_done == 5
