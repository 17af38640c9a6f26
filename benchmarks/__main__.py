"""``python -m benchmarks [kernels] [models]``: the benchmarks, into ``benchmarks/results/``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import fourfold as ff
from benchmarks import kernels_report, plots, report
from benchmarks.harness import ONE_THREAD, RESULTS, Row, machine, run_in_child, write_results

# NumPy's OpenBLAS with the kernels of the same class: INT8 on AVX2 against float32 on AVX-512 would
# compare two machines.
BLAS_OF_ISA = {
    "avx2": "Haswell",
    "avxvnni": "Haswell",
    "avx512vnni": "SkylakeX",
    "amx": "SkylakeX",
}
BATCHES = [1, 16, 256]
ROUNDS = 21


def sequential() -> list[Row]:
    rows = []
    for isa, blas in BLAS_OF_ISA.items():
        if isa in ff.supported_isas():
            environment = {**ONE_THREAD, "OPENBLAS_CORETYPE": blas}
            measured = run_in_child("sequential", {"isa": isa, "batches": BATCHES}, environment)
            rows += [{"isa": isa, "openblas": blas, **row} for row in measured]
    return rows


def kernels() -> None:
    """Kernels and drivers, without Python in the loop."""
    results = {
        "machine": machine(),
        "kernels": run_in_child("kernels", {"rounds": ROUNDS}, ONE_THREAD),
    }
    write_results("kernels", results, kernels_report.markdown(results))
    plots.roofline(results, RESULTS / "roofline.svg")


def models() -> None:
    """What a user of the package sees."""
    results = {
        "machine": machine(),
        "digits": run_in_child("digits", {}, ONE_THREAD),
        "sequential": sequential(),
        "threads": run_in_child("threads", {}, ONE_THREAD, cores=2),
        "call_overhead": run_in_child("call_overhead", {}, ONE_THREAD),
        "load": run_in_child("load", {}, ONE_THREAD),
        "footprint": run_in_child("footprint", {}, ONE_THREAD),
    }
    write_results("results", results, report.markdown(results))
    plots.digits(results, RESULTS / "digits.svg")


PARTS: dict[str, Callable[[], None]] = {"kernels": kernels, "models": models}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"of {', '.join(PARTS)}; default: all")
    chosen = parser.parse_args().part or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    for part in chosen:
        sys.stderr.write(f"{part}: {PARTS[part].__doc__}\n")
        PARTS[part]()


if __name__ == "__main__":
    main()
