"""ONNX's own test-suite with onnxruntime at hand: what that passes, passes."""

import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx_backend.exclusions import exclusion
from onnx_backend.outcomes import PASSED, UNSUPPORTED, cases, run_case
from onnx_backend.sessions import RuntimeBackend, SessionBackend

# Where parts of ours and of onnxruntime's round at other places, half precision differs by a unit.
ROUNDED_ELSEWHERE = {"test_attention_4d_causal_fp16_expanded"}
NAMES = [name for name in cases() if not exclusion(name) and name not in ROUNDED_ELSEWHERE]


@pytest.mark.parametrize("name", NAMES)
def test_cases_that_onnxruntime_passes(name):
    if run_case(name).state != UNSUPPORTED or run_case(name, RuntimeBackend).state != PASSED:
        pytest.skip("the engine runs it alone, or onnxruntime does not pass it")
    outcome = run_case(name, SessionBackend)
    assert outcome.state == PASSED, outcome.reason
