"""Importing the package: the public names, and nothing besides."""

import subprocess
import sys

import pytest

import fourfold as ff

QUIET_IMPORT = """
import sys, threading, pathlib
import fourfold
assert threading.active_count() == 1
tasks = pathlib.Path("/proc/self/task")
assert not tasks.exists() or len(list(tasks.iterdir())) == 1
heavy = {"onnx", "sklearn", "pandas", "scipy", "safetensors", "threadpoolctl", "rich", "typer"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""


@pytest.mark.parametrize("name", ff.__all__)
def test_every_public_name_is_there(name):
    assert getattr(ff, name) is not None
    assert name in dir(ff)


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="no attribute 'quantise_model'"):
        _ = ff.quantise_model


def test_importing_is_quiet_and_starts_nothing():
    done = subprocess.run(
        [sys.executable, "-c", QUIET_IMPORT], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("avx3", ValueError, "scalar"),
        (None, TypeError, "got NoneType"),
    ],
)
def test_a_wrong_isa_changes_nothing(value, error, message):
    before = ff.active_isa()
    with pytest.raises(error, match=message):
        ff.use_isa(value)
    assert ff.active_isa() == before


@pytest.mark.parametrize(
    ("value", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), ("2", TypeError)]
)
def test_a_wrong_thread_count_changes_nothing(value, error):
    before = ff.get_threads()
    with pytest.raises(error, match="threads"):
        ff.set_threads(value)
    assert ff.get_threads() == before
