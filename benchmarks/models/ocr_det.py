"""PP-OCRv4 detection: where on a page there is text, as a map of probabilities."""

from __future__ import annotations

import functools

import numpy as np

from benchmarks.models.ocr_files import model_file
from benchmarks.models.task import Feeds, NotInstalledError, Session, Task
from benchmarks.models.text_images import Box, page_image, pixels

PAGES = 40


def model() -> bytes:
    return model_file("ch_PP-OCRv4_det_infer.onnx")


@functools.cache
def _data() -> list[tuple[np.ndarray, list[Box]]]:
    pages = (page_image(seed) for seed in range(PAGES))
    return [(pixels(image)[None], boxes) for image, boxes in pages]


def examples() -> list[Feeds]:
    return [
        {"x": pixels(page_image(7)[0])[None]},
        {"x": pixels(page_image(8, 224, 96, 2)[0])[None]},
    ]


def calibration() -> list[Feeds]:
    return [{"x": pixels(page_image(900 + i, 320, 320, 6)[0])[None]} for i in range(24)]


def _boxes(probability: np.ndarray) -> list[Box]:
    """Boxes of what is likely text, widened: the model learns of lines with their edge cut off."""
    try:
        from scipy import ndimage
    except ImportError:
        raise NotInstalledError("needs scipy: make test-models installs it") from None
    labels, _ = ndimage.label(probability > 0.3, structure=np.ones((3, 3)))
    found = []
    for number, place in enumerate(ndimage.find_objects(labels), 1):
        rows, columns = place
        height, width = rows.stop - rows.start, columns.stop - columns.start
        inside = probability[place][labels[place] == number]
        if height < 3 or width < 6 or inside.mean() < 0.5:
            continue
        edge = 1.6 * height * width / (2 * (height + width))
        box = (columns.start - edge, rows.start - edge, columns.stop + edge, rows.stop + edge)
        found.append(box)
    return found


def _overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return width * height / (sum(areas) - width * height)


def _matches(found: list[Box], truth: list[Box]) -> int:
    """How many true boxes have a best match of their own that covers half of the union."""
    used: set[int] = set()
    for box in truth:
        best = max(range(len(found)), key=lambda i: _overlap(found[i], box), default=None)
        if best is not None and best not in used and _overlap(found[best], box) >= 0.5:
            used.add(best)
    return len(used)


def score(session: Session) -> dict[str, float]:
    right = found_count = true_count = 0
    for x, truth in _data():
        found = _boxes(session.run(None, {"x": x})[0][0, 0])
        right += _matches(found, truth)
        found_count += len(found)
        true_count += len(truth)
    return {"F1": 2 * right / max(1, found_count + true_count)}


TASK = Task("PP-OCRv4 det", model, examples, calibration, score, {"F1": 0.9333})
