"""The distance between two models' outputs, collected over batches and outputs."""

import math

import numpy as np
import pytest

from fourfold.distance import OutputDistance


def distance(*batches):
    collected = OutputDistance()
    for original, quantized in batches:
        collected.add(original, quantized)
    return collected.comparison()


def test_all_floats_of_all_batches_are_one_vector(rng):
    batches = [
        ([rng.normal(size=shape).astype(np.float32), rng.normal(size=(2, 3))] for _ in range(2))
        for shape in [(2, 5), (3, 1, 4), ()]
    ]
    batches = [tuple(batch) for batch in batches]
    a, b = (
        np.concatenate([array.ravel() for batch in batches for array in batch[side]])
        for side in (0, 1)
    )
    outcome = distance(*batches)
    assert outcome.metric == "relative_l2"
    assert outcome.loss == pytest.approx(100 * np.linalg.norm(a - b) / np.linalg.norm(a))
    assert math.isnan(outcome.original_metric)


def test_classes_count_only_where_there_are_no_floats():
    labels, others = np.array([1, 2, 3, 4]), np.array([1, 2, 0, 0])
    outcome = distance(([labels], [labels]), ([labels], [others]))
    assert (outcome.metric, outcome.loss) == ("disagreement", 25.0)
    scores = np.ones((4, 2), np.float32)
    outcome = distance(([labels, scores], [others, scores]))
    assert (outcome.metric, outcome.loss) == ("relative_l2", 0.0)


@pytest.mark.parametrize("shape", [(0,), (0, 3)])
def test_an_output_without_rows_adds_nothing(shape):
    empty = np.empty(shape, np.int64)
    assert distance(([empty], [empty])).loss == 0
    ones = np.ones((2, 2), np.float32)
    assert (
        distance(([empty.astype(np.float32)] * 2, [ones[:0]] * 2), ([ones], [2 * ones])).loss == 100
    )


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("side", [0, 1])
def test_what_is_not_finite_is_not_measured(broken, side):
    outputs = [np.ones(3, np.float32), np.ones(3, np.float32)]
    outputs[side][1] = broken
    good = np.ones(3, np.float32)
    outcome = distance(([good], [good]), ([outputs[0]], [outputs[1]]), ([good], [good]))
    assert not outcome.loss < math.inf


def test_large_outputs_do_not_overflow():
    huge = np.full(4, np.finfo(np.float32).max)
    assert distance(([huge], [huge / 2]), ([huge], [huge / 2])).loss == pytest.approx(50)
    assert math.isnan(distance(([np.full(4, 1e300)], [np.ones(4)])).loss)
