"""How a product is cut up: whatever the shape, the caches and the threads, the cuts fit."""

import itertools
import os
from pathlib import Path

import numpy as np
import pytest

from fourfold._core import kernels

PANEL_COLUMNS = 16
SMALL = [1, 2, 5, 15, 16, 17, 31, 97]
KIB = 1024


def random_size(rng, most):
    """Small sizes as often as large ones."""
    return int(rng.choice(SMALL)) if rng.random() < 0.4 else int(2 ** rng.uniform(0, np.log2(most)))


def random_case(rng):
    depth = random_size(rng, 65536)
    return {
        "rows": random_size(rng, 100_000),
        "columns": random_size(rng, 100_000),
        "depth": depth,
        "row_tile": int(rng.choice([1, 2, 4, 6, 8, 12, 16, 32])),
        "column_block": int(rng.choice([16, 32, 64])),
        "row_bytes": depth + 64,
        "multiply_adds_per_ns": int(rng.choice([1, 50, 200, 3000])),
        "caches": (
            int(rng.choice([16, 32, 48, 128])) * KIB,
            int(rng.choice([64, 256, 1024, 2048, 16384])) * KIB,
            int(rng.choice([1, 4, 32])) * KIB * KIB,
        ),
        "threads": int(rng.choice([1, 2, 3, 7, 64, 1024])),
    }


def ranges(size, step, parts):
    return [kernels.part_of(size, step, parts, i) for i in range(parts)]


def assert_covers(cuts, size, step):
    """In order, without gaps, nothing twice, cut at multiples of step, and evenly."""
    assert cuts[0][0] == 0
    assert cuts[-1][1] == size
    assert all(left[1] == right[0] for left, right in itertools.pairwise(cuts))
    assert all(begin % step == 0 for begin, _ in cuts)
    sizes = [-(-(end - begin) // step) for begin, end in cuts]
    assert max(sizes) - min(sizes) <= 1


def test_parts_cover_everything_once(rng):
    for _ in range(500):
        size, step = random_size(rng, 10_000), random_size(rng, 100)
        parts = random_size(rng, 200)
        assert_covers(ranges(size, step, parts), size, step)


def test_cuts_fit(rng):
    for _ in range(2000):
        case = random_case(rng)
        b = kernels.choose_blocking(**case)
        parts = b["row_parts"] * b["column_parts"]
        assert 1 <= parts <= case["threads"], case
        assert b["row_parts"] == 1 or b["column_parts"] == 1, case

        rows = ranges(case["rows"], case["row_tile"], b["row_parts"])
        columns = ranges(case["columns"], b["column_step"], b["column_parts"])
        assert_covers(rows, case["rows"], case["row_tile"])
        assert_covers(columns, case["columns"], b["column_step"])
        assert all(begin < end for begin, end in [*rows, *columns]), case
        assert b["column_step"] in (PANEL_COLUMNS, case["column_block"]), case

        assert b["row_block"] % case["row_tile"] == 0, case
        assert b["row_panel"] % b["row_block"] == 0, case
        assert 0 < b["row_block"] <= b["row_panel"], case


def test_what_is_kept_fits_its_cache(rng):
    for _ in range(2000):
        case = random_case(rng)
        l1d, l2, _ = case["caches"]
        b = kernels.choose_blocking(**case)
        # All columns in one pass over the panel: it need not outlive L1.
        cache = l2 if case["columns"] > case["column_block"] else min(l1d, l2)
        panel_fits = b["row_panel"] * case["row_bytes"] <= cache / 2
        assert panel_fits or b["row_panel"] == b["row_block"], case
        sums_fit = 2 * b["row_block"] * case["column_block"] * 4 <= l1d / 2
        assert sums_fit or b["row_block"] == case["row_tile"], case


def test_small_work_stays_on_one_thread():
    shape = {"row_tile": 6, "column_block": 64, "row_bytes": 832, "caches": (2**15, 2**20, 2**22)}
    for rows, columns in [(0, 64), (1, 1), (1, 768), (8, 64)]:
        b = kernels.choose_blocking(
            rows=rows, columns=columns, depth=768, multiply_adds_per_ns=200, threads=64, **shape
        )
        assert b["row_parts"] * b["column_parts"] == 1


@pytest.mark.parametrize(("rows", "split"), [(1000, "row_parts"), (1, "column_parts")])
def test_large_work_is_shared_out(rows, split):
    b = kernels.choose_blocking(
        rows=rows,
        columns=8192,
        depth=4096,
        row_tile=6,
        column_block=64,
        row_bytes=4160,
        multiply_adds_per_ns=200,
        caches=kernels.cache_sizes(),
        threads=8,
    )
    assert b[split] == 8


def test_cache_sizes_are_plausible():
    l1d, l2, l3 = kernels.cache_sizes()
    assert 4 * KIB <= l1d <= l2 <= 1024 * KIB * KIB
    assert l3 > 0
    size = Path("/sys/devices/system/cpu/cpu0/cache/index0/size")
    if os.name == "posix" and size.exists():
        assert l1d == int(size.read_text().strip().removesuffix("K")) * KIB


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kernels.part_of(10, 0, 1, 0), "step 0"),
        (lambda: kernels.part_of(10, 1, 2, 2), "index 2"),
    ],
)
def test_part_of_checks_its_numbers(call, message):
    with pytest.raises(ValueError, match=message):
        call()
