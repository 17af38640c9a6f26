"""Shapes of linear layers, rows x depth x columns, that occur in models people run."""

from __future__ import annotations

LINEAR = (
    (1, 768, 768),
    (1, 768, 3072),
    (1, 4096, 4096),
    (8, 768, 3072),
    (32, 768, 3072),
    (128, 768, 3072),
    (512, 384, 1536),
    (512, 1024, 4096),
    (2048, 1024, 1024),
)
