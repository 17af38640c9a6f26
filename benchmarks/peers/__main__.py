"""``python -m benchmarks.peers``: every engine, every shape, into ``benchmarks/results/``."""

from __future__ import annotations

from benchmarks import plots
from benchmarks.harness import RESULTS, Row, machine, write_results
from benchmarks.peers.engines import ENGINES
from benchmarks.report import described, table
from benchmarks.shapes import LINEAR
from benchmarks.workers import Worker, versions

ROUNDS = 21
# An INT8 layer on normally distributed data is 1 to 2 % from float64; beyond this it is broken.
MAX_ERROR = 0.05


def measure_shape(
    shape: tuple[int, int, int], workers: dict[str, Worker]
) -> dict[str, list[float]]:
    """Microseconds of every round, sorted, of every engine that gives a right answer."""
    able = {}
    for engine, worker in workers.items():
        answer = worker.ask({"shape": shape})
        if answer is not None and answer["error"] <= MAX_ERROR:
            able[engine] = worker
    times: dict[str, list[float]] = {engine: [] for engine in workers}
    for _ in range(ROUNDS):
        for engine, worker in able.items():
            answer = worker.ask({})
            if answer is not None:
                times[engine].append(1e6 * answer["seconds"])
    return {engine: sorted(values) for engine, values in times.items()}


def summary(times: dict[str, dict[str, list[float]]], share: float) -> list[Row]:
    """A row per shape: the time that ``share`` of the rounds stayed under, and the ratios."""
    rows: list[Row] = []
    for shape, engines in times.items():
        row: Row = {"shape": shape}
        for engine, values in engines.items():
            row[engine] = values[int(share * (len(values) - 1))] if values else float("nan")
        peers = [row[name] for name in row if "int8" in name and not name.startswith("fourfold")]
        row["fastest int8 peer / fourfold"] = min(peers) / row["fourfold int8"]
        row["onnxruntime / fourfold, float32"] = (
            row["onnxruntime float32"] / row["fourfold float32"]
        )
        rows.append(row)
    return rows


TABLES = {
    "microseconds": ("Medians", 0.5),
    "fastest": ("Fastest rounds", 0.0),
    "slower_quarter": ("A quarter of the rounds took longer than", 0.75),
}


def main() -> None:
    workers = {engine: Worker("benchmarks.peers.worker", engine) for engine in ENGINES}
    times = {"x".join(map(str, shape)): measure_shape(shape, workers) for shape in LINEAR}
    results = {"machine": {**machine(), **versions()}}
    results |= {name: summary(times, share) for name, (_, share) in TABLES.items()}
    parts = [
        "# A linear layer, float32 in and out, one thread\n",
        f"Written by `python -m benchmarks.peers`. {described(results['machine'])}. "
        f"Microseconds, {ROUNDS} rounds.\n",
    ]
    for name, (title, _) in TABLES.items():
        parts += [f"## {title}\n", table(results[name])]
    write_results("peers", results, "\n".join(parts))
    plots.peers(results, RESULTS / "peers.svg")


if __name__ == "__main__":
    main()
