"""ONNX's own test-suite with onnxruntime at hand: what that passes, passes."""

import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx_backend.outcomes import PASSED, UNSUPPORTED, cases, run_case
from onnx_backend.sessions import RuntimeBackend, SessionBackend

# Where parts of ours and of onnxruntime's round at other places, half precision differs by a unit.
ROUNDED_ELSEWHERE = {"test_attention_4d_causal_fp16_expanded"}
# A claimed op runs on the engine, whether onnxruntime is there or not.
OTHERS = [name for name, case in cases().items() if not case.is_claimed]


@pytest.mark.parametrize("name", [name for name in OTHERS if name not in ROUNDED_ELSEWHERE])
def test_cases_that_onnxruntime_passes(name):
    if run_case(name).state != UNSUPPORTED or run_case(name, RuntimeBackend).state != PASSED:
        pytest.skip("the engine runs it alone, or onnxruntime does not pass it")
    outcome = run_case(name, SessionBackend)
    assert outcome.state == PASSED, outcome.reason
