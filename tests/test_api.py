"""quantize_model from end to end, on the NumPy network."""

import dataclasses
import json
import math
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import get_scorer

import fourfold as ff
from networks import ANY_SPEED, quantize, random_network, random_rows

IMPOSSIBLE = ff.Gate(min_compression=1000)


@pytest.fixture
def network(rng):
    return random_network(rng, (64, 256, 10))


@pytest.fixture
def x(rng):
    return random_rows(rng, 60)


def test_an_accepted_model_is_a_drop_in(network, x):
    result = quantize(network, x)
    assert result.accepted
    assert result.reasons == ()
    assert result.model is not network
    assert repr(result.model) == "QuantizedSequential(64 -> 256 -> 10, INT8)"
    for call in (result.model, result.model.predict, result.model.program):
        answer = call(x)
        assert answer.shape == (60, 10)
        assert answer.dtype == np.float32
    np.testing.assert_array_equal(result.model(x), result.model.predict(x))


def test_a_rejected_model_is_the_caller_s_own(network, x):
    before = network(x)
    result = quantize(network, x, gate=IMPOSSIBLE)
    assert not result.accepted
    assert result.model is network
    assert "1000x" in result.reasons[0]
    np.testing.assert_array_equal(network(x), before)


def test_the_stats_are_those_of_the_run(network, x):
    stats = quantize(network, x, threads=1).stats
    assert stats.original_size == 4 * (64 * 256 + 256 + 256 * 10 + 10)
    assert stats.quantized_size == 256 * (64 + 2 + 2) + 10 * (256 + 4 + 4)
    assert stats.compression_ratio == stats.original_size / stats.quantized_size
    assert stats.int8_weight_share == stats.int8_multiply_add_share == 1
    assert stats.metric == "relative_l2"
    assert 0 < stats.accuracy_loss < 3
    assert stats.rows == 60
    assert stats.batch_shape == (60, 64)
    assert stats.threads == stats.baseline_threads == 1
    assert stats.isa == ff.active_isa()
    assert stats.cpu
    low, high = stats.speedup_interval
    assert 0 < low <= stats.speedup <= high
    assert stats.original_latency > 0
    assert stats.quantized_latency > 0
    json.dumps(stats.to_dict(), allow_nan=False)


def test_all_forms_of_data_measure_the_same(network, x):
    forms = [
        x,
        x.astype(np.float64),
        np.asfortranarray(x),
        {"x": x},
        pd.DataFrame(x),
        [x[:20], x[20:]],
        (x[i : i + 15] for i in range(0, 60, 15)),
    ]
    losses = [quantize(network, form).stats.accuracy_loss for form in forms]
    # Not equal: the original's BLAS rounds a row differently in another batch.
    assert losses == pytest.approx([losses[0]] * len(forms), rel=1e-4)


def test_the_first_batch_is_timed(network, x):
    assert quantize(network, [x[:1], x[1:]]).stats.batch_shape == (1, 64)


def test_quantizing_twice_gives_the_same_bits(network, x):
    first, second = quantize(network, x), quantize(network, x)
    np.testing.assert_array_equal(first.model(x), second.model(x))


def test_calibration_data_are_checked_but_change_nothing(network, rng, x):
    plain = quantize(network, x)
    given = quantize(network, x, calibration_data=random_rows(rng, 30))
    np.testing.assert_array_equal(given.model(x), plain.model(x))
    assert given.stats.rows == 60
    wrong = quantize(network, x, calibration_data=[])
    assert not wrong.accepted
    assert wrong.reasons[0].startswith("The calibration data cannot be used: ")


def test_layers_can_be_kept_in_float(network, x):
    gate = ff.Gate(min_compression=1, min_speedup=0)
    result = quantize(network, x, gate=gate, config=ff.QuantizationConfig(keep_float=["dense_1"]))
    assert [layer.precision for layer in result.layers] == ["int8", "float32"]
    assert 0 < result.stats.int8_weight_share < 1
    assert result.stats.accuracy_loss < quantize(network, x).stats.accuracy_loss
    typo = quantize(network, x, config=ff.QuantizationConfig(keep_float=["dense_9"]))
    assert not typo.accepted
    assert "dense_9" in typo.reasons[0]


def test_the_thread_count_is_put_back(network, x):
    before = ff.get_threads()
    assert quantize(network, x, threads=3).stats.threads == 3
    assert ff.get_threads() == before
    quantize(network, np.empty((0, 64)), threads=3)
    assert ff.get_threads() == before


