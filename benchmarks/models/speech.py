"""Recorded speech: the prompts of Debian's asterisk-core-sounds-*-wav, and noise to mix in."""

from __future__ import annotations

import functools
import wave
from pathlib import Path

import numpy as np

from benchmarks.models.task import NotInstalledError, data_folder

RATE = 16_000
# A folder a speaker, each from its own package.
VOICES = {
    "en_US_f_Allison": "asterisk-core-sounds-en-wav",
    "fr_CA_f_June": "asterisk-core-sounds-fr-wav",
    "it_IT_m_Carlo": "asterisk-core-sounds-it-wav",
    "ru_RU_f_IvrvoiceRU": "asterisk-core-sounds-ru-wav",
}


@functools.cache
def prompts(voice: str, at_least: float) -> list[np.ndarray]:
    """A speaker's prompts of so many seconds and more, float32 at 16 kHz."""
    try:
        from scipy.signal import resample_poly
    except ImportError:
        raise NotInstalledError("needs scipy: make test-models installs it") from None
    folder = data_folder(f"usr/share/asterisk/sounds/{voice}", VOICES[voice])
    found = []
    for path in sorted(folder.glob("*.wav")):
        samples, rate = _read(path)
        if len(samples) >= at_least * rate:
            found.append(resample_poly(samples, RATE // rate, 1).astype(np.float32))
    return found


def _read(path: Path) -> tuple[np.ndarray, int]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2), path
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        return samples.astype(np.float32) / 32768, file.getframerate()


def mixed(
    speech: np.ndarray, generator: np.random.RandomState, decibels: float, colour: str
) -> np.ndarray:
    """Speech with noise so many decibels below what sounds of it."""
    sounding = speech[np.abs(speech) > 1e-3]
    loudness = np.sqrt((sounding**2).mean()) if len(sounding) else 0.05
    noise = _noise(generator, len(speech), colour)
    return (speech + noise * loudness * 10 ** (-decibels / 20)).astype(np.float32)


def _noise(generator: np.random.RandomState, length: int, colour: str) -> np.ndarray:
    """Noise of standard deviation 1: its power falls with frequency to the power 0, 1 or 2."""
    white = generator.randn(length).astype(np.float32)
    if colour == "white":
        return white
    spectrum = np.fft.rfft(white)
    frequency = np.arange(len(spectrum))
    frequency[0] = 1
    spectrum = spectrum / (np.sqrt(frequency) if colour == "pink" else frequency)
    noise = np.fft.irfft(spectrum, length).astype(np.float32)
    return noise / noise.std()
