"""The cases of ONNX's own test-suite, and what became of each on our engine."""

import functools
import os
import tempfile
import warnings
from dataclasses import dataclass

from onnx_backend.adapter import FourfoldBackend

from fourfold.errors import UnsupportedModelError

PASSED, FAILED, UNSUPPORTED = "passed", "failed", "unsupported"


@dataclass(frozen=True)
class Outcome:
    """What became of one case, and why."""

    state: str
    reason: str
    ops: frozenset[tuple[str, str]]
    """Domain and name of each op in its graph."""


@functools.cache
def cases():
    """Return the suite's test functions by name: node, simple, converted, operator, real models."""
    import onnx.backend.test

    # The real models' inputs are made at run time, in this folder.
    os.environ.setdefault("ONNX_HOME", tempfile.mkdtemp(prefix="onnx-"))
    with warnings.catch_warnings(action="ignore"):
        suite = onnx.backend.test.BackendTest(FourfoldBackend, __name__)
    return {
        name.removesuffix("_cpu"): method
        for case in suite.test_cases.values()
        for name, method in vars(case).items()
        if name.endswith("_cpu")
    }


def run_case(name):
    """Run one case."""
    FourfoldBackend.last_model = None
    state, reason = PASSED, ""
    try:
        with warnings.catch_warnings(action="ignore"):
            cases()[name](None)
    except UnsupportedModelError as error:
        state, reason = UNSUPPORTED, str(error)
    except Exception as error:  # noqa: BLE001  whatever it is, the case did not pass
        state, reason = FAILED, f"{type(error).__name__}: {error}"
    model = FourfoldBackend.last_model
    nodes = model.graph.node if model is not None else ()
    return Outcome(state, reason, frozenset((node.domain, node.op_type) for node in nodes))
