"""How ONNX's own test-suite fares on the engine alone, and the page that says so.

::

    python tests/onnx_report.py           # counts, and the cases of claimed ops that do not pass
    python tests/onnx_report.py --write   # and docs/operators.md anew
    python tests/onnx_report.py --partition   # beside onnxruntime, which runs what the engine lacks
"""

import sys
from collections import Counter, defaultdict
from pathlib import Path

from onnx import defs

from fourfold.importers.onnx.claims import claimed_ops
from fourfold.importers.onnx.source import OLDEST_OPSET
from onnx_backend.adapter import FourfoldBackend
from onnx_backend.exclusions import EXCLUSIONS, exclusion
from onnx_backend.outcomes import FAILED, PASSED, UNSUPPORTED, cases, run_case

PAGE = Path(__file__).parent.parent / "docs" / "operators.md"

HEAD = """\
# ONNX operators

Written by `python tests/onnx_report.py --write`; a test compares it with what the suite gives.

fourfold reads models of opset {oldest} to {newest} (onnx {version}) with tensors of float32,
float64, int8 to int64, uint8 to uint64 and bool; float16 and bfloat16 are computed in float32.
4-bit and 2-bit integers may be constants. It claims {claimed} operators: "translated" ones are ops
of the engine, "by definition" ones are those that ONNX defines by such. Of the {cases} cases of
ONNX's own test-suite, run on the engine alone, {passed} pass: every one whose operators and types
are claimed, but for the exclusions at the end. A case counts for each operator in its graph.

| operator | how | cases that pass | of |
|---|---|---:|---:|
"""

DOMAINS = ("", "ai.onnx.ml")


def outcomes():
    """Return what became of every case, by name."""
    return {name: run_case(name) for name in cases()}


def page():
    """Return the text of docs/operators.md."""
    import onnx

    found = outcomes()
    passed, total = Counter(), Counter()
    for name, case in cases().items():
        total.update(case.ops)
        passed.update(case.ops if found[name].state == PASSED else ())
    claimed = claimed_ops()
    head = HEAD.format(
        oldest=OLDEST_OPSET,
        newest=defs.onnx_opset_version(),
        version=onnx.__version__,
        claimed=len(claimed),
        cases=len(found),
        passed=sum(outcome.state == PASSED for outcome in found.values()),
    )
    rows = [
        f"| {_name(key)} | {claimed[key]} | {passed[key]} | {total[key]} |\n"
        for key in sorted(claimed)
    ]
    return head + "".join(rows) + _not_claimed(claimed) + _excluded()


def _name(key):
    domain, name = key
    return f"{domain}.{name}" if domain else name


def _not_claimed(claimed):
    every = {(s.domain, s.name) for s in defs.get_all_schemas() if not s.deprecated}
    missing = sorted(_name(key) for key in every - claimed.keys() if key[0] in DOMAINS)
    missing.remove("If")
    return (
        "\n## Not claimed\n\nIf runs on the engine, each branch as a part of its own. "
        f"To onnxruntime, where it is installed: {', '.join(missing)}.\n"
    )


def _excluded():
    by_reason = defaultdict(list)
    for name, case in cases().items():
        if case.is_claimed and exclusion(name):
            by_reason[exclusion(name)].append(name)
    lines = [f"- {reason}: {', '.join(names)}\n" for reason, names in sorted(by_reason.items())]
    return "\n## Excluded\n\n" + ("".join(lines) if EXCLUSIONS else "None.\n")


def report_partition():
    """Print how many cases pass with onnxruntime at hand, and in it alone."""
    from onnx_backend.sessions import RuntimeBackend, SessionBackend

    backends = {"fourfold alone": FourfoldBackend, "onnxruntime alone": RuntimeBackend}
    backends["fourfold, partitioned"] = SessionBackend
    states = {
        label: {name: run_case(name, backend).state for name in cases()}
        for label, backend in backends.items()
    }
    for label, found in states.items():
        print(f"{label}: {sum(state == PASSED for state in found.values())} of {len(found)} pass")
    for name in cases():
        if states["onnxruntime alone"][name] == PASSED:
            outcome = run_case(name, SessionBackend)
            if outcome.state != PASSED:
                print(f"  lost {name}: {' '.join(outcome.reason.split())[:160]}")


def main():
    if "--partition" in sys.argv[1:]:
        report_partition()
        return
    found = outcomes()
    counts = Counter((case.is_claimed, found[name].state) for name, case in cases().items())
    for claimed in (True, False):
        parts = [f"{counts[claimed, state]} {state}" for state in (PASSED, FAILED, UNSUPPORTED)]
        print("claimed:    " if claimed else "not claimed:", ", ".join(parts))
    for name, case in cases().items():
        outcome = found[name]
        if outcome.state == FAILED or (case.is_claimed and outcome.state != PASSED):
            told = "excluded" if exclusion(name) else outcome.state
            print(f"  {told:11} {name}: {' '.join(outcome.reason.split())[:160]}")
    passed = sum(outcome.state == PASSED for outcome in found.values())
    print(f"{len(claimed_ops())} operators claimed; {passed} of {len(found)} cases pass")
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
