"""The cases of ONNX's own test-suite, and what became of each on our engine."""

import functools
import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx.backend.test import BackendTest
from onnx.backend.test.loader import load_model_tests

from fourfold.errors import UnsupportedModelError
from fourfold.importers.onnx.claims import claimed_ops
from fourfold.importers.onnx.source import OLDEST_OPSET
from fourfold.importers.onnx.types import ENGINE, element_type, type_name
from onnx_backend.adapter import FourfoldBackend

PASSED, FAILED, UNSUPPORTED = "passed", "failed", "unsupported"
KINDS = ("node", "simple", "pytorch-converted", "pytorch-operator", "real")


@dataclass(frozen=True)
class Case:
    """One case of the suite."""

    ops: frozenset[tuple[str, str]]
    """Domain and name of each op in its graph."""

    types: frozenset[str]
    """The types of its inputs and outputs that the engine has not."""

    opset: int
    """Of ONNX's own domain; 0 for a model that has another only."""

    @property
    def is_claimed(self):
        old = 0 < self.opset < OLDEST_OPSET
        return not old and not self.types and self.ops <= claimed_ops().keys()


@dataclass(frozen=True)
class Outcome:
    """What became of one case, and why."""

    state: str
    reason: str


@functools.cache
def methods(backend=FourfoldBackend):
    """Return the suite's own test functions for a backend, by the names of the cases."""
    # The real models' inputs are made at run time, in this folder.
    os.environ["ONNX_HOME"] = tempfile.mkdtemp(prefix="onnx-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        suite = BackendTest(backend, __name__)
    return {
        name.removesuffix("_cpu"): method
        for case in suite.test_cases.values()
        for name, method in vars(case).items()
        if name.endswith("_cpu")
    }


@functools.cache
def cases():
    """Return all cases by name: node, simple, converted, operator, real models."""
    methods()
    found = {}
    for kind in KINDS:
        for test in load_model_tests(kind=kind):
            model = _model(test)
            graph = model.graph
            values = [*graph.input, *graph.output]
            found[test.name] = Case(
                frozenset((node.domain, node.op_type) for node in graph.node),
                frozenset(
                    type_name(value.type)
                    for value in values
                    if element_type(value.type) not in ENGINE
                ),
                max((entry.version for entry in model.opset_import if not entry.domain), default=0),
            )
    return dict(sorted(found.items()))


def _model(test):
    if test.model is not None:
        return test.model
    if test.model_dir is not None:
        return onnx.load(Path(test.model_dir, "model.onnx"))
    # "onnx/backend/test/data/light/...": a file of the package
    return onnx.load(Path(onnx.__file__).parent.parent / test.url)


@functools.cache
def run_case(name, backend=FourfoldBackend):
    """Run one case on a backend: the engine alone, if none is named."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            methods(backend)[name](None)
    except UnsupportedModelError as error:
        return Outcome(UNSUPPORTED, str(error))
    except Exception as error:  # whatever it is, the case did not pass
        return Outcome(FAILED, f"{type(error).__name__}: {error}")
    return Outcome(PASSED, "")