def test_strict_raises_with_the_result(network, x):
    with pytest.raises(ff.QuantizationRejectedError, match="1000x") as caught:
        quantize(network, x, gate=IMPOSSIBLE, strict=True)
    assert caught.value.result.model is network
    assert caught.value.result.stats.rows == 60
    assert caught.value.__cause__ is None
    with pytest.raises(ff.QuantizationRejectedError) as caught:
        quantize(object(), x, strict=True)
    assert isinstance(caught.value.__cause__, ff.UnsupportedModelError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.result.reasons == caught.value.result.reasons
    assert quantize(network, x, strict=True).accepted


def test_progress_is_told_from_start_to_end(network, x):
    told = []
    quantize(network, [x[:30], x[30:]], progress=lambda share, what: told.append((share, what)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    stages = list(dict.fromkeys(what for _, what in told))
    assert stages == ["quantizing", "measuring accuracy", "measuring latency", "done"]


def test_a_progress_bar_leaves_standard_output_alone(network, x, capfd, monkeypatch):
    assert quantize(network, x, progress=True).accepted
    assert capfd.readouterr().out == ""
    assert quantize(network, x).accepted
    assert capfd.readouterr() == ("", "")
    monkeypatch.setitem(sys.modules, "rich.progress", None)  # as if rich were not installed
    assert quantize(network, x, progress=True).accepted
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"gate": 5}, TypeError, "gate must be a Gate, got int"),
        ({"config": {}}, TypeError, "config must be a QuantizationConfig, got dict"),
        ({"threads": 0}, ValueError, "threads must be from 1 to 1024, got 0"),
        ({"threads": 10**6}, ValueError, "threads must be from 1 to 1024, got 1000000"),
        ({"higher_is_better": "no"}, TypeError, "higher_is_better must be a bool, got str"),
        ({"metric": get_scorer("accuracy")}, TypeError, "got a scorer of scikit-learn's"),
        ({"threads": 1.5}, TypeError, "threads must be a whole number, got float"),
        ({"metric": "acuracy"}, ValueError, "one of .*'accuracy'.*, got 'acuracy'"),
        ({"metric": 3}, TypeError, "metric must be a name or a callable"),
        ({"progress": "yes"}, TypeError, "progress must be a bool or a callable"),
    ],
)
def test_arguments_that_are_plainly_wrong_raise(network, x, options, error, message):
    with pytest.raises(error, match=message):
        quantize(network, x, x[:, 0], **options)


def test_saved_and_loaded_it_answers_with_the_same_bits(network, x, tmp_path):
    result = quantize(network, x)
    result.save(tmp_path / "saved")
    result.model.save(tmp_path / "model")
    for again in (
        ff.load(tmp_path / "saved"),
        ff.load(tmp_path / "model", verify=True),
        pickle.loads(pickle.dumps(result.model)),
        pickle.loads(pickle.dumps(result)).model,
    ):
        assert again.widths == network.widths
        assert again.layer_names == network.layer_names
        assert again.is_quantized
        np.testing.assert_array_equal(again(x), result.model(x))
        assert repr(again) == repr(result.model)


def test_the_drop_in_carries_the_stats(network, x):
    result = quantize(network, x)
    assert result.model.stats is result.stats
    again = pickle.loads(pickle.dumps(result.model))
    assert repr(again.stats) == repr(result.stats)  # == fails on NaN


def test_calls_from_two_threads_leave_the_thread_counts_alone(network, x):
    before = ff.get_threads()
    ff.set_threads(2)
    try:
        with ThreadPoolExecutor(2) as pool:
            runs = [pool.submit(quantize, network, x, threads=count) for count in (1, 3, None)]
            assert [run.result().stats.threads for run in runs] == [1, 3, 2]
        assert ff.get_threads() == 2
    finally:
        ff.set_threads(before)


def test_a_rejected_result_has_nothing_to_save(network, x, tmp_path):
    result = quantize(network, x, gate=IMPOSSIBLE)
    with pytest.raises(ff.QuantizationRejectedError, match="1000x"):
        result.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_results_are_frozen_and_judged_again_alike(network, x):
    result = quantize(network, x)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.accepted = False
    assert ff.should_quantize(result.stats, ANY_SPEED)
    assert not ff.should_quantize(result.stats, ff.Gate(min_speedup=math.inf))
