"""The thread pool from inside: who runs a part, who sleeps, and no data races (``native/``)."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
CPP = TESTS.parent / "cpp"
CHECKS = TESTS / "native" / "thread_pool.cc"
PARTS = ("cpu_budget", "thread_crew", "thread_pool")
SOURCES = [CHECKS, *(CPP / "base" / f"{part}.cc" for part in PARTS)]
COMPILER = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++")

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="counts a thread's context switches"),
    pytest.mark.skipif(COMPILER is None, reason="needs a C++ compiler"),
    pytest.mark.skipif(not CPP.is_dir(), reason="needs the C++ sources beside the tests"),
]


def compile_to(program, *arguments):
    command = [COMPILER, "-std=c++17", "-O2", "-pthread", f"-I{CPP}", *map(str, arguments)]
    return subprocess.run([*command, "-o", str(program)], capture_output=True, text=True)


@pytest.fixture(scope="module", params=["plain", "sanitized"])
def checks(request, tmp_path_factory):
    """The compiled checks, as they are and under the thread sanitizer."""
    folder = tmp_path_factory.mktemp("thread_pool")
    options = ["-fsanitize=thread", "-g"] if request.param == "sanitized" else []
    if options:
        (folder / "empty.cc").write_text("int main() {}")
        built = compile_to(folder / "empty", folder / "empty.cc", *options).returncode == 0
        if not built or subprocess.run([folder / "empty"], capture_output=True).returncode != 0:
            pytest.skip("needs a thread sanitizer that works here")
    result = compile_to(folder / "checks", *SOURCES, *options)
    assert result.returncode == 0, result.stderr
    return folder / "checks"


@pytest.mark.parametrize("name", re.findall(r"^ +CHECK\((\w+)\),$", CHECKS.read_text(), re.M))
def test_check(checks, name):
    result = subprocess.run([checks, name], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
