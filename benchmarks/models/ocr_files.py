"""The PP-OCR models, which rapidocr-onnxruntime ships."""

from __future__ import annotations

from benchmarks.models.task import package_folder


def model_file(name: str) -> bytes:
    folder = package_folder("rapidocr_onnxruntime", "rapidocr-onnxruntime")
    return (folder / "models" / name).read_bytes()
