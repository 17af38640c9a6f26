"""Hold out: a part of the test data to calibrate on, and the rest to judge by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fourfold.data import Batch, EvaluationData, row_count
from fourfold.graph.ir import TensorInfo

# Of the batches, or of the rows of the only one: the first so-many-th part calibrates.
PARTS = 5

NOTHING_LEFT = "the test data are too few to keep a part of them: pass calibration_data"


@dataclass(frozen=True)
class Parted:
    """Test data in two parts that have no row in common."""

    calibration: tuple[Batch, ...]
    """Empty if the data cannot be parted."""

    judged: EvaluationData
    """The rest, or all."""

    reason: str = ""
    """Why they cannot be parted."""

    @property
    def calibration_rows(self) -> int:
        """Rows of the batches to calibrate on."""
        return sum(map(row_count, self.calibration))


def part_test_data(data: EvaluationData, inputs: Sequence[TensorInfo]) -> Parted:
    """Part test data: the first fifth calibrates, the rest judges.

    Whole batches, where there are several. Of a single one the rows along the first axis: if that
    varies for all inputs, and all arrays are as long there, which is how a model says that rows do
    not know of each other.

    Parameters
    ----------
    data : EvaluationData
        The test data. Labels must tell whose they are: one for each row, or of pairs with batches.
    inputs : sequence of TensorInfo
        The model's inputs.
    """
    if len(data.batches) > 1:
        return _whole_batches(data)
    return _rows(data, inputs)


def _whole_batches(data: EvaluationData) -> Parted:
    count = max(1, len(data.batches) // PARTS)
    kept = data.labels
    if kept is not None:
        sizes = data.label_rows or tuple(map(row_count, data.batches))
        if sum(sizes) != len(kept):
            return Parted((), data, _unknown_owner(data))
        kept = kept[sum(sizes[:count]) :]
    judged = EvaluationData(data.batches[count:], kept, data.label_rows[count:])
    return Parted(data.batches[:count], judged)


def _rows(data: EvaluationData, inputs: Sequence[TensorInfo]) -> Parted:
    (batch,) = data.batches
    sizes = {array.shape[0] if array.ndim else 0 for array in batch}
    if not all(info.shape and info.shape[0] is None for info in inputs) or len(sizes) != 1:
        return Parted(
            (), data, "the only batch of the test data has no rows to part: pass calibration_data"
        )
    (rows,) = sizes
    if rows < 2:
        return Parted((), data, NOTHING_LEFT)
    kept = data.labels
    if kept is not None and len(kept) != rows:
        return Parted((), data, _unknown_owner(data))
    count = max(1, rows // PARTS)
    rest = tuple(array[count:] for array in batch)
    judged = EvaluationData((rest,), None if kept is None else kept[count:])
    return Parted((tuple(array[:count] for array in batch),), judged)


def _unknown_owner(data: EvaluationData) -> str:
    count = 0 if data.labels is None else len(data.labels)
    return (
        f"the {count} labels do not tell which of the {data.rows} rows of the test data they "
        "belong to, so no part of these can be kept: pass calibration_data"
    )
