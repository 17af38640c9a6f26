"""The demonstration, on smaller networks than the one that users see."""

import _thread
import signal
import threading

import numpy as np
import pytest

import fourfold as ff
from fourfold.demo import run_demo


def test_it_learns_quantizes_saves_and_loads():
    told = []
    gate = ff.Gate(max_accuracy_loss=1.0, min_compression=3.5, min_speedup=0)
    demonstration = run_demo(256, 1, lambda share, what: told.append((share, what)), gate)
    stats = demonstration.result.stats
    assert demonstration.result.accepted, demonstration.result.reasons
    assert demonstration.succeeded
    assert demonstration.same_bits
    assert stats.rows == 540
    assert stats.metric == "accuracy"
    assert stats.original_metric > 0.9
    assert stats.quantized_size < demonstration.file_size < 1.2 * stats.quantized_size
    # Against float32: 64-256-256-10 has 85,002 parameters.
    assert stats.original_size == 4 * (64 * 256 + 256 + 256 * 256 + 256 + 256 * 10 + 10)
    assert [rows for rows, _ in demonstration.timings] == [1, 540]
    assert all(np.isfinite(timing.speedup) for _, timing in demonstration.timings)
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert told[-1] == (1.0, "done")


@pytest.fixture
def ctrl_c_counts():
    """SIGINT raises KeyboardInterrupt, also where the tests run in the background, deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_counts")
def test_ctrl_c_during_training_stops_it():
    stop = threading.Timer(0.3, _thread.interrupt_main)

    def report(share, what):
        if what == "training" and not stop.ident:
            stop.start()

    # Some seconds per epoch: the interrupt comes while scikit-learn is at it.
    with pytest.raises(KeyboardInterrupt):
        run_demo(2048, 1, report)


def test_a_network_too_small_to_gain_is_rejected():
    demonstration = run_demo(1, 1, lambda share, what: None)
    assert not demonstration.succeeded
    assert "compression" in demonstration.result.reasons[0]
    assert demonstration.timings == ()
