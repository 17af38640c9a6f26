"""A model in each engine, set to one thread: from its bytes to a function of its inputs."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.models.task import Session, Task

MakeSession = Callable[[Task], Session]


def onnxruntime_float32(task: Task) -> Session:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(task.model(), options, providers=["CPUExecutionProvider"])


def fourfold_float32(task: Task) -> Session:
    import fourfold as ff

    ff.set_threads(1)
    return ff.InferenceSession(task.model())


ENGINES: dict[str, MakeSession] = {
    "onnxruntime float32": onnxruntime_float32,
    "fourfold float32": fourfold_float32,
}
