"""A command line to call, and a small network and data in files."""

import numpy as np
import pytest

import fourfold as ff
from fourfold.cli import main


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the command line; return exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "200")

    def run_command(*arguments):
        with pytest.raises(SystemExit) as stopped:
            main([str(argument) for argument in arguments])
        return stopped.value.code, *capsys.readouterr()

    return run_command


@pytest.fixture
def network(rng):
    layers = [
        ff.Dense(rng.normal(size=(64, 96)), rng.normal(size=96), activation="relu"),
        ff.Dense(rng.normal(size=(96, 4)), activation="softmax"),
    ]
    return ff.Sequential(layers)


@pytest.fixture
def model(network, tmp_path):
    network.save(tmp_path / "network.ff")
    return tmp_path / "network.ff"


@pytest.fixture
def rows(rng, tmp_path):
    values = rng.normal(size=(50, 64)).astype(np.float32)
    np.save(tmp_path / "rows.npy", values)
    return values
