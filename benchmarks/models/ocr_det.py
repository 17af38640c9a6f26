"""PP-OCRv4 detection: where on a page there is text, as a map of probabilities."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import numpy as np

from benchmarks.models.ocr_files import model_file
from benchmarks.models.task import Feeds, Judged, NotInstalledError, Session, Task
from benchmarks.models.text_images import Box, page_image, pixels

PAGES, QUICK = 40, 10


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


def _f1(maps: Iterable[np.ndarray], pages: Iterable[int]) -> float:
    """Of the boxes in the maps of probabilities of pages, [height, width] each."""
    right = found_count = true_count = 0
    for probability, page in zip(maps, pages, strict=True):
        found, truth = _boxes(probability), _data()[page][1]
        right += _matches(found, truth)
        found_count += len(found)
        true_count += len(truth)
    return 2 * right / max(1, found_count + true_count)


def judged() -> Judged:
    """The first pages, judged by F1."""

    def metric(pages: np.ndarray, maps: np.ndarray) -> float:
        return _f1(maps[:, 0], pages)

    return Judged([{"x": x} for x, _ in _data()[:QUICK]], np.arange(QUICK), metric)


def score(session: Session, quick: bool = False) -> dict[str, float]:
    pages = range(QUICK if quick else PAGES)
    return {"F1": _f1((session.run(None, {"x": _data()[i][0]})[0][0, 0] for i in pages), pages)}


TASK = Task("PP-OCRv4 det", model, examples, calibration, judged, score, {"F1": 0.9333})
