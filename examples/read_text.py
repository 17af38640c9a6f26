"""The text in a picture: rapidocr-onnxruntime's whole pipeline, three networks, on fourfold.

    python examples/read_text.py picture.png

Needs fourfold[onnx] and rapidocr-onnxruntime; onnxruntime need not be installed.
"""

import sys

import fourfold

sys.modules["onnxruntime"] = fourfold  # the one line: what imports onnxruntime gets fourfold

from rapidocr_onnxruntime import RapidOCR  # noqa: E402


def read(picture):
    """Return the lines of a picture, a path or an array [height, width, blue green red]."""
    found, _ = RapidOCR()(picture)
    return [(text, score) for _, text, score in found or []]


if __name__ == "__main__":
    for text, score in read(sys.argv[1]):
        print(f"{score:.2f}  {text}")
