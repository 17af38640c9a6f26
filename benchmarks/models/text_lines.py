"""Lines of text: words in a row from the news articles in gensim's test data."""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Sequence

from benchmarks.models.task import package_folder


@functools.cache
def _words() -> list[str]:
    folder = package_folder("gensim", "gensim") / "test" / "test_data"
    text = (folder / "lee_background.cor").read_text("utf8", errors="replace")
    return re.findall(r"[A-Za-z][A-Za-z']+|\d[\d,.]*\d", " ".join(text.split()))


def lines(count: int, seed: int) -> list[str]:
    """Lines of 2 to 5 words, some with a date or a price, some in capitals; 40 letters at most."""
    draw = random.Random(seed)
    words, found = _words(), []
    for _ in range(count):
        length = draw.randint(2, 5)
        start = draw.randrange(len(words) - length)
        line = " ".join(words[start : start + length])
        if draw.random() < 0.25:
            line += f" {draw.randint(1, 28)}/{draw.randint(1, 12):02}/{draw.randint(1990, 2025)}"
        if draw.random() < 0.15:
            line = line.upper()
        if draw.random() < 0.15:
            line += f" ${draw.randint(1, 999)}.{draw.randint(0, 99):02}"
        found.append(line[:40].strip())
    return found


def edits(sequence: Sequence[object], other: Sequence[object]) -> int:
    """Levenshtein's distance: how many insertions, deletions and replacements part the two."""
    row = list(range(len(other) + 1))
    for i, item in enumerate(sequence, 1):
        following = [i]
        for j, another in enumerate(other, 1):
            replaced = row[j - 1] + (item != another)
            following.append(min(row[j] + 1, following[-1] + 1, replaced))
        row = following
    return row[-1]
