"""Strategies for the arrays that ops are tested with."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
FLOATS = ["float32", "float64"]

shapes = hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=5)


def random_array(rng, dtype, shape):
    """Random elements: of floats with specials, of integers over the whole range, many small."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.kind == "f":
        x = rng.standard_normal(shape) * np.exp2(rng.integers(-8, 9, shape))
        specials = rng.choice([0.0, -0.0, 1.0, -1.0, 2.5, np.inf, -np.inf, np.nan], shape)
        return np.where(rng.random(shape) < 0.2, specials, x).astype(dtype)
    info = np.iinfo(dtype)
    anything = rng.integers(info.min, info.max, shape, dtype, endpoint=True)
    small = rng.integers(max(-4, info.min), 70, shape, endpoint=True).astype(dtype)
    edges = rng.choice(np.array([info.min, info.max, 0], dtype), shape)
    kind = rng.integers(0, 3, shape)
    return np.asarray(np.select([kind == 0, kind == 1], [anything, small], edges), dtype)


def arrays_of(*dtypes):
    """One array for each dtype, of shapes that broadcast."""
    mutual = hnp.mutually_broadcastable_shapes(num_shapes=len(dtypes), max_dims=5, max_side=5)
    seeds = st.integers(0, 2**32 - 1)

    def build(drawn):
        found, seed = drawn
        rng = np.random.default_rng(seed)
        pairs = zip(dtypes, found.input_shapes, strict=True)
        return [random_array(rng, dtype, shape) for dtype, shape in pairs]

    return st.tuples(mutual, seeds).map(build)
