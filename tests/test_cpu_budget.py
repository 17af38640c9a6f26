"""CPU quotas of control groups, read from folders like those that the kernel shows."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
CPP = TESTS.parent / "cpp"
COMPILER = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++")
NO_LIMIT = 1e9

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="control groups are Linux's"),
    pytest.mark.skipif(COMPILER is None, reason="needs a C++ compiler"),
    pytest.mark.skipif(not CPP.is_dir(), reason="needs the C++ sources beside the tests"),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    program = tmp_path_factory.mktemp("cpu_budget") / "cpu_budget"
    sources = [TESTS / "native" / "cpu_budget.cc", CPP / "base" / "cpu_budget.cc"]
    command = [COMPILER, "-std=c++17", "-pthread", f"-I{CPP}", *map(str, sources)]
    subprocess.run([*command, "-o", str(program)], check=True, capture_output=True)
    return program


V2 = "0::/a/b\n"
V1 = "3:memory:/a/b\n2:cpu,cpuacct:/a/b\n1:cpuset:/\n"
UNLIMITED = {"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"}
HALF = {"cpu.cfs_quota_us": "50000", "cpu.cfs_period_us": "100000"}


@pytest.mark.parametrize(
    ("groups", "folders", "cpus"),
    [
        (V2, {}, NO_LIMIT),
        (V2, {"a/b": {"cpu.max": "max 100000"}}, NO_LIMIT),
        (V2, {"a/b": {"cpu.max": "150000 100000"}}, 1.5),
        (V2, {"a/b": {"cpu.max": "1000 100000"}}, 0.01),
        (V2, {"a": {"cpu.max": "200000 100000"}, "a/b": {"cpu.max": "max 100000"}}, 2),
        (V2, {"a": {"cpu.max": "200000 100000"}, "a/b": {"cpu.max": "800000 100000"}}, 2),
        (V2, {"a": {"cpu.max": "800000 100000"}, "a/b": {"cpu.max": "300000 100000"}}, 3),
        ("0::/docker/not-seen-here\n", {".": {"cpu.max": "250000 100000"}}, 2.5),
        ("0::/\n", {".": {"cpu.max": "250000 100000"}}, 2.5),
        (V1, {"cpu,cpuacct/a/b": UNLIMITED}, NO_LIMIT),
        (V1, {"cpu,cpuacct/a": HALF, "cpu,cpuacct/a/b": UNLIMITED}, 0.5),
        (V1, {"cpu/a/b": HALF}, 0.5),
        (V1, {"memory/a/b": HALF}, NO_LIMIT),
        ("1:cpuacct:/\n", {"cpuacct": HALF, "cpu": HALF}, NO_LIMIT),
        (V1 + V2, {"cpu/a/b": UNLIMITED, "unified/a": {"cpu.max": "100000 50000"}}, 2),
        ("", {".": {"cpu.max": "100000 100000"}}, NO_LIMIT),
        (V2, {"a/b": {"cpu.max": "nonsense"}}, NO_LIMIT),
    ],
)
def test_quota(program, tmp_path, groups, folders, cpus):
    (tmp_path / "list").write_text(groups)
    mount = tmp_path / "mount"
    for folder, files in folders.items():
        (mount / folder).mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (mount / folder / name).write_text(text + "\n")
    command = [program, tmp_path / "list", mount]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    assert float(result.stdout) == cpus
