"""``quantize_model``: one call from a trained model to a quantized one, or back to the original."""

from __future__ import annotations

from typing import Any

import numpy as np

from fourfold.accuracy import NAMED_METRICS, MetricFunction
from fourfold.attempt import Attempt
from fourfold.attempt_data import Request
from fourfold.errors import QuantizationRejectedError, describe_type
from fourfold.evaluation import StepFailed
from fourfold.gate import DEFAULT_GATE, Gate, Verdict, should_quantize
from fourfold.machine import check_threads
from fourfold.progress import Progress, reporting
from fourfold.quantization.config import DEFAULT_CONFIG, QuantizationConfig
from fourfold.result import QuantizationResult
from fourfold.stats import LayerRecord

# Reasons name so many layers; a deep network of small ones would fill pages.
LAYERS_NAMED = 4


def quantize_model(
    model: Any,
    test_data: Any,
    labels: Any = None,
    *,
    metric: str | MetricFunction | None = None,
    higher_is_better: bool = True,
    calibration_data: Any = None,
    gate: Gate = DEFAULT_GATE,
    config: QuantizationConfig = DEFAULT_CONFIG,
    threads: int | None = None,
    progress: Progress = False,
    strict: bool = False,
) -> QuantizationResult:
    """Quantize a trained model to INT8, if measurement shows that it is worth it.

    The original and the INT8 candidate run side by side on the test data: accuracy on all of them,
    then latency on the first batch. If the accuracy falls short, those layers that lose most of it
    get more bits, and accuracy is measured again. The gate decides on the figures. If it declines,
    or anything fails on the way, the result has the model that was passed in, and the reasons.

    Parameters
    ----------
    model : fourfold.Sequential, scikit-learn estimator or ONNX model
        A trained model. It is not changed. An ONNX model is a path, bytes, an ``onnx.ModelProto``,
        an ``onnxruntime.InferenceSession`` or a ``fourfold.InferenceSession``, and gives a
        ``fourfold.InferenceSession``. A session is measured against as it is; a model in any other
        form as onnxruntime runs it, or where that is not installed, as fourfold does in float:
        ``stats.baseline`` says which.
    test_data : array_like, DataFrame, sparse matrix, dict of arrays, or iterable of those
        What to measure on, [rows, features] of real numbers; an iterable gives batches, or pairs
        ``(batch, labels)``. Pass batches of the size that the model will be called with. For an
        ONNX model a batch is a dict of arrays by input name, of any shapes; or the array itself
        where there is one input; or a tuple or list of the arrays where there are several.
    labels : array_like, [rows] or [rows, outputs], optional
        What the model should answer. Without them the two models' outputs are compared.
    metric : str or callable, optional
        "accuracy", "r2", "mse", "mae", or a function of the labels and the outputs of all rows. The
        outputs are those of ``predict_proba``, else of a ``decision_function`` with a column per
        class, else of ``predict``; of ``transform`` for transformers; of a call for a
        ``Sequential``; of ``run`` for a session, of whose outputs a function gets the only one as
        an array or several as a list, and a name means the first. Without labels the distance is
        taken over all outputs of floats together. By default what fits: accuracy for classes (whole
        numbers or strings, with a score for each class; 0 and 1 for a single sigmoid, at 0.5), r2
        for numbers. An accuracy of 0 rejects: such labels are not this model's.
    higher_is_better : bool
        Whether a callable metric grows with quality; the named ones know.
    calibration_data : optional, as ``test_data``
        Data for layers that need the range of their activations beforehand: convolutions. Others
        scale each row as it comes. Without it a model with convolutions is calibrated on the first
        fifth of the test data, and judged by the rest: never both by the same rows. Whole batches
        are kept for that, at least one, or where there is only one, rows of it, if the first axis
        of all inputs may vary. Where neither can be, convolutions stay in float32.
        ``stats.calibration_rows`` says how many rows it were. Where layers have to be measured (see
        ``QuantizationConfig``), it is on the first of these rows, or on those of the test data if
        there are no others.
    gate : Gate
        The limits.
    config : QuantizationConfig
        How to quantize.
    threads : int, optional
        Threads for both sides; by default as many as a session that was passed in is set to, else
        ``fourfold.get_threads()``. The original's BLAS and OpenMP are held to it where
        threadpoolctl is installed; an onnxruntime session keeps its own (``baseline_threads``).
    progress : bool or callable
        True for a bar (needs rich), or a function of the share done and what is being done.
    strict : bool
        Raise instead of returning the original.

    Returns
    -------
    QuantizationResult

    Raises
    ------
    QuantizationRejectedError
        With ``strict=True``, if the result would not be accepted.
    TypeError, ValueError
        If ``metric``, ``higher_is_better``, ``gate``, ``config``, ``threads`` or ``progress`` is
        not what it should be.

    Examples
    --------
    >>> import numpy as np
    >>> import fourfold as ff
    >>> rng = np.random.default_rng(0)
    >>> network = ff.Sequential([
    ...     ff.Dense(rng.normal(size=(64, 512)), activation="relu"),
    ...     ff.Dense(rng.normal(size=(512, 32))),
    ... ])
    >>> result = ff.quantize_model(network, rng.normal(size=(100, 64)), gate=ff.Gate(min_speedup=0))
    >>> result.model
    QuantizedSequential(64 -> 512 -> 32, INT8)
    >>> result.stats.compression_ratio > 3.5, result.stats.accuracy_loss < 2
    (True, True)

    What cannot be quantized comes back as it is:

    >>> result = ff.quantize_model("no_model.onnx", np.eye(3))
    >>> result.model, result.accepted
    ('no_model.onnx', False)
    """
    _check_metric(metric, higher_is_better)
    _check_arguments(gate, config, progress)
    request = Request(
        model,
        test_data,
        labels,
        metric,
        bool(higher_is_better),
        calibration_data,
        config,
        gate,
        None if threads is None else check_threads(threads),
    )
    result, cause = _judged(Attempt(request), gate, progress)
    if strict and not result.accepted:
        raise QuantizationRejectedError(result) from cause
    return result


