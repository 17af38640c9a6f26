"""fourfold, in float and as ``quantize_model`` makes it."""

from __future__ import annotations

from benchmarks.models.engines.engine import (
    DeclinedError,
    Opening,
    Recipes,
    Variant,
    onnx_parameter_bytes,
)
from benchmarks.models.files import TaskFiles
from benchmarks.models.task import Session


def opened(opening: Opening) -> Session:
    import fourfold as ff

    ff.set_threads(1)
    return ff.InferenceSession(opening.path)


def original(files: TaskFiles) -> Recipes:
    return {"": lambda: Variant(files.model, onnx_parameter_bytes(files.model))}


def int8(files: TaskFiles) -> Recipes:
    """What ``quantize_model`` makes, whatever the gate says to it: the remark has its reasons."""

    def recipe() -> Variant:
        import fourfold as ff

        path = files.folder / "int8.ff"
        judged = files.task.judged()
        result = ff.quantize_model(
            files.model,
            judged.data,
            judged.labels,
            metric=judged.metric,
            calibration_data=files.calibration(),
            gate=ff.Gate(max_accuracy_loss=100.0, min_compression=0.0, min_speedup=0.0),
            threads=1,
        )
        if not result.accepted:
            raise DeclinedError("handed back: " + " ".join(result.reasons))
        result.save(path)
        verdict = ff.should_quantize(result.stats, ff.Gate())
        said = "accepted" if verdict.accepted else "handed back: " + " ".join(verdict.reasons)
        return Variant(path, result.stats.quantized_size, remark=said)

    return {"": recipe}
