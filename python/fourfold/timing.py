"""How much faster one function is than another: paired, interleaved, with an interval.

Each pair times both functions back to back, in alternating order, so that whatever slows the
machine for longer than a pair slows both. The speedup is the median of the pairs' ratios; its
95 % interval is two order statistics of them, which assumes nothing about their distribution.
"""

from __future__ import annotations

import gc
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter_ns

from fourfold import _core

# One sample repeats a fast call until it lasts this long: thousands of clock ticks.
SAMPLE_NS = 500_000
# Measuring stops after this long, but not before MIN_PAIRS.
BUDGET_NS = 1_000_000_000
# 6 is the least that an order-statistic interval of 95 % can be had from.
MIN_PAIRS = 7
MAX_PAIRS = 61

Call = Callable[[], object]

# Reentrant: a user's metric may quantize another model.
_LIMITS = threading.RLock()


@dataclass(frozen=True)
class Timing:
    """Seconds of one call (medians), and the original's over the candidate's."""

    original_latency: float
    quantized_latency: float
    speedup: float
    interval: tuple[float, float]
    pairs: int


def compare_latency(
    original: Call, quantized: Call, on_pair: Callable[[float], object] | None = None
) -> Timing:
    """Time two functions against each other.

    Parameters
    ----------
    original, quantized : callable
        Called without arguments, over and over.
    on_pair : callable, optional
        Told the share that is done, between pairs.
    """
    with _collector_off():
        counts = [_calls_per_sample(call) for call in (original, quantized)]
        samples: tuple[list[float], list[float]] = ([], [])
        begin = perf_counter_ns()
        for pair in range(MAX_PAIRS):
            order = (0, 1) if pair % 2 == 0 else (1, 0)
            for side in order:
                samples[side].append(_time((original, quantized)[side], counts[side]))
            elapsed = perf_counter_ns() - begin
            if elapsed > BUDGET_NS and pair + 1 >= MIN_PAIRS:
                break
            if on_pair:
                on_pair(max((pair + 1) / MAX_PAIRS, min(elapsed / BUDGET_NS, 0.99)))
    ratios = [before / after for before, after in zip(*samples, strict=True)]
    return Timing(
        original_latency=median(samples[0]) * 1e-9,
        quantized_latency=median(samples[1]) * 1e-9,
        speedup=median(ratios),
        interval=median_interval(ratios),
        pairs=len(ratios),
    )


def median_interval(values: list[float], confidence: float = 0.95) -> tuple[float, float]:
    """Return a distribution-free interval that holds the true median with so much confidence.

    The k-th smallest and k-th largest of n values both miss the median with the probability
    that fewer than k of n coin tosses come up heads; k is the largest that keeps twice that
    within ``1 - confidence``. Where even k = 1 does not (n < 6), the ends are 0 and infinity.
    """
    n = len(values)
    tail, rank = 0.0, 0
    while rank < n:
        tail += math.comb(n, rank) / 2**n
        if 2 * tail > 1 - confidence:
            break
        rank += 1
    if rank == 0:
        return 0.0, math.inf
    ordered = sorted(values)
    return ordered[rank - 1], ordered[n - rank]


@contextmanager
def thread_limits(threads: int | None) -> Iterator[int | None]:
    """Hold fourfold, and BLAS and OpenMP where threadpoolctl is installed, to so many threads.

    With None, to as many as fourfold has. The limits are the process's: a second Python thread
    that comes here waits until the first has put them back.

    Yields the number that BLAS and OpenMP were held to, or None if they were left alone.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        threadpool_limits = None
    with _LIMITS:
        before = _core.get_threads()
        threads = before if threads is None else threads
        _core.set_threads(threads)
        try:
            if threadpool_limits is None:
                yield None
            else:
                with threadpool_limits(limits=threads):
                    yield threads
        finally:
            _core.set_threads(before)


@contextmanager
def _collector_off() -> Iterator[None]:
    """Keep the garbage collector from running inside one side's sample."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _time(call: Call, count: int) -> float:
    """Return nanoseconds of one call, averaged over so many."""
    calls = range(count)
    begin = perf_counter_ns()
    for _ in calls:
        call()
    return (perf_counter_ns() - begin) / count


def _calls_per_sample(call: Call) -> int:
    """Warm a function up, and find how often to repeat it in a sample."""
    call()
    count = 1
    while True:
        nanoseconds = _time(call, count) * count
        if nanoseconds >= SAMPLE_NS / 2:
            return max(1, round(count * SAMPLE_NS / nanoseconds))
        count *= 2
