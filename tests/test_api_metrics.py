"""What quantize_model measures the accuracy by: outputs, labels, and the caller's own metric."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

import fourfold as ff
from networks import quantize, random_network, random_rows


@pytest.fixture
def network(rng):
    return random_network(rng, (64, 256, 10))


@pytest.fixture
def x(rng):
    return random_rows(rng, 60)


def test_the_accuracy_loss_is_that_of_the_outputs(network, x):
    result = quantize(network, x)
    distance = np.linalg.norm(network(x) - result.model(x)) / np.linalg.norm(network(x))
    assert result.stats.accuracy_loss == pytest.approx(100 * distance)


def test_labels_bring_their_metric(rng, x):
    network = random_network(rng, (64, 256, 10), last="softmax")
    labels = network(x).argmax(axis=1)
    labels[:6] = (labels[:6] + 1) % 10
    stats = quantize(network, x, labels, gate=ff.Gate(100, 2, 0)).stats
    assert stats.metric == "accuracy"
    assert stats.original_metric == 0.9
    assert stats.accuracy_loss == pytest.approx(100 * (0.9 - stats.quantized_metric) / 0.9)


def test_numbers_as_labels_bring_r2(network, x):
    result = quantize(network, x, network(x))
    assert result.stats.metric == "r2"
    assert result.stats.original_metric == pytest.approx(1)
    assert 0.99 < result.stats.quantized_metric < 1


def test_metrics_where_lower_is_better(network, x):
    labels = network(x) + 1
    named = quantize(network, x, labels, metric="mse")
    assert named.stats.original_metric == pytest.approx(1, rel=1e-4)
    own = quantize(
        network, x, labels, metric=lambda y, p: np.mean((y - p) ** 2), higher_is_better=False
    )
    assert own.stats.metric == "<lambda>"
    assert own.stats.accuracy_loss == pytest.approx(named.stats.accuracy_loss, abs=1e-3)
    worse = quantize(network, x, labels, metric=lambda y, p: 1.0 if p is labels else 2.0)
    assert worse.stats.accuracy_loss == 0


def test_a_metric_gets_labels_and_outputs_of_all_rows(network, x):
    seen = []

    def metric(labels, outputs):
        seen.append((labels.tolist(), outputs.shape))
        return 1.0

    quantize(network, [x[:25], x[25:]], np.arange(60), metric=metric)
    assert seen == [(list(range(60)), (60, 10))] * 2


def test_a_metric_of_predicted_classes_is_told_how_to_get_them(rng):
    x, y = random_rows(rng, 90), np.arange(90) % 3
    model = LogisticRegression(max_iter=1000).fit(x, y)
    (reason,) = quantize(model, x, y, metric=metrics.accuracy_score).reasons
    assert "outputs are what predict_proba returns, float32 of shape (90, 3)" in reason
    assert "score(labels, model.classes_[outputs.argmax(axis=1)])" in reason

    def told(labels, outputs):
        return metrics.accuracy_score(labels, model.classes_[outputs.argmax(axis=1)])

    named = quantize(model, x, y).stats
    assert quantize(model, x, y, metric=told).stats.original_metric == named.original_metric


@pytest.mark.parametrize("form", [np.ravel, lambda y: y[:, None], lambda y: y.astype(float)])
def test_whole_numbers_are_classes_to_scores(network, x, form):
    result = quantize(network, x, form(network(x).argmax(axis=1)))
    assert result.stats.metric == "accuracy"
    assert result.stats.original_metric == 1


def test_one_sigmoid_is_judged_at_one_half(rng, x):
    network = random_network(rng, (64, 256, 1), last="sigmoid")
    y = (network(x) >= 0.5).astype(int)
    for labels in (y, y[:, 0], y[:, 0].astype(bool)):
        stats = quantize(network, x, labels).stats
        assert (stats.metric, stats.original_metric) == ("accuracy", 1)
    assert quantize(network, x, network(x)).stats.metric == "r2"
