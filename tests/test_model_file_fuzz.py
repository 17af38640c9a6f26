"""Ten thousand damaged model files: each is refused, or verified and as good as the original."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from model_files import small_file

MARGIN = 64 * 2**20


def run_mutations(rng, folder, file, features, count):
    (folder / "original.ff").write_bytes(file)
    task = {
        "seed": int(rng.integers(2**32)),
        "count": count,
        "folder": str(folder),
        "features": features,
        "margin": MARGIN,
    }
    process = subprocess.run(
        [sys.executable, Path(__file__).with_name("model_file_mutations.py")],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    result = json.loads(process.stdout)
    assert result["failures"] == []
    outcomes = {outcome.split(maxsplit=1)[1] for outcome in result["counts"]}
    assert outcomes <= {"refused", "same", "other"}
    assert sum(result["counts"].values()) == 2 * count + 1
    return result


def header_heavy(rng):
    interface = {"method": "predict", "names": [f"feature {i}" for i in range(200)]}
    return small_file(rng, [4, 8, 2], interface)


def data_heavy(rng):
    return small_file(rng, [64, 96, 48])


@pytest.mark.parametrize("make", [header_heavy, data_heavy])
def test_mutations(rng, tmp_path, make):
    file = make(rng)
    header = int.from_bytes(file[:8], "little")
    assert (header > len(file) / 2) == (make is header_heavy)
    features = 4 if make is header_heavy else 64
    result = run_mutations(rng, tmp_path, file, features, 5600)
    # Of a file of a few KB, Python's own objects are the larger part.
    assert result["peak"] <= result["intact_peak"] + 2 * result["size"]


def test_mutations_of_a_larger_file_allocate_less_than_twice_its_size(rng, tmp_path):
    result = run_mutations(rng, tmp_path, small_file(rng, [512, 1024, 512]), 512, 300)
    assert result["peak"] < 2 * result["size"]
