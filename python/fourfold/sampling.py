"""A few rows of the data, for what is measured many times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fourfold.data import Batch, is_sparse
from fourfold.graph.ir import TensorInfo

# A row of features is one row of every product.
FEATURE_ROWS = 64
# A row of tokens, or an image, is many.
OTHER_ROWS = 1


def first_rows(batch: Batch, inputs: Sequence[TensorInfo]) -> Batch:
    """Return the first rows of a batch: so many that they make a hundred or so of most products.

    All of the batch, where the model's inputs do not have a first axis that may vary, as long in
    each.

    Parameters
    ----------
    batch : tuple of array, DataFrame or sparse matrix
        One for each input.
    inputs : sequence of TensorInfo
        The model's inputs.
    """
    free = all(info.shape and info.shape[0] is None for info in inputs)
    if not free or len({np.shape(array)[0] for array in batch}) != 1:
        return batch
    features = all(info.dtype.startswith("float") and len(info.shape) == 2 for info in inputs)
    rows = FEATURE_ROWS if features else OTHER_ROWS
    return tuple((array.tocsr() if is_sparse(array) else array)[:rows] for array in batch)
