"""scikit-learn's handwritten digits: the demonstration's model, as its user sees it."""

from __future__ import annotations

from benchmarks.harness import Row
from fourfold.demo import run_demo


def measure(hidden: int = 1024) -> list[Row]:
    shown = run_demo(hidden, threads=1, report=lambda share, what: None)
    if not shown.succeeded:
        raise AssertionError(f"the demonstration failed: {shown.result.reasons}")
    stats = shown.result.stats
    rows: list[Row] = [
        {
            "what": "Model size",
            "original": stats.original_size / 1e6,
            "quantized": stats.quantized_size / 1e6,
            "unit": "MB",
            "ratio": stats.compression_ratio,
            "better": "smaller",
        }
    ]
    for batch, timing in shown.timings:
        unit, scale = ("ms", 1e3) if timing.original_latency > 1e-3 else ("µs", 1e6)
        rows.append(
            {
                "what": f"predict_proba, {batch} row{'s' if batch > 1 else ''}",
                "original": scale * timing.original_latency,
                "quantized": scale * timing.quantized_latency,
                "unit": unit,
                "ratio": timing.speedup,
                "better": "faster",
            }
        )
    accuracy = {
        "what": "Accuracy",
        "original": 100 * stats.original_metric,
        "quantized": 100 * stats.quantized_metric,
        "unit": "%",
        "ratio": stats.accuracy_loss,
        "better": "% lost",
    }
    return [*rows, accuracy]
