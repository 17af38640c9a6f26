"""The gate: whether a quantized model may take the original's place."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any

from fourfold.errors import describe_type
from fourfold.stats import QuantizationStats


@dataclass(frozen=True)
class Gate:
    """What a quantized model has to reach.

    Parameters
    ----------
    max_accuracy_loss : float
        Percent of the metric, or of the outputs' L2 norm where there are no labels.
    min_compression : float
        How many times smaller the parameters must be.
    min_speedup : float
        How many times faster a call must be; the lower end of the measured 95 % interval counts.

    Raises
    ------
    TypeError
        If a limit is not a number.
    ValueError
        If a limit is negative or NaN.

    Examples
    --------
    >>> import fourfold as ff
    >>> ff.Gate(max_accuracy_loss=1.0)
    Gate(max_accuracy_loss=1.0, min_compression=2.0, min_speedup=1.0)
    """

    max_accuracy_loss: float = 5.0
    min_compression: float = 2.0
    min_speedup: float = 1.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value: Any = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, Real):
                raise TypeError(f"{field.name} must be a number, got {describe_type(value)}")
            if math.isnan(value) or value < 0:
                raise ValueError(f"{field.name} must be 0 or more, got {value}")


@dataclass(frozen=True)
class Verdict:
    """The gate's answer; true if accepted.

    Attributes
    ----------
    accepted : bool
        Whether every limit was met.
    reasons : tuple of str
        A sentence for every limit that was not.
    """

    accepted: bool
    reasons: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.accepted


DEFAULT_GATE = Gate()

# The two ways to compare that need no labels.
WITHOUT_LABELS = ("relative_l2", "disagreement")


def should_quantize(stats: QuantizationStats, gate: Gate = DEFAULT_GATE) -> Verdict:
    """Decide on measured figures alone.

    Parameters
    ----------
    stats : QuantizationStats
        What was measured. A figure that is NaN rejects.
    gate : Gate
        The limits.

    Returns
    -------
    Verdict
        True if accepted; else with the reasons.

    Raises
    ------
    TypeError
        If an argument is of another kind.

    Examples
    --------
    >>> import fourfold as ff
    >>> stats = ff.QuantizationStats(
    ...     original_size=4000, quantized_size=1000, int8_weight_share=1.0,
    ...     int8_multiply_add_share=1.0, accuracy_loss=7.25, speedup=3.0,
    ...     speedup_interval=(2.8, 3.1))
    >>> ff.should_quantize(stats, ff.Gate(max_accuracy_loss=10)).accepted
    True
    >>> ff.should_quantize(stats).reasons
    ('The accuracy loss of 7.25 % is above the limit of 5 %.',)
    """
    if not isinstance(stats, QuantizationStats):
        raise TypeError(f"stats must be a QuantizationStats, got {describe_type(stats)}")
    if not isinstance(gate, Gate):
        raise TypeError(f"gate must be a Gate, got {describe_type(gate)}")
    # Each condition is written so that a NaN fails it.
    reasons = []
    if not (stats.int8_weight_share > 0 and stats.int8_multiply_add_share > 0):
        reasons.append("No weights run in INT8: there was nothing to quantize.")
    if math.isnan(stats.accuracy_loss):
        reasons.append(f"The accuracy loss is not a number: {_why_nan(stats)}.")
    elif not stats.accuracy_loss <= gate.max_accuracy_loss:
        reasons.append(
            f"The accuracy loss of {stats.accuracy_loss:.4g} % is above the limit of "
            f"{gate.max_accuracy_loss:g} %."
        )
    if not stats.compression_ratio >= gate.min_compression:
        reasons.append(
            f"The compression of {stats.compression_ratio:.4g}x is below the minimum of "
            f"{gate.min_compression:g}x."
        )
    low, high = stats.speedup_interval
    if not low >= gate.min_speedup:
        reasons.append(
            f"The speedup of {stats.speedup:.4g}x has a 95 % interval from {low:.4g}x to "
            f"{high:.4g}x, and its lower end is below the minimum of {gate.min_speedup:g}x."
        )
    return Verdict(not reasons, tuple(reasons))


def _why_nan(stats: QuantizationStats) -> str:
    if not stats.metric:
        return "it was not measured"
    broken = "an output of the original or of the quantized model holds NaN or infinity"
    if stats.metric in WITHOUT_LABELS:
        return broken
    return (
        f"{stats.metric} gave {stats.original_metric:.4g} for the original and "
        f"{stats.quantized_metric:.4g} quantized, or {broken}"
    )
