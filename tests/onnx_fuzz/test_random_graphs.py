"""Random graphs agree with onnx's reference evaluator."""

import os

import numpy as np
import pytest

pytest.importorskip("onnx")

from hypothesis import HealthCheck, given, note, settings
from onnx import printer

import fourfold as ff
from onnx_fuzz.graphs import evaluate, models

# FOURFOLD_RANDOM_GRAPHS=1000 tries as many.
COUNT = int(os.environ.get("FOURFOLD_RANDOM_GRAPHS", "40"))

CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def assert_agrees(proto, feeds):
    note(printer.to_text(proto))
    expected = evaluate(proto, feeds)
    session = ff.InferenceSession(proto)
    received = session.run(None, feeds)
    for wanted, array in zip(expected, received, strict=True):
        assert array.dtype == wanted.dtype and array.shape == wanted.shape
        if wanted.dtype.kind == "f":
            np.testing.assert_allclose(array, wanted, rtol=1e-3, atol=1e-3)
        else:
            np.testing.assert_array_equal(array, wanted)


@settings(max_examples=COUNT, suppress_health_check=CHECKS)
@given(models())
def test_random_graph(drawn):
    assert_agrees(*drawn)
