"""What one attempt is asked for, and its data: those to calibrate on and those to judge by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fourfold.accuracy import MetricFunction
from fourfold.data import EvaluationData, check_columns, load_data
from fourfold.evaluation import blaming
from fourfold.feed_data import load_feeds
from fourfold.gate import Gate
from fourfold.holdout import Parted, part_test_data
from fourfold.importers import ImportedModel
from fourfold.quantization.config import QuantizationConfig
from fourfold.quantization.parts import needs_calibration


@dataclass(frozen=True)
class Request:
    """The arguments of ``quantize_model`` that the steps need, checked."""

    model: Any
    test_data: Any
    labels: Any
    metric: str | MetricFunction | None
    higher_is_better: bool
    calibration_data: Any
    config: QuantizationConfig
    gate: Gate
    threads: int | None


def load_test_data(imported: ImportedModel, data: Any, labels: Any) -> EvaluationData:
    """Bring test data into batches, as the model takes them.

    Raises
    ------
    StepFailed
        If they do not fit.
    """
    with blaming("The test data cannot be used"):
        return _loaded(imported, data, labels)


def part_data(
    imported: ImportedModel,
    config: QuantizationConfig,
    data: EvaluationData,
    calibration_data: Any,
) -> Parted:
    """Return what to calibrate on, and what to judge by.

    Calibration data are all for the one, and test data all for the other; without the former the
    test data are parted, if the model has layers that need it.

    Raises
    ------
    StepFailed
        If the calibration data do not fit the model.
    """
    needed = needs_calibration(imported.graph, config)
    if calibration_data is None:
        return part_test_data(data, imported.graph.inputs) if needed else Parted((), data)
    with blaming("The calibration data cannot be used"):
        given = _loaded(imported, calibration_data, None)
        if not imported.named_inputs:  # whose shapes were checked on loading
            check_columns(given, [info.shape[1] for info in imported.graph.inputs])
    return Parted(given.batches, data)


def _loaded(imported: ImportedModel, data: Any, labels: Any) -> EvaluationData:
    inputs = imported.graph.inputs
    if imported.named_inputs:
        return load_feeds(data, labels, inputs)
    return load_data(data, labels, [info.name for info in inputs])
