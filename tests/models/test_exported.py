"""Quantized OCR models written out as ONNX, in onnxruntime and read again: as good as ours."""

import pytest
from benchmarks.models.task import loss
from benchmarks.models.tasks import TASKS

import fourfold as ff
from models.sessions import available, quantized

pytestmark = pytest.mark.models

# In percent of our metric: what is written lacks what makes ours exacter, channels of one range and
# the mean errors taken off. Of rec's 60 lines one or two more have a wrong letter.
MAX_LOSS = 4


@pytest.mark.parametrize("name", ["PP-OCR cls", "PP-OCRv4 rec"])
def test_as_good_in_onnxruntime_and_again_in_int8(name, tmp_path):
    ort = pytest.importorskip("onnxruntime", reason="runs what is written")
    (task,) = (task for task in TASKS.values() if task.name == name)
    result = quantized(task)
    path = tmp_path / "int8.onnx"
    assert result.to_onnx(path) == ()
    ours = available(task.score, result.model, True)
    options = ort.SessionOptions()
    options.log_severity_level = 3
    for session in (ort.InferenceSession(path, options), ff.InferenceSession(path)):
        score = available(task.score, session, True)
        assert loss(ours, score) <= MAX_LOSS, (ours, score)
