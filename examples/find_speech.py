"""Where a recording holds speech: Silero VAD on fourfold.

    python examples/find_speech.py silero_vad_16k_sequence.onnx recording.wav

Needs fourfold[onnx], the model from the package silero-vad, and 16-bit mono sound at 16 kHz.
"""

import sys
import wave

import numpy as np

import fourfold as ort  # the one line: it was "import onnxruntime as ort"

RATE, FRAME, CONTEXT = 16_000, 512, 64


def speech_probability(model, samples):
    """Return how likely each frame of 32 ms holds speech; samples are float32 in [-1, 1]."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    frames = np.pad(samples, (0, -len(samples) % FRAME)).reshape(-1, FRAME)
    before = np.concatenate([np.zeros((1, CONTEXT), np.float32), frames[:-1, -CONTEXT:]])
    state = np.zeros((1, 1, 128), np.float32)
    feeds = {"input": np.concatenate([before, frames], 1), "h": state, "c": state}
    return session.run(None, feeds)[0].reshape(-1)


def spans(probability, threshold=0.5):
    """Return the start and end, in seconds, of every run of frames above the threshold."""
    speech = np.concatenate([[False], probability > threshold, [False]])
    edges = np.flatnonzero(speech[1:] != speech[:-1])
    return [(start * FRAME / RATE, end * FRAME / RATE) for start, end in edges.reshape(-1, 2)]


if __name__ == "__main__":
    with wave.open(sys.argv[2]) as recording:
        assert recording.getparams()[:3] == (1, 2, RATE), "expected 16-bit mono sound at 16 kHz"
        pcm = np.frombuffer(recording.readframes(recording.getnframes()), np.int16)
    for start, end in spans(speech_probability(sys.argv[1], pcm.astype(np.float32) / 32768)):
        print(f"{start:8.2f} s to {end:8.2f} s")
