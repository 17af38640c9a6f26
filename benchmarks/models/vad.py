"""Silero VAD: which frames of 32 ms hold speech, in recorded prompts, silences and noise.

The graph takes a whole recording: an STFT written as a convolution, four convolutions, an LSTM.
"""

from __future__ import annotations

import functools

import numpy as np

from benchmarks.models.speech import RATE, VOICES, mixed, prompts
from benchmarks.models.task import (
    Feeds,
    Judged,
    Session,
    Task,
    old_generator,
    package_folder,
)

FRAME = 512
CONTEXT = 64  # each frame begins with the end of the one before
CLIPS, QUICK, SECONDS = 24, 6, 30


def model() -> bytes:
    folder = package_folder("silero_vad", "silero-vad")
    return (folder / "data" / "silero_vad_16k_sequence.onnx").read_bytes()


def _clip(seed: int, seconds: int = SECONDS) -> tuple[np.ndarray, np.ndarray]:
    """Samples [frames, FRAME] flattened, and per frame 1 for speech, 0 for silence, -1 unsure."""
    generator = old_generator(seed)
    spoken = prompts(list(VOICES)[seed % len(VOICES)], 0.8)
    parts: list[np.ndarray] = []
    length = 0
    while length < seconds * RATE:
        silence = np.zeros(int(generator.uniform(0.4, 2.0) * RATE), np.float32)
        prompt = spoken[generator.randint(len(spoken))] * generator.uniform(0.3, 1)
        parts += [silence, prompt]
        length += len(silence) + len(prompt)
    clean = np.concatenate(parts)[: seconds * RATE]
    clean = clean[: len(clean) // FRAME * FRAME]
    truth = _truth(clean)
    noisy = mixed(
        clean,
        generator,
        generator.choice([20, 10, 5, 0]),
        generator.choice(["white", "pink", "brown"]),
    )
    return noisy / max(1, np.abs(noisy).max()), truth


def _truth(clean: np.ndarray) -> np.ndarray:
    """Speech where the clean signal is within 25 dB of its loud frames, silence below 45."""
    loudness = np.sqrt((clean.reshape(-1, FRAME) ** 2).mean(1))
    loud = np.percentile(loudness[loudness > 1e-4], 90)
    decibels = 20 * np.log10(loudness / loud + 1e-6)
    speech = np.convolve(decibels > -25, np.ones(3), "same") > 0
    sound = np.convolve(decibels > -45, np.ones(5), "same") > 0
    return np.where(speech, 1, np.where(sound, -1, 0))


def _feeds(samples: np.ndarray) -> Feeds:
    frames = samples.reshape(-1, FRAME)
    before = np.concatenate([np.zeros((1, CONTEXT), np.float32), frames[:-1, -CONTEXT:]])
    state = np.zeros((1, 1, 128), np.float32)
    frames = np.concatenate([before, frames], 1).astype(np.float32)
    return {"input": frames, "h": state, "c": state}


def examples() -> list[Feeds]:
    return [_feeds(_clip(900, 10)[0]), _feeds(_clip(901, 4)[0])]


def calibration() -> list[Feeds]:
    return [_feeds(_clip(500 + i, 10)[0]) for i in range(8)]


@functools.cache
def _data() -> list[tuple[Feeds, np.ndarray]]:
    clips = (_clip(seed) for seed in range(CLIPS))
    return [(_feeds(samples), truth) for samples, truth in clips]


def _area_under_curve(score: np.ndarray, truth: np.ndarray) -> float:
    order = np.argsort(score, kind="stable")
    rank = np.empty(len(score))
    rank[order] = np.arange(1, len(score) + 1)
    speech = truth.sum()
    pairs = speech * (len(truth) - speech)
    return float((rank[truth == 1].sum() - speech * (speech + 1) / 2) / pairs)


def judged() -> Judged:
    """Clips of the timed length, judged by the frames of which the truth is sure."""
    clips = [_clip(900 + i, 10) for i in range(4)]
    truth = np.concatenate([truth for _, truth in clips])

    def metric(labels: np.ndarray, outputs: list[np.ndarray]) -> float:
        sure = labels >= 0
        return float(((outputs[0] > 0.5) == labels)[sure].mean())

    return Judged([_feeds(samples) for samples, _ in clips], truth, metric)


def score(session: Session, quick: bool = False) -> dict[str, float]:
    clips = _data()[: QUICK if quick else CLIPS]
    probability = np.concatenate([session.run(None, x)[0].reshape(-1) for x, _ in clips])
    truth = np.concatenate([truth for _, truth in clips])
    sure = truth >= 0
    probability, truth = probability[sure], truth[sure]
    return {
        "AUC": _area_under_curve(probability, truth),
        "accuracy": float(((probability > 0.5) == truth).mean()),
    }


FLOAT32 = {"AUC": 0.9895, "accuracy": 0.9742}
TASK = Task("Silero VAD", model, examples, calibration, judged, score, FLOAT32)
