"""ONNX's own test-suite on the engine alone: every case of the ops that are claimed."""

import pytest

pytest.importorskip("onnx")

from onnx_backend.exclusions import EXCLUSIONS, exclusion
from onnx_backend.outcomes import FAILED, PASSED, cases, run_case

CLAIMED = [name for name, case in cases().items() if case.is_claimed]


@pytest.mark.parametrize("name", [name for name in CLAIMED if not exclusion(name)])
def test_case_of_claimed_ops(name):
    outcome = run_case(name)
    assert outcome.state == PASSED, outcome.reason


@pytest.mark.parametrize("name", [name for name, case in cases().items() if not case.is_claimed])
def test_other_cases_are_refused_or_pass(name):
    outcome = run_case(name)
    assert outcome.state != FAILED, outcome.reason


@pytest.mark.parametrize("start", EXCLUSIONS)
def test_exclusions_are_needed(start):
    names = [name for name in CLAIMED if name.startswith(start)]
    assert names
    assert any(run_case(name).state != PASSED for name in names)
