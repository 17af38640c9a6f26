"""Form: what the bytes of an int8 value stand for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fourfold.graph.ir import Attribute

LOWEST, LARGEST = -128, 127


@dataclass(frozen=True)
class Form:
    """Int8 values q that stand for ``scale * (q - zero)``."""

    scale: float
    zero: int

    def attributes(self, prefix: str) -> dict[str, Attribute]:
        """Return the attributes by which a step knows it: those of its input, or output."""
        return {f"{prefix}scale": self.scale, f"{prefix}zero": self.zero}

    def values(self) -> np.ndarray:
        """Return what all 256 stand for, float32."""
        numbers = np.arange(LOWEST, LARGEST + 1, dtype=np.float32)
        values: np.ndarray = (numbers - np.float32(self.zero)) * np.float32(self.scale)
        return values

    def quantized(self, values: np.ndarray) -> np.ndarray:
        """Return float32 values as ``quantize_linear`` rounds them: NaN counts as 0."""
        steps = np.nan_to_num(values / np.float32(self.scale), posinf=256, neginf=-256)
        q: np.ndarray = np.clip(np.rint(steps) + self.zero, LOWEST, LARGEST).astype(np.int8)
        return q
