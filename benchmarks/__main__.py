"""``python -m benchmarks``: every benchmark, into ``benchmarks/results/``."""

from __future__ import annotations

import json
import sys

import fourfold as ff
from benchmarks import report
from benchmarks.harness import ONE_THREAD, RESULTS, Row, machine, run_in_child

# NumPy's OpenBLAS with the kernels of the same class: INT8 on AVX2 against float32 on AVX-512 would
# compare two machines.
BLAS_OF_ISA = {
    "avx2": "Haswell",
    "avxvnni": "Haswell",
    "avx512vnni": "SkylakeX",
    "amx": "SkylakeX",
}
BATCHES = [1, 16, 256]


def sequential() -> list[Row]:
    rows = []
    for isa, blas in BLAS_OF_ISA.items():
        if isa in ff.supported_isas():
            environment = {**ONE_THREAD, "OPENBLAS_CORETYPE": blas}
            measured = run_in_child("sequential", {"isa": isa, "batches": BATCHES}, environment)
            rows += [{"isa": isa, "openblas": blas, **row} for row in measured]
    return rows


def main() -> None:
    results = {
        "machine": machine(),
        "digits": run_in_child("digits", {}, ONE_THREAD),
        "sequential": sequential(),
        "call_overhead": run_in_child("call_overhead", {}, ONE_THREAD),
        "load": run_in_child("load", {}, ONE_THREAD),
        "footprint": run_in_child("footprint", {}, ONE_THREAD),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (RESULTS / "results.md").write_text(report.markdown(results))
    report.draw(results, RESULTS / "digits.svg")
    sys.stdout.write(report.markdown(results))


if __name__ == "__main__":
    main()
