"""Timing: the interval against its definition, and the comparison under a clock of our own."""

import gc
import itertools
import math
import sys
import threading

import numpy as np
import pytest
import threadpoolctl

import fourfold as ff
from fourfold import timing

MICROSECOND = 1_000
SECOND = 1_000_000_000


class Clock:
    """A clock that only the timed functions move."""

    def __init__(self, monkeypatch):
        self.now = 0
        self.calls = 0
        monkeypatch.setattr(timing, "perf_counter_ns", lambda: self.now)

    def function(self, nanoseconds):
        """A function that takes so long; a callable is asked anew at every call."""

        def call():
            self.calls += 1
            self.now += nanoseconds() if callable(nanoseconds) else nanoseconds

        return call


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def test_the_speedup_is_the_ratio(clock):
    result = timing.compare_latency(
        clock.function(30 * MICROSECOND), clock.function(10 * MICROSECOND)
    )
    assert result.speedup == 3
    assert result.interval == (3, 3)
    assert result.original_latency == pytest.approx(30e-6)
    assert result.quantized_latency == pytest.approx(10e-6)
    assert result.pairs == timing.MAX_PAIRS


def test_slow_functions_are_timed_seldom_but_often_enough(clock):
    result = timing.compare_latency(clock.function(SECOND), clock.function(2 * SECOND))
    assert result.pairs == timing.MIN_PAIRS
    assert result.interval == (0.5, 0.5)
    assert clock.calls <= 2 * (timing.MIN_PAIRS + 2)


def test_a_machine_that_slows_down_midway_does_not_shift_the_ratio(clock):
    def slowing(nanoseconds):
        return lambda: nanoseconds * (5 if clock.now > SECOND // 10 else 1)

    result = timing.compare_latency(
        clock.function(slowing(40 * MICROSECOND)), clock.function(slowing(10 * MICROSECOND))
    )
    assert result.speedup == pytest.approx(4)
    assert result.interval == pytest.approx((4, 4), rel=0.01)


def test_noise_widens_the_interval(clock):
    noise = itertools.cycle([SECOND, 2 * SECOND])
    result = timing.compare_latency(clock.function(lambda: next(noise)), clock.function(SECOND))
    low, high = result.interval
    assert 1 <= low < high <= 2
    assert low <= result.speedup <= high


def test_the_garbage_collector_is_off_meanwhile_and_on_again(clock):
    seen = []
    advance = clock.function(SECOND)

    def call():
        seen.append(gc.isenabled())
        advance()

    timing.compare_latency(call, call)
    assert not any(seen)
    assert gc.isenabled()


def test_progress_grows_to_the_end(clock):
    shares = []
    timing.compare_latency(clock.function(10), clock.function(10), shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1


@pytest.mark.parametrize("count", [6, 7, 15, 40, 101])
def test_the_interval_is_the_narrowest_pair_of_order_statistics(count):
    low, high = timing.median_interval(list(range(count, 0, -1)))
    rank = int(low)
    assert high == count - rank + 1

    def missed(rank):
        return 2 * sum(math.comb(count, below) for below in range(rank)) / 2**count

    assert missed(rank) <= 0.05 < missed(rank + 1)


def test_the_interval_holds_the_median_as_often_as_it_says(rng):
    samples = rng.exponential(size=(2000, 25))
    intervals = [timing.median_interval(sample.tolist()) for sample in samples]
    held = np.mean([low <= math.log(2) <= high for low, high in intervals])
    assert held > 0.935  # 0.957 by the binomial distribution; three standard errors are 0.014


def test_five_values_allow_no_interval():
    assert timing.median_interval([1.0] * 5) == (0, math.inf)


def test_thread_limits_hold_both_sides_and_let_go():
    before = ff.get_threads()
    pools = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
    with timing.thread_limits(1) as held:
        assert held == 1
        assert ff.get_threads() == 1
        assert {pool["num_threads"] for pool in threadpoolctl.threadpool_info()} <= {1}
    assert ff.get_threads() == before
    with pytest.raises(RuntimeError, match="stop"), timing.thread_limits(3):
        raise RuntimeError("stop")
    assert ff.get_threads() == before
    assert [pool["num_threads"] for pool in threadpoolctl.threadpool_info()] == pools


def test_thread_limits_of_two_threads_take_turns():
    before = ff.get_threads()
    inside, seen = threading.Event(), []

    def hold():
        with timing.thread_limits(2):
            inside.set()
            seen.append(ff.get_threads())

    with timing.thread_limits(1):
        other = threading.Thread(target=hold)
        other.start()
        assert not inside.wait(0.05)
        assert ff.get_threads() == 1
        with timing.thread_limits(3):  # its own: a metric may quantize another model
            assert ff.get_threads() == 3
    other.join()
    assert seen == [2]
    assert ff.get_threads() == before


def test_without_threadpoolctl_the_original_is_left_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    with timing.thread_limits(1) as held:
        assert held is None
        assert ff.get_threads() == 1