def _judged(
    attempt: Attempt, gate: Gate, progress: Progress
) -> tuple[QuantizationResult, BaseException | None]:
    """Run an attempt; return the result, and the error that was the reason, if one was."""
    cause: BaseException | None = None
    try:
        with reporting(progress) as report:
            attempt.run(report)
        verdict = should_quantize(attempt.stats, gate)
    except StepFailed as error:
        verdict, cause = Verdict(False, (str(error),)), error.__cause__
    except Exception as error:  # whatever it is, the caller's model goes back
        verdict, cause = Verdict(False, (f"{type(error).__name__}: {error}",)), error
    model, reasons = attempt.request.model, verdict.reasons
    if verdict.accepted and attempt.drop_in:
        model = attempt.drop_in
        model.stats = attempt.stats
    elif attempt.stats.int8_weight_share == 0:
        reasons += _layers_in_float(attempt.layers)
    result = QuantizationResult(
        model,
        verdict.accepted,
        reasons,
        attempt.stats,
        attempt.layers,
        attempt.onnx_source,
        attempt.activations,
    )
    return result, cause


def _layers_in_float(layers: tuple[LayerRecord, ...]) -> tuple[str, ...]:
    """Return a sentence for each of the first layers, and one for how many more there are."""
    shown = tuple(
        f"Layer {layer.name!r} stays in float32: {layer.reason}." for layer in layers[:LAYERS_NAMED]
    )
    more = len(layers) - len(shown)
    return (*shown, f"So do {more} more layers: see the result's layers.") if more else shown


def _check_metric(metric: object, higher_is_better: object) -> None:
    if hasattr(metric, "_score_func"):
        raise TypeError(
            "metric must be a callable(labels, outputs), got a scorer of scikit-learn's, which "
            "takes an estimator: pass the function that it was made of"
        )
    if isinstance(metric, str) and metric not in NAMED_METRICS:
        raise ValueError(f"metric must be one of {sorted(NAMED_METRICS)}, got {metric!r}")
    if not (metric is None or isinstance(metric, str) or callable(metric)):
        raise TypeError(
            f"metric must be a name or a callable(labels, outputs), got {describe_type(metric)}"
        )
    if not isinstance(higher_is_better, (bool, np.bool_)):
        raise TypeError(f"higher_is_better must be a bool, got {describe_type(higher_is_better)}")


def _check_arguments(gate: object, config: object, progress: object) -> None:
    if not isinstance(gate, Gate):
        raise TypeError(f"gate must be a Gate, got {describe_type(gate)}")
    if not isinstance(config, QuantizationConfig):
        raise TypeError(f"config must be a QuantizationConfig, got {describe_type(config)}")
    if not (isinstance(progress, bool) or callable(progress)):
        raise TypeError(
            f"progress must be a bool or a callable(share, what), got {describe_type(progress)}"
        )
