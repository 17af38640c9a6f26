"""ONNX's own test-suite with onnxruntime at hand: what that passes, passes."""

import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx_backend.exclusions import exclusion
from onnx_backend.outcomes import PASSED, UNSUPPORTED, cases, run_case
from onnx_backend.sessions import RuntimeBackend, SessionBackend


@pytest.mark.parametrize("name", [name for name in cases() if not exclusion(name)])
def test_cases_that_onnxruntime_passes(name):
    if run_case(name).state != UNSUPPORTED or run_case(name, RuntimeBackend).state != PASSED:
        pytest.skip("the engine runs it alone, or onnxruntime does not pass it")
    outcome = run_case(name, SessionBackend)
    assert outcome.state == PASSED, outcome.reason
