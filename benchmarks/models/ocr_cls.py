"""PP-OCR's direction classifier, a MobileNetV3: is a line of text upright or upside down?"""

from __future__ import annotations

import functools

import numpy as np

from benchmarks.models.ocr_files import model_file
from benchmarks.models.task import Feeds, Judged, Session, Task
from benchmarks.models.text_images import line_image, line_pixels
from benchmarks.models.text_lines import lines

COUNT, QUICK, BATCH = 600, 200, 20


def model() -> bytes:
    return model_file("ch_ppocr_mobile_v2.0_cls_infer.onnx")


def _batch(texts: list[str], first_seed: int) -> np.ndarray:
    """[texts, 3, 48, 192], padded with zeros; every second line is upside down."""
    batch = np.zeros((len(texts), 3, 48, 192), np.float32)
    for i, text in enumerate(texts):
        line = line_pixels(line_image(text, first_seed + i, upside_down=i % 2 == 1), 192)
        batch[i, :, :, : line.shape[2]] = line
    return batch


@functools.cache
def _data() -> np.ndarray:
    return _batch(lines(COUNT, 1), 10)


def examples() -> list[Feeds]:
    batch = _batch(lines(6, 1), 10)
    return [{"x": batch}, {"x": batch[:1]}]


def calibration() -> list[Feeds]:
    return [{"x": _batch(lines(8, 100 + i), 5000 + 8 * i)} for i in range(12)]


def judged() -> Judged:
    """Lines in batches of the timed size."""
    batches = range(0, 96, 6)
    return Judged([{"x": _data()[i : i + 6]} for i in batches], np.arange(96) % 2)


def score(session: Session, quick: bool = False) -> dict[str, float]:
    count = QUICK if quick else COUNT
    batches = (_data()[i : i + BATCH] for i in range(0, count, BATCH))
    probability = np.concatenate([session.run(None, {"x": batch})[0] for batch in batches])
    return {"accuracy": float((probability.argmax(1) == np.arange(count) % 2).mean())}


TASK = Task("PP-OCR cls", model, examples, calibration, judged, score, {"accuracy": 0.9883})
