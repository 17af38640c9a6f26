"""Damage to model files, and a process that loads thousands of damaged ones.

Run as a script, it reads a task from its standard input, loads a file after each of so many
mutations, with and without ``verify``, and prints what came of it, all as JSON. It is a process of
its own so that a crash is seen as one, and memory can be limited.
"""

import json
import random
import sys
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import safetensors

import fourfold as ff
from model_files import put_together, take_apart

ODD_VALUES = (
    *(None, True, False, "", "a", "<f8", "softmax", [], {}, [0], -1, 0, 1, 2, 63, 65, 1.5, 1e308),
    *(2**31 - 1, 2**31, 2**32, 2**53, 2**62, 2**63 - 1, 2**63, 2**64),
)


def mutate(rng, file):
    """Return the file after one to three mutations of its bytes."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        file = mutate_bytes(rng, file)
    return file


def forge(rng, file):
    """Return the file with one to three values of its header changed, and a checksum that fits.

    A checksum is no signature: this may be a valid model, but another one.
    """
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        file = mutate_json(rng, file)
    return file


def mutate_bytes(rng, file):
    """Flip a bit, set bytes, cut off, cut out, insert, double or swap."""
    raw = bytearray(file)
    size = len(raw)
    if size < 16:
        return file
    # Half of the time near the start, where a mutation does the most.
    at = rng.randrange(size) if rng.random() < 0.5 else rng.randrange(min(size, 4096))
    length = min(rng.choice((1, 1, 2, 4, 8, 64, 1000)), size - at)
    kind = rng.choice(("flip", "flip", "set", "truncate", "insert", "delete", "double", "swap"))
    if kind == "flip":
        raw[at] ^= 1 << rng.randrange(8)
    elif kind == "set":
        raw[at : at + length] = rng.randbytes(length)
    elif kind == "truncate":
        del raw[at:]
    elif kind == "insert":
        raw[at:at] = rng.randbytes(length)
    elif kind == "delete":
        del raw[at : at + length]
    elif kind == "double":
        raw[at:at] = raw[at : at + length]
    else:
        other = rng.randrange(size - length + 1)
        raw[at : at + length], raw[other : other + length] = (
            raw[other : other + length],
            raw[at : at + length],
        )
    return bytes(raw)


def mutate_json(rng, file):
    """Change one value somewhere in the header."""
    try:
        table, document, data = take_apart(file)
    except Exception:  # an earlier mutation has been at it
        return file
    del table["__metadata__"]["fourfold"]
    places = list(_places([table, document]))
    place, key = rng.choice(places)
    kind = rng.choice(("value", "value", "number", "drop", "rename", "copy"))
    if kind == "number" and type(place[key]) is int:
        place[key] += rng.choice((-64, -1, 1, 64, 2**31))
    elif kind == "drop":
        del place[key]
    elif kind == "rename" and isinstance(place, dict):
        place[key + "x"] = place.pop(key)
    elif kind == "copy":
        other, other_key = rng.choice(places)
        place[key] = json.loads(json.dumps(other.get(other_key) if isinstance(other, dict) else 0))
    else:
        place[key] = rng.choice(ODD_VALUES)
    if not isinstance(table.get("__metadata__"), dict) or "header" not in document:
        return file
    return put_together(table, document, data)


def _places(value):
    """Yield every (container, key) below a value, but not those of the value itself."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for _, item in list(items):
        if isinstance(item, (dict, list)):
            keys = item if isinstance(item, dict) else range(len(item))
            yield from ((item, key) for key in list(keys))
            yield from _places(item)


class Trial:
    """Loads files, runs what loads, and counts what happens."""

    def __init__(self, folder, original, x):
        self.folder, self.x = folder, x
        self.counts, self.failures, self.peak = Counter(), [], 0
        self.path = folder / "model.ff"
        self.path.write_bytes(original)
        self.expected = ff.load(self.path, verify=True).program(x).tobytes()

    def write(self, file):
        # A new one each time: cutting short one that is mapped is the one thing that is not safe.
        self.path.unlink()
        self.path.write_bytes(file)

    def load(self, name, verify, forged=False):
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        model = None
        try:
            model = ff.load(self.path, verify=verify)
            # What is taken here is a subset of what safetensors' own reader takes.
            safetensors.safe_open(self.path, "numpy")
        except ff.ModelFileError as error:
            outcome = "refused" if str(self.path) in str(error) else "refused without its name"
        except BaseException as error:
            outcome = "failed"
            self.failures.append(f"{name}: {error!r}")
        if not forged:
            self.peak = max(self.peak, tracemalloc.get_traced_memory()[1] - before)
        if model is not None:
            outcome = self.run(model, name, verify and not forged)
        self.counts["verified" if verify else "quick", outcome] += 1

    def run(self, model, name, must_match):
        try:
            same = np.asarray(model.program(self.x)).tobytes() == self.expected
        except (ValueError, TypeError):  # the program takes another shape now
            same = False
        if must_match and not same:
            self.failures.append(f"{name}: accepted, with other outputs")
        return "same" if same else "other"


def limit_memory(margin):
    """Make allocations beyond what the process has now, and a margin, fail."""
    if sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + margin
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))


def main():
    task = json.load(sys.stdin)
    folder = Path(task["folder"])
    original = (folder / "original.ff").read_bytes()
    x = np.random.default_rng(task["seed"]).normal(size=(8, task["features"]))
    trial = Trial(folder, original, x.astype(np.float32))
    ff.set_threads(1)
    tracemalloc.start()
    trial.load("intact", False)
    intact_peak = trial.peak
    limit_memory(task["margin"])
    for number in range(task["count"]):
        forged = number % 10 == 9
        name = f"seed {task['seed']} {'forgery' if forged else 'mutation'} {number}"
        change = forge if forged else mutate
        trial.write(change(random.Random(f"{task['seed']} {number}"), original))
        for verify in (False, True):
            trial.load(name, verify, forged)
    counts = {" ".join(key): count for key, count in sorted(trial.counts.items())}
    result = {"counts": counts, "failures": trial.failures[:10], "size": len(original)}
    sys.stdout.write(json.dumps({**result, "peak": trial.peak, "intact_peak": intact_peak}))


if __name__ == "__main__":
    main()
