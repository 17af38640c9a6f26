"""One attempt at quantizing a model: the steps, and what each has found out so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fourfold import _core
from fourfold.attempt_data import Request, load_test_data, part_data
from fourfold.data import Batch, EvaluationData
from fourfold.dropin.base import DropIn
from fourfold.evaluation import (
    Judge,
    Model,
    Remembering,
    blamed,
    blaming,
    call_model,
    evaluate_accuracy,
    evaluate_latency,
)
from fourfold.graph.partitioned import Program
from fourfold.importers import ImportedModel, import_model
from fourfold.importers.imported import without_weights
from fourfold.progress import ProgressFunction
from fourfold.quantization.activations import NO_ACTIVATIONS, ActivationForms
from fourfold.quantization.build import Candidate
from fourfold.quantization.part_values import settled
from fourfold.quantization.parts import (
    PartsBasis,
    measure_effects,
    needs_calibration,
    quantize,
    start,
)
from fourfold.quantization.promotion import choose_widths
from fourfold.quantization.static import Basis, CalibrationData
from fourfold.sampling import first_rows
from fourfold.stats import LayerRecord, QuantizationStats
from fourfold.timing import thread_limits
from fourfold.wrapping import wrap

# The share of the allowed loss that raised layers are chosen for: they are measured on a few rows,
# and all rows decide. Where they decide against it, the choice is made once more, for less.
MARGIN = 0.85
ROUNDS = 2


@dataclass(frozen=True)
class Sides:
    """What every candidate is compared with, and how."""

    imported: ImportedModel
    """Without its weights: float weights, INT8 weights and the original are too much at once."""

    basis: Callable[[], Basis | PartsBasis]
    """Returns the model in float, read again if it was let go."""

    original: Remembering
    data: EvaluationData
    judge: Judge


@dataclass
class Attempt:
    """What is known so far. A step that fails leaves what the steps before it found out."""

    request: Request
    stats: QuantizationStats = field(default_factory=QuantizationStats)
    layers: tuple[LayerRecord, ...] = ()
    drop_in: DropIn | None = None
    onnx_source: Any = None
    activations: ActivationForms = NO_ACTIVATIONS

    def run(self, report: ProgressFunction) -> None:
        """Do all steps.

        Raises
        ------
        StepFailed
            If one fails.
        """
        request = self.request
        report = blamed(report)
        report(0.0, "quantizing")
        with blaming("The model cannot be quantized"):
            imported = import_model(request.model)
        data = load_test_data(imported, request.test_data, request.labels)
        with blaming("The model failed on the test data"):
            imported = replace(imported, graph=settled(imported.graph, data.batches[0]))
        parted = part_data(imported, request.config, data, request.calibration_data)
        if needs_calibration(imported.graph, request.config):
            self.stats = replace(self.stats, calibration_rows=parted.calibration_rows)
        with blaming("The model cannot be quantized"):
            calibration = CalibrationData(parted.calibration, parted.reason)
            basis = start(imported.graph, request.config, calibration, parted.judged.batches)
            candidate = quantize(basis, request.config)
            drop_in = self._wrapped(imported, candidate.program)
        self.onnx_source = imported.onnx_source
        self._note_sizes(imported, candidate)
        imported = without_weights(imported)
        again = _kept(basis) or (
            lambda: start(import_model(request.model).graph, request.config, calibration)
        )
        del basis, candidate
        with thread_limits(self._threads(imported) or None) as blas_threads:
            original = Remembering(lambda: self._opened(imported, blas_threads))
            judge = _judge(request, imported)
            sides = Sides(imported, again, original, parted.judged, judge)
            self._compare(sides, drop_in, report)
            if request.config.precision == "auto" and self._is_too_far() and self._is_small():
                seen = parted.calibration or data.batches
                sample = first_rows(seen[0], imported.graph.inputs)
                del drop_in  # room for what is measured: it is soon made again
                drop_in = self._raise_layers(sides, sample, report)
            opened = original.opened()
            _core.give_back_freed_memory()  # onnxruntime takes most of its own in the second run
            self._time(opened, imported.call(drop_in), data.batches[0], report)
        self.drop_in = drop_in

    def _opened(self, imported: ImportedModel, blas_threads: int | None) -> Model:
        """Return what calls the original, and note down what that is."""
        with blaming("The original cannot be opened"):
            baseline = imported.baseline(self.request.model, _core.get_threads())
        self.stats = replace(
            self.stats,
            threads=_core.get_threads(),
            baseline=baseline.name,
            baseline_threads=blas_threads if baseline.threads is None else baseline.threads,
        )
        return imported.call(baseline.model)

    def _threads(self, imported: ImportedModel) -> int:
        """Return how many threads both sides get; 0 for as many as are set.

        A session that is set to so many keeps them: the other side has as many.
        """
        return self.request.threads or imported.threads

    def _wrapped(self, imported: ImportedModel, program: Program) -> DropIn:
        limit = self._threads(imported) if imported.threads else 0
        return wrap(imported.kind, program, imported.interface, imported.interface_arrays, limit)

    def _is_too_far(self) -> bool:
        return self.stats.accuracy_loss > self.request.gate.max_accuracy_loss

    def _is_small(self) -> bool:
        """Return whether something is INT8, and the whole small enough for the gate."""
        small = self.stats.compression_ratio >= self.request.gate.min_compression
        return small and self.stats.int8_multiply_add_share > 0

    def _raise_layers(self, sides: Sides, sample: Batch, report: ProgressFunction) -> DropIn:
        """Return a candidate whose layers have the bits that they need, as a sample tells.

        If there is none that reaches the gate's accuracy and size, it is the one with 8 bits.
        """
        imported, config = sides.imported, self.request.config

        def run(program: Program) -> list[np.ndarray]:
            return call_model(imported.call(self._wrapped(imported, program)), sample)

        report(0.3, "measuring layers")
        sides.original.let_go()
        with blaming("The layers that lose most accuracy cannot be found"):
            basis = sides.basis()
            _core.give_back_freed_memory()
            effects = measure_effects(basis, config, run)
        _core.give_back_freed_memory()
        before, shrink = (self.stats, self.layers, self.activations), 1.0
        for _ in range(ROUNDS):
            shrink *= MARGIN * self.request.gate.max_accuracy_loss / self.stats.accuracy_loss
            raised = choose_widths(effects, shrink)
            if not raised:
                break
            candidate = quantize(basis, config, raised)
            self._note_sizes(imported, candidate)
            if not self._is_small():
                break
            better = self._wrapped(imported, candidate.program)
            self._compare(sides, better, report)
            if not self._is_too_far():
                return better
        self.stats, self.layers, self.activations = before
        return self._wrapped(imported, quantize(basis, config).program)

    def _note_sizes(self, imported: ImportedModel, candidate: Candidate) -> None:
        self.layers, self.activations = candidate.layers, candidate.activations
        self.stats = replace(
            self.stats,
            original_size=imported.parameter_bytes,
            quantized_size=candidate.program.weight_bytes,
            int8_weight_share=candidate.counts.int8_weight_share,
            int8_multiply_add_share=candidate.counts.int8_multiply_add_share,
            isa=_core.active_isa(),
            cpu=_core.cpu_name(),
        )

    def _compare(self, sides: Sides, drop_in: DropIn, report: ProgressFunction) -> None:
        accuracy = evaluate_accuracy(
            sides.original,
            sides.imported.call(drop_in),
            sides.data,
            sides.judge,
            lambda share: report(0.1 + 0.4 * share, "measuring accuracy"),
        )
        self.stats = replace(
            self.stats,
            metric=accuracy.metric,
            original_metric=accuracy.original_metric,
            quantized_metric=accuracy.quantized_metric,
            accuracy_loss=accuracy.loss,
            rows=sides.data.rows,
        )

    def _time(
        self, original: Model, quantized: Model, first: Batch, report: ProgressFunction
    ) -> None:
        timing = evaluate_latency(
            original, quantized, first, lambda share: report(0.5 + 0.5 * share, "measuring latency")
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


def _kept(basis: Basis | PartsBasis) -> Callable[[], Basis | PartsBasis] | None:
    """Return a calibrated basis, which takes longer to make than to keep; None for others."""
    if isinstance(basis, Basis) and basis.calibration is None:
        return None
    return lambda: basis


def _judge(request: Request, imported: ImportedModel) -> Judge:
    return Judge(
        request.metric,
        request.higher_is_better,
        imported.default_metric,
        imported.interface_arrays.get("classes_"),
        imported.method,
    )
