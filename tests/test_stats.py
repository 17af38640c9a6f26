"""Stats: the derived ratio, and JSON there and back."""

import json
import math

import pytest

import fourfold as ff


def test_compression_is_the_ratio_of_the_sizes():
    assert ff.QuantizationStats(original_size=400, quantized_size=100).compression_ratio == 4.0
    assert math.isnan(ff.QuantizationStats(original_size=400).compression_ratio)


def test_unmeasured_figures_are_nan():
    stats = ff.QuantizationStats()
    for name in ("accuracy_loss", "speedup", "original_latency", "int8_weight_share"):
        assert math.isnan(getattr(stats, name))


@pytest.mark.parametrize("baseline_threads", [None, 2])
def test_json_round_trip_keeps_every_value(baseline_threads):
    stats = ff.QuantizationStats(
        original_size=4000,
        quantized_size=1000,
        metric="r2",
        accuracy_loss=math.inf,
        speedup=1 / 3,
        speedup_interval=(0.1, math.nan),
        batch_shape=(32, 64),
        threads=2,
        baseline_threads=baseline_threads,
        isa="avx2",
        cpu="some CPU",
    )
    text = json.dumps(stats.to_dict(), allow_nan=False)
    again = ff.QuantizationStats.from_dict(json.loads(text))
    assert repr(again) == repr(stats)


def test_stats_of_other_versions_are_read():
    values = ff.QuantizationStats(rows=7).to_dict()
    del values["speedup"]
    stats = ff.QuantizationStats.from_dict({**values, "of_a_later_version": 1})
    assert stats.rows == 7
    assert math.isnan(stats.speedup)


@pytest.mark.parametrize(
    ("field", "value"),
    [("rows", "many"), ("speedup", []), ("speedup_interval", [1.0]), ("batch_shape", 3)],
)
def test_a_value_of_the_wrong_kind_is_refused(field, value):
    with pytest.raises(ValueError, match=field):
        ff.QuantizationStats.from_dict({field: value})
