"""head_attention, against the steps that it stands for, one after the other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fourfold as ff
from guarded import SIDES, guarded, needs_guard_pages
from ops.one_op import run_op
from reference import assert_same_bits

F32 = np.float32
HEADS_FIRST = (0, 2, 1, 3)
MASKED = np.finfo(F32).min


def spelled_out(q, k, v, mask=None, *, zeros=False):
    q, v = (run_op("transpose", x, perm=HEADS_FIRST) for x in (q, v))
    scores = run_op("matmul", q, run_op("transpose", k, perm=(0, 2, 3, 1)))
    if mask is not None:
        scores = run_op("binary", scores, mask, kind="add")
    shares = run_op("softmax", scores, axis=-1, kind="softmax")
    if zeros:
        shares = np.where(np.isnan(shares), F32(0), shares)
    return run_op("transpose", run_op("matmul", shares, v), perm=HEADS_FIRST)


def operands(rng, batch, rows, keys, heads, depth, columns):
    shapes = [(batch, rows, heads, depth), (batch, keys, heads, depth)]
    shapes += [(batch, keys, heads, columns), (batch, 1, rows, keys)]
    q, k, v, mask = (rng.standard_normal(shape).astype(F32) for shape in shapes)
    return q, k, v, np.where(mask > 0.5, MASKED, mask).astype(F32)


SIZES = [
    (1, 1, 1, 1, 1, 1),
    (2, 7, 5, 3, 4, 9),
    (8, 24, 33, 2, 32, 32),
    (1, 130, 17, 2, 16, 40),
    (1, 200, 700, 1, 8, 8),  # two blocks of rows
    (3, 1, 100, 4, 8, 8),
    (2, 5, 0, 3, 4, 6),
    (0, 5, 3, 3, 4, 6),
    (2, 0, 3, 3, 4, 6),
    (2, 5, 3, 3, 0, 6),
]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("masked", [True, False])
def test_the_bits_of_the_steps(isa, threads, rng, sizes, masked):
    q, k, v, mask = operands(rng, *sizes)
    mask = mask if masked else None
    y = run_op("head_attention", q, k, v, mask)
    ff.set_threads(1)
    ff.use_isa("scalar")
    assert_same_bits(y, spelled_out(q, k, v, mask))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_sizes_broadcast(data):
    batch, rows, keys, heads = (data.draw(st.integers(1, 4)) for _ in range(4))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))

    def some(*sizes):
        kept = [1 if data.draw(st.booleans()) else size for size in sizes]
        return rng.standard_normal(kept).astype(F32)

    q, k = some(batch, rows, heads, 1), some(batch, keys, heads, 1)
    mask = some(batch, heads, rows, keys)
    while mask.ndim and mask.shape[0] == 1 and data.draw(st.booleans()):
        mask = mask[0]
    reached = np.broadcast_shapes(mask.shape, (1, k.shape[1]))[-1]
    v = rng.standard_normal((batch, reached, heads, 3)).astype(F32)
    assert_same_bits(run_op("head_attention", q, k, v, mask), spelled_out(q, k, v, mask))


def test_a_row_that_sees_nothing_gives_zeros_if_told(isa, rng):
    q, k, v, mask = operands(rng, 2, 30, 20, 2, 8, 8)
    mask[1, :, 3:7] = -np.inf
    y = run_op("head_attention", q, k, v, mask, nan_rows_to_zero=1)
    assert_same_bits(y, spelled_out(q, k, v, mask, zeros=True))
    assert not y[1, 3:7].any()
    assert np.isnan(run_op("head_attention", q, k, v, mask)[1, 3:7]).all()


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
def test_reads_stay_inside(isa, rng, side):
    given_ = operands(rng, 2, 30, 21, 3, 5, 7)
    y = run_op("head_attention", *(guarded(x, side) for x in given_))
    assert_same_bits(y, spelled_out(*given_))


@pytest.mark.parametrize(
    ("place", "shape", "message"),
    [
        (0, (2, 3, 4), "q: expected"),
        (1, (2, 5, 3, 9), "k: expected"),
        (1, (4, 5, 3, 4), "k: expected 1 or 2 along axis 0"),
        (2, (2, 6, 3, 7), "v: expected"),
        (2, (2, 5, 2, 7), "v: expected 1 or 3 along axis 2"),
        (3, (2, 1, 4, 7), "mask: expected 1 or 5 along axis 3"),
        (3, (1, 2, 1, 4, 5), "mask: expected float32 of up to 4 axes"),
    ],
)
def test_refusals(rng, place, shape, message):
    given_ = list(operands(rng, 2, 4, 5, 3, 4, 7))
    given_[place] = np.zeros(shape, F32)
    with pytest.raises(ValueError, match=message):
        run_op("head_attention", *given_)
