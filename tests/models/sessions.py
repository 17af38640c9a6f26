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


@functools.cache
def quantized(task):
    """What ``quantize_model`` makes of a task's model, whatever it is worth."""
    pytest.importorskip("onnx", reason="needs onnx")
    judged = available(task.judged)
    return ff.quantize_model(
        available(task.model),
        judged.data,
        judged.labels,
        metric=judged.metric,
        calibration_data=available(task.calibration),
        gate=ff.Gate(max_accuracy_loss=100, min_compression=0, min_speedup=0),
        threads=1,
    )


def results_by_isa_and_threads(open_session, examples):
    """The bytes of all outputs under every ISA, on 1, 2 and 3 threads."""
    results = {}
    before = ff.active_isa(), ff.get_threads()
    try:
        for isa in ff.supported_isas():
            ff.use_isa(isa)
            session = open_session()
            for threads in (1, 2, 3):
                ff.set_threads(threads)
                outputs = [array for feeds in examples for array in session.run(None, feeds)]
                results[isa, threads] = [array.tobytes() for array in outputs]
    finally:
        ff.use_isa(before[0])
        ff.set_threads(before[1])
    return results


def relative_error(found, expected):
    """The largest difference, of what the largest value is; that of labels counts those apart."""
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    if not np.issubdtype(found.dtype, np.floating):
        return float((found != expected).mean())
    return float(np.abs(found - expected).max() / np.abs(expected).max())
