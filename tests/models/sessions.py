"""Sessions of a task's model, in onnxruntime and in fourfold, or the reason to skip."""

import functools

import numpy as np
import pytest
from benchmarks.models.task import NotInstalledError

import fourfold as ff


def available(function, *arguments):
    """Call a part of a task; skip the test if what it needs is not installed."""
    try:
        return function(*arguments)
    except NotInstalledError as error:
        pytest.skip(str(error))


@functools.cache
def onnxruntime_session(task):
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    model = available(task.model)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@functools.cache
def session(task):
    pytest.importorskip("onnx", reason="needs onnx")
    return ff.InferenceSession(available(task.model))


def relative_error(found, expected):
    """The largest difference, of what the largest value is; that of labels counts those apart."""
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    if not np.issubdtype(found.dtype, np.floating):
        return float((found != expected).mean())
    return float(np.abs(found - expected).max() / np.abs(expected).max())
