"""Sparse rows: taken where the original takes them, and made dense a block at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

# A large sparse matrix must not stand in memory whole; yet a block should be many rows, since each
# costs a call of the program.
BLOCK_BYTES = 16 * 2**20


def dense_blocks(x: Any) -> Iterator[np.ndarray]:
    """Yield the rows of a sparse X as dense arrays; one without rows where X has none."""
    rows = x.tocsr()
    step = max(1, BLOCK_BYTES // (8 * max(1, rows.shape[1])))
    for start in range(0, max(1, rows.shape[0]), step):
        yield rows[start : start + step].toarray()
