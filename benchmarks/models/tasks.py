"""All tasks that need no torch."""

from __future__ import annotations

from benchmarks.models import g2p, ocr_cls, ocr_det, ocr_rec, sklearn_models, vad

TASKS = {
    task.name: task
    for task in (
        vad.TASK,
        ocr_cls.TASK,
        ocr_rec.TASK,
        ocr_det.TASK,
        g2p.TASK,
        *sklearn_models.TASKS,
    )
}
