"""All tasks."""

from __future__ import annotations

from benchmarks.models import (
    g2p,
    minilm,
    ocr_cls,
    ocr_det,
    ocr_rec,
    sklearn_models,
    torch_tasks,
    vad,
)

TASKS = {
    task.name: task
    for task in (
        *minilm.TASKS,
        vad.TASK,
        ocr_cls.TASK,
        ocr_rec.TASK,
        ocr_det.TASK,
        g2p.TASK,
        *sklearn_models.TASKS,
        *torch_tasks.TASKS,
    )
}
