"""Damaged ONNX models: a result or an error of ours, soon, and in little memory."""

import pytest

pytest.importorskip("onnx")

from onnx_fuzz.runner import fuzz

SEED, COUNT = 1, 400


def test_damaged_models():
    report = fuzz(SEED, 0, COUNT)
    assert report.failures == []
    assert sum(report.counts.values()) == COUNT
    # Most of the damage must get past onnx's checker, or it tests nothing of ours.
    assert report.counts["result"] > COUNT // 10
