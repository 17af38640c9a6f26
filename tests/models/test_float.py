"""Development models in float: onnxruntime's numbers, the same bits however they are computed."""

import pytest
from benchmarks.models.tasks import TASKS

import fourfold as ff
from models.sessions import (
    available,
    onnxruntime_session,
    relative_error,
    results_by_isa_and_threads,
    session,
)

MAX_ERROR = 1e-3

pytestmark = pytest.mark.models


@pytest.fixture(params=TASKS)
def task(request):
    return TASKS[request.param]


def test_equals_onnxruntime(task):
    ours, theirs = session(task), onnxruntime_session(task)
    for feeds in available(task.examples):
        pairs = zip(ours.run(None, feeds), theirs.run(None, feeds), strict=True)
        assert max(relative_error(found, expected) for found, expected in pairs) < MAX_ERROR


def test_describes_itself_as_onnxruntime_does(task):
    ours, theirs = session(task), onnxruntime_session(task)
    for side in ("get_inputs", "get_outputs"):
        described = [[(n.name, n.type) for n in getattr(s, side)()] for s in (ours, theirs)]
        assert described[0] == described[1]
    assert [n.shape for n in ours.get_inputs()] == [n.shape for n in theirs.get_inputs()]
    metadata = [s.get_modelmeta().custom_metadata_map for s in (ours, theirs)]
    assert metadata[0] == metadata[1]


def test_same_bits_for_every_isa_and_thread_count(task):
    model, examples = available(task.model), available(task.examples)[1:]
    results = results_by_isa_and_threads(lambda: ff.InferenceSession(model), examples)
    first = next(iter(results.values()))
    assert [key for key, outputs in results.items() if outputs != first] == []


def test_scores_as_float32_does(task):
    """A class on the edge may fall to either side; what is drawn or trained here differs a little
    from version to version of Pillow and scikit-learn.
    """
    found = available(task.score, session(task), False)
    expected = available(task.score, onnxruntime_session(task), False)
    assert found == pytest.approx(expected, abs=0.001)
    assert expected == pytest.approx(dict(task.float32), abs=0.02)
