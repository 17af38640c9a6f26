"""Hypothesis strategies of arrays, and how an array reads in an error."""

import numpy as np
from hypothesis import strategies as st

# One type of each size, and the half precision that the engine only moves.
DTYPES = ["bool", "int8", "float16", "uint16", "float32", "int32", "float64", "int64"]
SIZES = st.sampled_from([0, 1, 1, 2, 3, 5])
EDGES = st.sampled_from([1, 2, 3, 15, 16, 17, 31, 33, 64])


def integers(*values):
    """A vector of int64."""
    return np.array(values, np.int64)


def array_of(shape, dtype="float32"):
    """Different elements, as far as the type goes, in the order of memory."""
    count = int(np.prod(shape))
    return (np.arange(count) % (2 if dtype == "bool" else 251)).astype(dtype).reshape(shape)


def shapes(low=0, high=4, sizes=SIZES):
    """Shapes of ``low`` to ``high`` axes."""
    return st.lists(sizes, min_size=low, max_size=high).map(tuple)


def check(actual, expected):
    """The same elements, shape and type."""
    assert actual.dtype == expected.dtype
    np.testing.assert_array_equal(actual, expected, strict=True)
