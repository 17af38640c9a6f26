"""PP-OCRv4 recognition: convolutions and attention; the letters of a line, by CTC."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import numpy as np

from benchmarks.models.ocr_files import model_file
from benchmarks.models.task import Feeds, Judged, Session, Task
from benchmarks.models.text_images import line_image, line_pixels
from benchmarks.models.text_lines import edits, lines

COUNT, QUICK = 300, 60


def model() -> bytes:
    return model_file("ch_PP-OCRv4_rec_infer.onnx")


@functools.cache
def _characters() -> list[str]:
    """What the classes stand for: 0 is CTC's blank; the model's own list; a space."""
    import onnx

    metadata = {entry.key: entry.value for entry in onnx.load_from_string(model()).metadata_props}
    return ["", *metadata["character"].splitlines(), " "]


def _line(text: str, seed: int, width: int | None = None) -> np.ndarray:
    """[1, 3, 48, width], padded with zeros; by default as wide as the line, in steps of 32."""
    image = line_image(text, seed)
    natural = max(int(np.ceil(48 * image.width / image.height)), 48)
    line = line_pixels(image, width or natural)
    padded = np.zeros((1, 3, 48, width or max(320, -(-natural // 32) * 32)), np.float32)
    padded[0, :, :, : line.shape[2]] = line
    return padded


@functools.cache
def _data() -> list[np.ndarray]:
    return [_line(text, 10 + i) for i, text in enumerate(lines(COUNT, 1))]


def examples() -> list[Feeds]:
    texts = lines(4, 3)
    batch = np.concatenate([_line(text, i, 320) for i, text in enumerate(texts)])
    return [{"x": batch}, {"x": _line(texts[0] + texts[1], 0)}]


def calibration() -> list[Feeds]:
    return [{"x": _line(text, 5000 + i, 320)} for i, text in enumerate(lines(48, 77))]


def _read(probability: np.ndarray) -> str:
    """CTC: the best class of each step, [steps, classes], repeats and blanks dropped."""
    best = probability.argmax(1)
    kept = best[np.concatenate([[True], best[1:] != best[:-1]])]
    return "".join(_characters()[c] for c in kept)


def _errors(texts: list[str], outputs: Iterable[np.ndarray]) -> dict[str, float]:
    """Of lines, each [steps, classes]; spaces do not count."""
    wrong = letters = right_lines = 0
    for text, probability in zip(texts, outputs, strict=True):
        expected = text.replace(" ", "")
        distance = edits(_read(probability).replace(" ", ""), expected)
        wrong += distance
        letters += len(expected)
        right_lines += distance == 0
    return {"character errors": wrong / letters, "lines": right_lines / len(texts)}


def judged() -> Judged:
    """Lines in batches of the timed size, judged by the characters that are right."""
    texts = lines(32, 3)
    pixels = [_line(text, i, 320) for i, text in enumerate(texts)]
    batches = [{"x": np.concatenate(pixels[i : i + 4])} for i in range(0, len(texts), 4)]

    def metric(labels: np.ndarray, outputs: np.ndarray) -> float:
        return 1 - _errors(list(labels), outputs)["character errors"]

    return Judged(batches, np.array(texts), metric)


def score(session: Session, quick: bool = False) -> dict[str, float]:
    count = QUICK if quick else COUNT
    outputs = (session.run(None, {"x": x})[0][0] for x in _data()[:count])
    return _errors(lines(COUNT, 1)[:count], outputs)


TASK = Task(
    "PP-OCRv4 rec",
    model,
    examples,
    calibration,
    judged,
    score,
    {"character errors": 0.0081, "lines": 0.92},
)
