"""One attempt at quantizing a model: the steps, and what each has found out so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fourfold import _core
from fourfold.accuracy import MetricFunction
from fourfold.data import EvaluationData, check_columns, load_data
from fourfold.dropin.base import DropIn
from fourfold.evaluation import Judge, blaming, evaluate_accuracy, evaluate_latency
from fourfold.feed_data import load_feeds
from fourfold.importers import ImportedModel, import_model
from fourfold.progress import ProgressFunction
from fourfold.quantization.build import Candidate, quantize_graph
from fourfold.quantization.config import QuantizationConfig
from fourfold.stats import LayerRecord, QuantizationStats
from fourfold.timing import thread_limits
from fourfold.wrapping import wrap


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
    threads: int | None


@dataclass
class Attempt:
    """What is known so far. A step that fails leaves what the steps before it found out."""

    request: Request
    stats: QuantizationStats = field(default_factory=QuantizationStats)
    layers: tuple[LayerRecord, ...] = ()
    drop_in: DropIn | None = None

    def run(self, report: ProgressFunction) -> None:
        """Do all steps.

        Raises
        ------
        StepFailed
            If one fails.
        """
        request = self.request
        report = _blamed(report)
        report(0.0, "quantizing")
        with blaming("The model cannot be quantized"):
            imported = import_model(request.model)
            # A session that is set to so many threads keeps them: the other side has as many.
            threads = request.threads or imported.threads
            candidate = quantize_graph(imported.graph, request.config)
            drop_in = wrap(
                imported.kind,
                candidate.program,
                imported.interface,
                imported.interface_arrays,
                threads if imported.threads else 0,
            )
        self._note_sizes(imported, candidate)
        with blaming("The test data cannot be used"):
            data = _loaded(imported, request.test_data, request.labels)
        if request.calibration_data is not None:
            with blaming("The calibration data cannot be used"):
                _check_calibration(imported, _loaded(imported, request.calibration_data, None))
        with thread_limits(threads or None) as blas_threads:
            with blaming("The original cannot be opened"):
                baseline = imported.baseline(request.model, _core.get_threads())
            self.stats = replace(
                self.stats,
                threads=_core.get_threads(),
                baseline=baseline.name,
                baseline_threads=blas_threads if baseline.threads is None else baseline.threads,
            )
            self._measure(imported, baseline.model, drop_in, data, report)
        self.drop_in = drop_in

    def _note_sizes(self, imported: ImportedModel, candidate: Candidate) -> None:
        self.layers = candidate.layers
        self.stats = replace(
            self.stats,
            original_size=imported.parameter_bytes,
            quantized_size=candidate.program.weight_bytes,
            int8_weight_share=candidate.int8_weight_share,
            int8_multiply_add_share=candidate.int8_multiply_add_share,
            isa=_core.active_isa(),
            cpu=_core.cpu_name(),
        )

    def _measure(
        self,
        imported: ImportedModel,
        baseline: Any,
        drop_in: DropIn,
        data: EvaluationData,
        report: ProgressFunction,
    ) -> None:
        request = self.request
        original, quantized = imported.call(baseline), imported.call(drop_in)
        judge = Judge(
            request.metric,
            request.higher_is_better,
            imported.default_metric,
            imported.interface_arrays.get("classes_"),
            imported.method,
        )
        accuracy = evaluate_accuracy(
            original,
            quantized,
            data,
            judge,
            lambda share: report(0.1 + 0.4 * share, "measuring accuracy"),
        )
        self.stats = replace(
            self.stats,
            metric=accuracy.metric,
            original_metric=accuracy.original_metric,
            quantized_metric=accuracy.quantized_metric,
            accuracy_loss=accuracy.loss,
            rows=data.rows,
        )
        first = data.batches[0]
        timing = evaluate_latency(
            original,
            quantized,
            first,
            lambda share: report(0.5 + 0.5 * share, "measuring latency"),
        )
        self.stats = replace(
            self.stats,
            speedup=timing.speedup,
            speedup_interval=timing.interval,
            original_latency=timing.original_latency,
            quantized_latency=timing.quantized_latency,
            batch_shape=tuple(int(size) for size in np.shape(first[0])),
        )
        report(1.0, "done")


def _loaded(imported: ImportedModel, data: Any, labels: Any) -> EvaluationData:
    """Bring data into batches, as the model takes them."""
    inputs = imported.graph.inputs
    if imported.named_inputs:
        return load_feeds(data, labels, inputs)
    return load_data(data, labels, [info.name for info in inputs])


def _check_calibration(imported: ImportedModel, data: EvaluationData) -> None:
    if not imported.named_inputs:  # whose shapes were checked on loading
        check_columns(data, [info.shape[1] for info in imported.graph.inputs])


def _blamed(report: ProgressFunction) -> ProgressFunction:
    """Return a progress function whose own errors are not blamed on the step that calls it."""

    def told(share: float, what: str) -> None:
        with blaming("The progress function failed"):
            report(share, what)

    return told
