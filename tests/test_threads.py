"""The thread pool: when it starts, what it must not disturb, and forks."""

import os
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

import fourfold as ff
from fourfold import _core

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc or forks")

# For the scripts below: a linear layer that is worth sharing out, and how many threads there are.
PRELUDE = """
import os, sys, threading
import numpy as np
numpy_tasks = len(os.listdir("/proc/self/task"))
from fourfold import _core

def tasks():
    return len(os.listdir("/proc/self/task")) - numpy_tasks

rng = np.random.default_rng(0)
packed = _core.pack_s8(rng.integers(-127, 128, (512, 512), dtype=np.int8))
ones, zeros = np.ones(512, np.float32), np.zeros(512, np.float32)
x = rng.standard_normal((512, 512)).astype(np.float32)
program = _core.Program(
    [("x", "float32", (None, 512))], [packed, ones, zeros],
    [("linear_s8", (0, 1, 2, 3), (4,), {"depth": 512, "columns": 512}),
     ("activation", (4,), (5,), {"kind": "softmax"})], [5])
"""


def run_script(body, **options):
    """Run the prelude and a script in a fresh interpreter; fail on a hang or a bad exit."""
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PRELUDE + textwrap.dedent(body)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        **options,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@linux
def test_workers_start_with_the_first_parallel_call():
    run_script(
        """
        assert tasks() == 0
        _core.set_threads(1)
        program(x)
        assert tasks() == 0
        _core.set_threads(3)
        program(x[:1])
        assert tasks() == 0  # too little to share out
        program(x)
        assert tasks() == 2
        """
    )


def test_results_do_not_depend_on_threads(rng, isa):
    weight = _core.pack_s8(rng.integers(-127, 128, (512, 500), dtype=np.int8))
    scales = np.ones(512, np.float32)
    x = rng.standard_normal((300, 512)).astype(np.float32)
    before = ff.get_threads()
    results = []
    for threads in (1, 2, 3, 7):
        ff.set_threads(threads)
        results.append(_core.kernels.linear_s8(x, weight, scales, scales, 500))
    ff.set_threads(before)
    for result in results[1:]:
        assert np.array_equal(result, results[0])


@pytest.mark.parametrize("threads", [0, -1, 1025, 2**40])
def test_impossible_thread_counts_are_refused(threads):
    before = ff.get_threads()
    with pytest.raises(ValueError, match="threads"):
        ff.set_threads(threads)
    with pytest.raises(ValueError, match=f"1 to 1024, received {threads}"):
        _core.set_threads(threads)
    assert ff.get_threads() == before


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity masks here")
def test_the_default_respects_the_affinity_mask():
    assert 1 <= _core.thread_budget() <= len(os.sched_getaffinity(0))
    one_cpu = {min(os.sched_getaffinity(0))}
    out = run_script(
        "print(_core.thread_budget(), _core.get_threads())",
        preexec_fn=lambda: os.sched_setaffinity(0, one_cpu),
    )
    assert out.split() == ["1", "1"]


@linux
def test_the_affinity_mask_may_change_while_workers_run():
    run_script(
        """
        _core.set_threads(2)
        expected = program(x)
        cpus = os.sched_getaffinity(0)
        for mask in [{cpu} for cpu in cpus] + [cpus]:
            for task in os.listdir("/proc/self/task"):
                os.sched_setaffinity(int(task), mask)
            for _ in range(20): assert np.array_equal(program(x), expected)
        assert tasks() == 1
        """
    )


@linux
def test_a_forked_child_runs_on_threads_of_its_own():
    run_script(
        """
        _core.set_threads(2)
        expected = program(x)
        stop = False
        def busy():
            while not stop: program(x)
        others = [threading.Thread(target=busy) for _ in range(2)]
        for other in others: other.start()
        for _ in range(10):
            child = os.fork()
            if child == 0:
                same = all(np.array_equal(program(x), expected) for _ in range(3))
                _core.set_threads(3)
                same = same and np.array_equal(program(x), expected)
                os._exit(0 if same else 1)
            assert os.waitpid(child, 0)[1] == 0
        stop = True
        for other in others: other.join()
        """
    )


@linux
def test_exit_does_not_wait_for_a_running_call():
    # The interpreter ends while a thread is inside the engine, and workers may be spinning.
    run_script(
        """
        _core.set_threads(2)
        started = threading.Event()
        def busy():
            while True:
                program(x)
                started.set()
        threading.Thread(target=busy, daemon=True).start()
        started.wait()
        """
    )


def test_a_call_releases_the_gil(rng):
    program = _core.Program(
        [("x", "float32", (None, None))],
        [],
        [("activation", (0,), (1,), {"kind": "softmax"})],
        [1],
    )
    x = rng.standard_normal((4000, 4000)).astype(np.float32)
    ticks, meanwhile = 0, []

    def call():
        while len(meanwhile) < 50 and max(meanwhile, default=0) < 1000:  # the other may lack a CPU
            before = ticks
            program(x)
            meanwhile.append(ticks - before)

    caller = threading.Thread(target=call)
    caller.start()
    while caller.is_alive():
        ticks += 1
    assert max(meanwhile) >= 1000


def test_threads_may_share_programs_while_settings_change(rng):
    packed = _core.pack_s8(rng.integers(-127, 128, (256, 256), dtype=np.int8))
    ones = np.ones(256, np.float32)
    program = _core.Program(
        [("x", "float32", (None, 256))],
        [packed, ones],
        [
            ("linear_s8", (0, 1, 2, 2), (3,), {"depth": 256, "columns": 256}),
            ("add", (0, 3), (4,), {}),
        ],
        [4, 3],
    )
    batches = [rng.standard_normal((n, 256)).astype(np.float32) for n in (1, 7, 64, 300)]
    expected = [program(x) for x in batches]
    wrong = []

    def work(offset):
        for i in range(60):
            pick = (i + offset) % len(batches)
            for got, want in zip(program(batches[pick]), expected[pick], strict=True):
                if not np.array_equal(got, want):
                    wrong.append((offset, i))

    isa, threads = ff.active_isa(), ff.get_threads()
    workers = [threading.Thread(target=work, args=(offset,)) for offset in range(4)]
    for worker in workers:
        worker.start()
    turn = 0
    while any(worker.is_alive() for worker in workers):
        turn += 1
        ff.use_isa(ff.supported_isas()[turn % len(ff.supported_isas())])
        ff.set_threads(1 + turn % 3)
        threading.Event().wait(0.001)
    ff.use_isa(isa)
    ff.set_threads(threads)
    assert wrong == []


@linux
def test_results_do_not_depend_on_the_callers_rounding_mode():
    # FE_UPWARD is 0x800 on x86 and 0x400000 on AArch64. Set before the workers start: threads
    # inherit it.
    run_script(
        """
        import ctypes, platform
        upward = 0x800 if platform.machine() == "x86_64" else 0x400000
        mode = ctypes.CDLL(None)
        _core.set_threads(1)
        expected = program(x)
        _core.set_threads(2)
        mode.fesetround(upward)
        result = program(x)
        kept = mode.fegetround()
        mode.fesetround(0)
        assert tasks() == 1
        assert kept == upward
        assert np.array_equal(result, expected)
        """
    )
