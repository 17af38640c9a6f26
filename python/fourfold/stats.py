"""What was measured about a quantized model, and on what machine."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class QuantizationStats:
    """The figures that the gate decides on. A figure that was not measured is NaN.

    Attributes
    ----------
    original_size : int
        Bytes of the original's parameters as it stores them, tied ones once.
    quantized_size : int
        Bytes of the quantized parameters as stored: weights, with padding where they are packed,
        scales, biases, and the constants of all other steps.
    compression_ratio : float
        ``original_size / quantized_size``.
    int8_weight_share : float
        Share of the weights that are INT8, from 0 to 1: of all constants of floats that have two
        axes or more and are no bias, tied ones once.
    int8_multiply_add_share : float
        Share of the multiply-adds with weights that run in INT8, from 0 to 1: of one row, or of one
        position of a convolution's window.
    metric : str
        What accuracy was measured by: a metric's name, "relative_l2" (no labels), or
        "disagreement" (no labels, and outputs that are classes).
    original_metric, quantized_metric : float
        The metric of the two models; NaN without labels.
    accuracy_loss : float
        In percent: ``100 * (original - quantized) / |original|``, the sign turned where lower is
        better. Without labels, the distance between the two outputs in percent.
    rows : int
        Rows that accuracy was measured on.
    calibration_rows : int
        Rows that layers were calibrated on, none of them among ``rows``; 0 if no layer needed it.
    speedup : float
        Median of the paired latency ratios, original over quantized.
    speedup_interval : tuple of float
        Lower and upper end of the median's 95 % interval.
    original_latency, quantized_latency : float
        Median seconds of one call.
    batch_shape : tuple of int
        Shape of the batch that was timed: the first of the test data.
    threads : int
        Threads while timing.
    baseline : str
        What was measured against: the kind of model that was passed in; for an ONNX model in a
        file, "onnxruntime" and its version, or fourfold's own float session where that is missing.
    baseline_threads : int or None
        Threads of the original while timing: those that its BLAS and OpenMP were held to, or those
        that its onnxruntime session is set to (0: as many as that likes). None where threadpoolctl
        is not installed, and they had what the environment gives them.
    isa : str
        Instruction set of the kernels.
    cpu : str
        The processor's own name.

    Examples
    --------
    >>> import fourfold as ff
    >>> stats = ff.QuantizationStats(original_size=4000, quantized_size=1000)
    >>> stats.compression_ratio
    4.0
    >>> ff.should_quantize(stats).accepted  # accuracy and speed were not measured
    False
    """

    original_size: int = 0
    quantized_size: int = 0
    int8_weight_share: float = math.nan
    int8_multiply_add_share: float = math.nan
    metric: str = ""
    original_metric: float = math.nan
    quantized_metric: float = math.nan
    accuracy_loss: float = math.nan
    rows: int = 0
    calibration_rows: int = 0
    speedup: float = math.nan
    speedup_interval: tuple[float, float] = (math.nan, math.nan)
    original_latency: float = math.nan
    quantized_latency: float = math.nan
    batch_shape: tuple[int, ...] = ()
    threads: int = 0
    baseline: str = ""
    baseline_threads: int | None = None
    isa: str = ""
    cpu: str = ""

    @property
    def compression_ratio(self) -> float:
        """How many times smaller the parameters are; NaN if a size is unknown."""
        if not self.original_size or not self.quantized_size:
            return math.nan
        return self.original_size / self.quantized_size

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON can hold them: NaN and infinities become strings."""
        values: dict[str, Any] = as_json(asdict(self))
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> QuantizationStats:
        """Return the stats that ``to_dict`` gave these values for.

        Another version's may have fields more or less: unknown ones are passed over, missing ones
        count as not measured.

        Raises
        ------
        ValueError
            If a value is of the wrong kind.
        """
        kinds = {field.name: str(field.type) for field in fields(cls)}
        known = kinds.keys() & values.keys()
        return cls(**{name: _from_json(name, kinds[name], values[name]) for name in known})


@dataclass(frozen=True)
class LayerRecord:
    """One layer with weights of a quantized model.

    Attributes
    ----------
    name : str
        The layer's name, as ``QuantizationConfig(keep_float=...)`` takes it.
    precision : str
        "int8" or "float32".
    original_bytes, quantized_bytes : int
        Bytes of weight and bias as float32, and as they are now stored.
    multiply_add_share : float
        The layer's share of the multiply-adds of one row, from 0 to 1.
    weight_error : float
        Relative L2 distance of the layer's weights from the original's.
    reason : str
        Why the layer stays in float32; empty for INT8.
    activation_bits : int
        Bits of the values that the weights are multiplied with: 8; 16 where 8 would lose too much
        accuracy; 32 in float32, and where nothing is multiplied.
    output_error : float
        Of a layer that was calibrated, relative L2 distance of its sums in INT8 from those in
        float32, on the calibration data, for the same inputs; NaN for other layers.
    """

    name: str
    precision: str
    original_bytes: int
    quantized_bytes: int
    multiply_add_share: float
    weight_error: float
    reason: str = ""
    activation_bits: int = 32
    output_error: float = math.nan


def as_json(value: Any) -> Any:
    """Return a value as JSON can hold it: NaN and infinities as strings, tuples as lists."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _from_json(name: str, kind: str, value: Any) -> Any:
    try:
        if kind == "float":
            return float(value)
        if kind == "tuple[float, float]":
            low, high = value
            return float(low), float(high)
        if kind == "tuple[int, ...]":
            return tuple(int(item) for item in value)
        if kind == "int | None" and value is None:
            return None
        return str(value) if kind == "str" else int(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"stats field {name!r} must be {kind}, got {value!r}") from error
