"""What every test shares: one printed seed, and fixtures over ISAs and thread counts."""

import os
import secrets

import hypothesis
import numpy as np
import pytest

import fourfold as ff

# In the environment, so that the workers of pytest-xdist draw from the same seed.
SEED = int(os.environ.setdefault("FOURFOLD_TEST_SEED", str(secrets.randbits(32))))

# A slow machine is no failure.
hypothesis.settings.register_profile("fourfold", deadline=None)
hypothesis.settings.load_profile("fourfold")


def pytest_report_header():
    return [
        f"fourfold {ff.__version__}: {ff.active_isa()} of {', '.join(ff.supported_isas())}; "
        f"{ff.get_threads()} threads; NumPy {np.__version__}",
        f"random numbers: FOURFOLD_TEST_SEED={SEED} repeats them",
    ]


@pytest.fixture
def rng():
    """A generator that starts afresh from the printed seed in every test."""
    return np.random.default_rng(SEED)


@pytest.fixture(params=ff.supported_isas())
def isa(request):
    """Every ISA that the machine supports and FOURFOLD_ISA allows, selected for the test."""
    before = ff.active_isa()
    ff.use_isa(request.param)
    yield request.param
    ff.use_isa(before)


@pytest.fixture(params=[1, 2, 3])
def threads(request):
    """A thread count, set for the test."""
    before = ff.get_threads()
    ff.set_threads(request.param)
    yield request.param
    ff.set_threads(before)
