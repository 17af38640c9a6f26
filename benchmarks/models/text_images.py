"""Pictures of text with a known truth: lines and pages, drawn, turned, blurred and noisy.

The six fonts are those of Debian's fonts-dejavu-core; matplotlib brings the same files.
"""

from __future__ import annotations

import functools
import importlib.util
import io
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.models.task import DATA, NotInstalledError, old_generator
from benchmarks.models.text_lines import lines

FONTS = ("Sans-Bold", "Sans", "SansMono-Bold", "SansMono", "Serif-Bold", "Serif")
Box = tuple[float, float, float, float]  # left, top, right, bottom


@functools.cache
def _pillow() -> SimpleNamespace:
    """Pillow's modules."""
    try:
        from PIL import Image, ImageDraw, ImageFilter, ImageFont
    except ImportError:
        raise NotInstalledError("needs Pillow: make test-models installs it") from None
    return SimpleNamespace(
        image=Image, draw=ImageDraw.Draw, blur=ImageFilter.GaussianBlur, font=ImageFont.truetype
    )


@functools.cache
def _font_folder() -> Path:
    debian = Path("usr/share/fonts/truetype/dejavu")
    folders = [Path("/") / debian, DATA / debian]
    spec = importlib.util.find_spec("matplotlib")
    if spec is not None and spec.origin:
        folders.append(Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf")
    for folder in folders:
        if all((folder / f"DejaVu{name}.ttf").is_file() for name in FONTS):
            return folder
    raise NotInstalledError("needs Debian's fonts-dejavu-core, or matplotlib")


@functools.cache
def _font(name: str, size: int) -> Any:
    return _pillow().font(str(_font_folder() / f"DejaVu{name}.ttf"), size)


def _clipped(colour: float) -> int:
    return int(max(0, min(255, colour)))


def _noisy(image: Any, generator: np.random.RandomState, deviation: float) -> Any:
    pixels = np.asarray(image).astype(np.float32)
    pixels = pixels + generator.randn(*pixels.shape) * deviation
    return _pillow().image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def line_image(text: str, seed: int, upside_down: bool = False) -> Any:
    """A line of text, 14 to 34 points, dark on light or light on dark, saved as a JPEG."""
    pillow, draw, generator = _pillow(), random.Random(seed), old_generator(seed)
    points = draw.randint(14, 34)
    font = _font(draw.choice(FONTS), points)
    left, top, right, bottom = font.getbbox(text)
    margin = draw.randint(3, 8)
    paper, ink = draw.randint(150, 255), draw.randint(0, 90)
    if draw.random() < 0.2:
        paper, ink = ink, paper
    background = tuple(_clipped(paper + draw.randint(-25, 25)) for _ in range(3))
    image = pillow.image.new(
        "RGB", (right - left + 2 * margin, bottom - top + 2 * margin), background
    )
    colour = tuple(_clipped(ink + draw.randint(-25, 25)) for _ in range(3))
    pillow.draw(image).text((margin - left, margin - top), text, fill=colour, font=font)
    if draw.random() < 0.6:
        angle = draw.uniform(-2.0, 2.0)
        image = image.rotate(
            angle, resample=pillow.image.Resampling.BICUBIC, fillcolor=image.getpixel((0, 0))
        )
    if draw.random() < 0.6:
        image = image.filter(pillow.blur(draw.uniform(0.3, 1.3)))
    image = _noisy(image, generator, draw.uniform(0, 22))
    saved = io.BytesIO()
    image.save(saved, "JPEG", quality=draw.randint(25, 90))
    image = pillow.image.open(saved).convert("RGB")
    return image.transpose(pillow.image.Transpose.ROTATE_180) if upside_down else image


def page_image(seed: int, width: int = 640, height: int = 480, count: int = 9) -> tuple[Any, Any]:
    """A page of up to so many lines, and the boxes of those that found room."""
    pillow, draw, generator = _pillow(), random.Random(seed), old_generator(seed)
    paper = draw.randint(190, 255)
    background = (paper, paper, max(0, paper - draw.randint(0, 30)))
    image = pillow.image.new("RGB", (width, height), background)
    pen, boxes, y = pillow.draw(image), [], draw.randint(8, 20)
    for text in lines(count, seed + 1000):
        size = draw.randint(13, 30)
        font = _font(draw.choice(FONTS), size)
        x = draw.randint(10, 120)
        line, (left, top, right, bottom) = text, font.getbbox(text)
        while x + right > width - 5 and len(line) > 4:
            line = line[:-3]
            left, top, right, bottom = font.getbbox(line)
        if y + bottom > height - 5:
            break
        colour = tuple(draw.randint(0, 110) for _ in range(3))
        pen.text((x, y), line, fill=colour, font=font)
        boxes.append((x + left, y + top, x + right, y + bottom))
        y += bottom + draw.randint(10, 26)
    if draw.random() < 0.7:
        image = image.filter(pillow.blur(draw.uniform(0.2, 0.9)))
    return _noisy(image, generator, draw.uniform(0, 14)), boxes


def pixels(image: Any) -> np.ndarray:
    """[3, height, width] float32 in [-1, 1], blue first, as the PP-OCR models expect."""
    planes = np.asarray(image)[:, :, ::-1].astype(np.float32).transpose(2, 0, 1)
    return np.ascontiguousarray((planes / 255 - 0.5) / 0.5)


def line_pixels(image: Any, widest: int) -> np.ndarray:
    """[3, 48, up to ``widest``] of a line, its proportions kept where it fits."""
    width = min(widest, int(np.ceil(48 * image.width / image.height)))
    return pixels(image.resize((width, 48), _pillow().image.Resampling.BILINEAR))
