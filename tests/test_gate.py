"""The gate: every limit, its edge, NaN, and the sentences."""

import dataclasses
import math

import pytest

import fourfold as ff

GOOD = ff.QuantizationStats(
    original_size=4000,
    quantized_size=1000,
    int8_weight_share=1.0,
    int8_multiply_add_share=1.0,
    metric="accuracy",
    original_metric=0.9,
    quantized_metric=0.891,
    accuracy_loss=1.0,
    speedup=3.0,
    speedup_interval=(2.5, 3.5),
)


def judge(gate=None, **changes):
    stats = dataclasses.replace(GOOD, **changes)
    return ff.should_quantize(stats) if gate is None else ff.should_quantize(stats, gate)


def test_good_figures_are_accepted():
    verdict = judge()
    assert verdict
    assert verdict.accepted
    assert verdict.reasons == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"accuracy_loss": 5.0},
        {"accuracy_loss": -3.0},
        {"quantized_size": 2000},
        {"speedup_interval": (1.0, 1.1)},
        {"int8_weight_share": 0.01, "int8_multiply_add_share": 0.01},
    ],
)
def test_a_limit_that_is_just_met_is_met(changes):
    assert judge(**changes)


@pytest.mark.parametrize(
    ("changes", "figures"),
    [
        ({"accuracy_loss": 5.01}, ("accuracy loss", "5.01 %", "5 %")),
        ({"accuracy_loss": math.inf}, ("accuracy loss", "inf %", "5 %")),
        ({"accuracy_loss": math.nan}, ("accuracy loss", "not a number", "0.9")),
        (
            {"accuracy_loss": math.nan, "metric": "relative_l2", "original_metric": math.nan},
            ("not a number: an output of the original or of the quantized model holds NaN",),
        ),
        ({"accuracy_loss": math.nan, "metric": ""}, ("it was not measured",)),
        ({"quantized_size": 2010}, ("compression", "1.99x", "2x")),
        ({"quantized_size": 0}, ("compression", "nanx", "2x")),
        ({"speedup_interval": (0.99, 1.5)}, ("speedup", "3x", "0.99x", "1.5x", "1x")),
        ({"speedup_interval": (math.nan, math.nan)}, ("speedup", "nanx")),
        ({"int8_weight_share": 0.0}, ("INT8", "nothing to quantize")),
        ({"int8_multiply_add_share": 0.0}, ("INT8", "nothing to quantize")),
        ({"int8_weight_share": math.nan}, ("INT8", "nothing to quantize")),
    ],
)
def test_a_limit_that_is_missed_is_named_with_both_figures(changes, figures):
    verdict = judge(**changes)
    assert not verdict
    (reason,) = verdict.reasons
    assert reason[0].isupper()
    assert reason.endswith(".")
    for figure in figures:
        assert figure in reason


def test_every_missed_limit_has_its_reason():
    assert len(ff.should_quantize(ff.QuantizationStats()).reasons) == 4


def test_the_gate_s_own_limits_count():
    strict = ff.Gate(max_accuracy_loss=0.5, min_compression=8, min_speedup=2.6)
    assert len(judge(strict).reasons) == 3
    lenient = ff.Gate(max_accuracy_loss=math.inf, min_compression=0, min_speedup=0)
    assert judge(lenient, accuracy_loss=1e9, quantized_size=9999, speedup_interval=(0.1, 0.2))


@pytest.mark.parametrize("field", ["max_accuracy_loss", "min_compression", "min_speedup"])
@pytest.mark.parametrize(
    ("value", "error"),
    [(-1, ValueError), (math.nan, ValueError), ("5", TypeError), (True, TypeError)],
)
def test_a_limit_must_be_a_number_from_zero(field, value, error):
    with pytest.raises(error, match=field):
        ff.Gate(**{field: value})


def test_other_arguments_are_refused():
    with pytest.raises(TypeError, match="QuantizationStats, got dict"):
        ff.should_quantize({})
    with pytest.raises(TypeError, match="Gate, got int"):
        ff.should_quantize(GOOD, 5)
