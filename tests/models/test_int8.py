"""Development models in INT8: accepted, as good as float, the same bits anywhere.

Speed is not judged here: the benchmark of models does.
"""

import pytest
from benchmarks.models.task import loss
from benchmarks.models.tasks import TASKS

import fourfold as ff
from models.sessions import available, quantized, results_by_isa_and_threads, session

# Of this one, weights are but four fifths of the bytes: the rest are a scaler and biases.
SMALLER = {"scikit-learn diabetes MLP": 2.6}

# In percent of the float model's metric.
MAX_LOSS = 1

pytestmark = pytest.mark.models


@pytest.fixture(params=TASKS)
def task(request):
    return TASKS[request.param]


@pytest.fixture
def candidate(task):
    """The model in INT8."""
    result = quantized(task)
    if not result.accepted:
        pytest.skip(f"handed back: {result.reasons[0]}")
    return result


def test_the_default_gate_accepts_it(task):
    result = quantized(task)
    verdict = ff.should_quantize(result.stats, ff.Gate(min_speedup=0))
    assert (verdict.reasons if result.accepted else result.reasons) == ()


def test_almost_four_times_smaller_where_all_weights_are_in_int8(task, candidate):
    if candidate.stats.int8_weight_share < 0.99:
        pytest.skip(f"{candidate.stats.int8_weight_share:.0%} of the weights are in INT8")
    assert candidate.stats.compression_ratio > SMALLER.get(task.name, 3.5)


def test_as_good_as_float_on_the_task(task, candidate):
    before = available(task.score, session(task), True)
    after = available(task.score, candidate.model, True)
    assert loss(before, after) <= MAX_LOSS, (before, after)


def test_same_bits_for_every_isa_and_thread_count(task, candidate, tmp_path):
    examples = available(task.examples)[1:]
    candidate.model.save(tmp_path / "int8.ff")
    results = results_by_isa_and_threads(lambda: ff.load(tmp_path / "int8.ff"), examples)
    first = next(iter(results.values()))
    assert [key for key, outputs in results.items() if outputs != first] == []
