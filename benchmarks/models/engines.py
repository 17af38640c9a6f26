"""A model in each engine, set to one thread: from a task to a session, its size and a remark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.models.task import Session, Task


@dataclass(frozen=True)
class Opened:
    """A model that an engine has opened."""

    session: Session

    parameter_bytes: int
    """Of the parameters, as they are stored."""

    remark: str = ""


def _float_bytes(task: Task) -> int:
    import onnx

    from fourfold.importers.onnx.model import parameter_bytes

    return parameter_bytes(onnx.load_from_string(task.model()).graph)


def onnxruntime_float32(task: Task) -> Opened:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        task.model(), options, providers=["CPUExecutionProvider"]
    )
    return Opened(session, _float_bytes(task))


def fourfold_float32(task: Task) -> Opened:
    import fourfold as ff

    ff.set_threads(1)
    return Opened(ff.InferenceSession(task.model()), _float_bytes(task))


def fourfold_int8(task: Task) -> Opened:
    """What ``quantize_model`` makes, whatever the gate says to it: the remark has its reasons."""
    import fourfold as ff

    ff.set_threads(1)
    open_gate = ff.Gate(max_accuracy_loss=100.0, min_compression=0.0, min_speedup=0.0)
    result = ff.quantize_model(
        task.model(),
        task.examples(),
        calibration_data=task.calibration(),
        gate=open_gate,
        strict=True,
    )
    verdict = ff.should_quantize(result.stats, ff.Gate())
    remark = "accepted" if verdict.accepted else " ".join(verdict.reasons)
    return Opened(result.model, result.stats.quantized_size, remark)


ENGINES: dict[str, Callable[[Task], Opened]] = {
    "onnxruntime float32": onnxruntime_float32,
    "fourfold float32": fourfold_float32,
    "fourfold int8": fourfold_int8,
}
