"""Import damaged models, run those that import, and say what came of it.

A script, so that a crash ends a process of its own; ``runner.py`` starts it, and goes on behind
one. It reads a task from its standard input, and prints a line of JSON for every model: what
became of it, the seconds and the memory it took.
"""

import faulthandler
import json
import random
import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

import fourfold as ff
from onnx_fuzz.mutations import mutate
from onnx_fuzz.seeds import TEXTS, freeze, load_seeds, random_feed

ALLOWED = (ff.ModelFileError, ff.UnsupportedModelError, ValueError, TypeError)

# What a process may have beyond what it has at its start, in a run: the feeds are small, the
# results need not be.
RUN_BYTES = 1 << 30


def damaged(seeds, seed, number):
    """Return a mutation: a generator of random numbers, the seed, the damaged file."""
    rng = random.Random(f"{seed}/{number}")
    origin = rng.choice(seeds[: len(TEXTS)]) if rng.random() < 0.2 else rng.choice(seeds)
    proto = origin.proto
    if rng.random() < 0.5:
        kept = {name: x for name, x in origin.feeds.items() if rng.random() < 0.7}
        proto = freeze(proto, kept)
    return rng, origin, mutate(rng, proto.SerializeToString())


def try_model(rng, origin, content, path):
    """Return what becomes of a model, and the memory that its import took."""
    before = _reset_peak()
    source = content
    if rng.random() < 0.3:
        path.write_bytes(content)
        source = path
    try:
        session = ff.InferenceSession(source)
    except ALLOWED as error:
        return type(error).__name__, _peak() - before, str(error)
    taken = _peak() - before
    try:
        feeds = _feeds(rng, origin, session)
        if feeds is None:
            return "too large to run", taken, ""
        session.run(None, feeds)
    except ALLOWED as error:
        return f"{type(error).__name__} in run", taken, str(error)
    except MemoryError:
        # The results that the model asks for are larger than the limit.
        return "MemoryError in run", taken, ""
    return "result", taken, ""


def _feeds(rng, origin, session):
    """Return the seed's own inputs where they are still of the right type, else random ones."""
    feeds = {}
    for node in session.get_inputs():
        if not node.is_numeric:
            return None
        own = origin.feeds.get(node.name)
        if own is None or rng.random() < 0.3 or _kind(own) != node.type:
            own = random_feed(rng, node)
        if own is None:
            return None
        feeds[node.name] = own
    return feeds


def _kind(array):
    names = {"float32": "float", "float64": "double"}
    return f"tensor({names.get(array.dtype.name, array.dtype.name)})"


def _reset_peak():
    """Let the process's peak of resident memory start afresh; return what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _peak():
    return _status("VmHWM")


def _status(name):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return 1024 * int(line.split()[1])
    raise KeyError(name)


def say(record):
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


def main():
    task = json.load(sys.stdin)
    warnings.simplefilter("ignore")
    seeds = load_seeds()
    limit = _status("VmData") + RUN_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        Path(folder, "x").write_bytes(np.zeros(100, np.float32).tobytes())
        for number in range(task["first"], task["first"] + task["count"]):
            rng, origin, content = damaged(seeds, task["seed"], number)
            say({"number": number, "name": origin.name})
            faulthandler.dump_traceback_later(task["seconds"], exit=True)
            start = time.perf_counter()
            try:
                outcome, taken, message = try_model(rng, origin, content, path)
            except BaseException as error:
                outcome, taken, message = "failed", 0, repr(error)
            faulthandler.cancel_dump_traceback_later()
            say(
                {
                    "outcome": outcome,
                    "bytes": taken,
                    "size": len(content),
                    "seconds": time.perf_counter() - start,
                    "message": message[:300],
                }
            )


if __name__ == "__main__":
    main()
