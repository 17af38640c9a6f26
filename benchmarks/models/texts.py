"""Texts with what people say of them: how alike documents and words are, and words by their gloss.

Lee's documents, WordSim-353 and SimLex-999 come in gensim's test data, the glosses with WordNet.
"""

from __future__ import annotations

import functools
import random
import re
from pathlib import Path

import numpy as np

from benchmarks.models.task import data_folder, package_folder

GLOSSES = 1000


def _folder() -> Path:
    return package_folder("gensim", "gensim") / "test" / "test_data"


def _lines(name: str) -> list[str]:
    text = (_folder() / name).read_text("utf8", errors="replace")
    return [line.strip() for line in text.splitlines() if line.strip()]


@functools.cache
def documents() -> tuple[list[str], np.ndarray]:
    """Lee's 50 news articles, and how alike people find each pair, [1225], in row order."""
    texts = _lines("lee.cor")
    alike = np.array([[float(v) for v in line.split()] for line in _lines("similarities0-1.txt")])
    count = min(len(texts), len(alike))
    return texts[:count], alike[:count, :count][np.triu_indices(count, 1)]


@functools.cache
def word_pairs(name: str) -> list[tuple[str, str, float]]:
    """Pairs of words and how alike people find them, from a table with tabs."""
    found = []
    for line in _lines(name):
        fields = line.split("\t")
        if line.startswith("#") or len(fields) < 3:
            continue
        try:
            found.append((fields[0], fields[1], float(fields[2])))
        except ValueError:  # the heading
            continue
    return found


@functools.cache
def glosses() -> list[tuple[str, str]]:
    """Nouns, each with what WordNet says it is, in 6 to 24 words that do not name it."""
    folder = data_folder("usr/share/wordnet", "wordnet-base")
    found = []
    for line in (folder / "data.noun").read_text("latin1").splitlines():
        if line.startswith("  "):
            continue
        entry, text = line.split("|", 1)
        noun = entry.split()[4].replace("_", " ")
        gloss = re.split(r';\s*"', text.strip())[0].strip()
        plain = noun.isalpha() and noun.islower()
        if plain and 6 <= len(gloss.split()) <= 24 and noun not in gloss:
            found.append((noun, gloss))
    random.Random(0).shuffle(found)
    first: dict[str, str] = {}
    for noun, gloss in found:
        first.setdefault(noun, gloss)
    return list(first.items())[:GLOSSES]


@functools.cache
def other_texts(count: int = 64) -> list[str]:
    """Sentences and beginnings of articles that no task asks about."""
    found: list[str] = []
    for article in _lines("lee_background.cor")[: count // 2]:
        sentences = [text.strip() for text in article.split(". ") if len(text.split()) > 4]
        found += [*sentences[:1], article[:400]]
    return found[:count]
