"""What the movement ops refuse, and with which words."""

import numpy as np
import pytest

from fourfold import _core
from ops.movement_arrays import array_of
from ops.movement_arrays import integers as ints
from ops.one_op import run_op

X = array_of((2, 3, 4))
FLAGS = np.array([True, False, True])


def f32(value):
    return np.array(value, np.float32)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (3, "indices: expected -3 to 2 for an axis of size 3, received 3"),
        (-4, "indices: expected -3 to 2 for an axis of size 3, received -4"),
        (2**63 - 1, "received 9223372036854775807"),
        (-(2**63), "received -9223372036854775808"),
    ],
)
def test_indices_out_of_range(index, message, threads):
    x = array_of((3, 30))
    rows = np.full((40, 30), index)
    calls = [
        ("gather", (x, ints(0, index)), {}),
        ("gather_elements", (x, rows), {}),
        ("gather_nd", (x, ints(index)[None]), {}),
        ("scatter_elements", (x, rows, array_of((40, 30))), {}),
        ("scatter_nd", (x, ints(index)[None], x[:1]), {"reduction": "add"}),
    ]
    for op, arrays, attributes in calls:
        with pytest.raises(ValueError, match=message):
            run_op(op, *arrays, **attributes)


def test_indices_of_an_empty_axis():
    with pytest.raises(ValueError, match="for an axis of size 0, received 0"):
        run_op("gather", array_of((0, 3)), ints(0))


@pytest.mark.parametrize(
    ("op", "arrays", "attributes", "message"),
    [
        ("transpose", (X,), {"perm": (0, 1)}, "expected 3 axes as x .* has, received 2"),
        ("transpose", (X,), {"perm": (0, 1, 1)}, "from 0 to 3 - 1 once, received 1"),
        ("transpose", (X,), {"perm": (0, 1, -1)}, "from 0 to 3 - 1 once, received -1"),
        ("concat", (), {"axis": 0}, "at least one input"),
        ("concat", (X, None), {"axis": 0}, "input 1: expected a value, not none"),
        ("concat", (X, X[:, :2]), {"axis": 0}, r"input 1: expected float32 \(2, 3, 4\), received"),
        ("concat", (X, X[0]), {"axis": 0}, r"input 1: expected .* received float32 \(3, 4\)"),
        ("concat", (X, X.astype(int)), {"axis": 0}, "input 1: .* received int64"),
        ("concat", (X,), {"axis": 3}, "axis: expected an axis of 3 dimensions, received 3"),
        (
            "slice",
            (X, ints(0), ints(1, 2), None, None),
            {},
            "ends: expected 1 values .* received 2",
        ),
        ("slice", (X, ints(0), ints(1), ints(0), ints(0)), {}, "other steps than 0"),
        (
            "slice",
            (X, ints(0, 0), ints(1, 1), ints(0, -3), None),
            {},
            "each axis once, received -3 again",
        ),
        (
            "slice",
            (X, ints(0), ints(1), ints(3), None),
            {},
            "axes: expected an axis of 3 dimensions",
        ),
        ("slice", (X, X[0, 0], ints(1), None, None), {}, "starts: expected a vector of int64"),
        ("slice", (X, None, ints(1), None, None), {}, "starts: expected a value, not none"),
        ("expand", (X, ints(3, 3, 4)), {}, r"expected one that x \(2, 3, 4\) broadcasts with"),
        ("expand", (X, ints(-1)), {}, "sizes of 0 or more, received -1"),
        ("expand", (X, ints(2**40, 2**40, 1, 1, 1)), {}, "too large"),
        ("expand", (X, ints(*[1] * 9)), {}, "at most 8 dimensions"),
        ("tile", (X, ints(1, 1)), {}, "one for each axis of x .* received 2"),
        ("tile", (X, ints(1, 1, -1)), {}, "0 or more, received -1"),
        ("tile", (X, ints(1, 1, 2**62)), {}, "too large"),
        ("tile", (X, ints(2**30, 2**30, 1)), {}, "too large"),
        ("pad", (X, ints(0, 0), None, None), {}, "6 values for 3 axes, received 2"),
        ("pad", (X, ints(-2, -1), None, ints(0)), {}, "take away at most 2 along axis 0"),
        ("pad", (X, ints(-(2**63), 0), None, ints(0)), {}, "received -9223372036854775808"),
        ("pad", (X, ints(2**63 - 1, 0), None, ints(0)), {}, "received 9223372036854775807"),
        ("pad", (X, ints(0, 2**43), None, ints(0)), {}, "too large"),
        ("pad", (X, ints(0, 0, 0, 0), None, ints(0, 0)), {}, "each axis once"),
        ("pad", (X, ints(0, 0), X, ints(0)), {}, r"value: expected one float32, received"),
        (
            "pad",
            (X, ints(0, 0), ints(1), ints(0)),
            {},
            r"value: expected one float32, received int64",
        ),
        ("pad", (X[:0], ints(1, 0), None, ints(0)), {"mode": "edge"}, "axis 0, which is empty"),
        ("pad", (X, ints(0, 0), None, ints(0)), {"mode": "x"}, "mode: .* received 'x'"),
        ("gather", (f32(1), ints(0)), {}, "axis: expected an axis of 0 dimensions"),
        ("gather", (X, X), {}, "indices: expected int32 or int64"),
        ("gather", (X, np.zeros((1,) * 7, int)), {}, "at most 8 dimensions"),
        (
            "gather_elements",
            (X, ints(0)),
            {},
            r"at most x's sizes \(2, 3, 4\) along all axes but 0",
        ),
        ("gather_elements", (X, np.zeros((1, 4, 1), int)), {}, "received .1, 4, 1."),
        ("gather_nd", (X, np.zeros((1, 4), int)), {}, "vectors of at most 3"),
        ("gather_nd", (X, np.array(0)), {}, "vectors of at most 3"),
        ("gather_nd", (X, np.zeros((3, 1), int)), {"batch_dims": 1}, "after 1 equal axes"),
        ("scatter_elements", (X[0, 0], ints(0), X[0]), {}, r"updates: expected float32 \(1,\)"),
        ("scatter_elements", (X, ints(0), X), {}, "indices: expected at most x's sizes"),
        ("scatter_nd", (X, ints(0, 1)[None], X[0]), {}, r"updates: expected float32 \(1, 4\)"),
        ("scatter_nd", (FLAGS, ints(0)[None], FLAGS[:1]), {"reduction": "add"}, "received bool"),
        ("scatter_nd", (X, ints(0), X[0]), {"reduction": "sub"}, "reduction: .* received 'sub'"),
        ("depth_to_space", (X,), {"block": 2}, "expected four dimensions"),
        ("depth_to_space", (X[None],), {"block": 2}, "multiple of 4 channels, received 2"),
        ("depth_to_space", (X[None],), {"block": 1, "mode": "x"}, "mode: .* received 'x'"),
        ("space_to_depth", (X[None],), {"block": 2}, "multiples of 2 rows and columns"),
        ("reverse_sequence", (X, ints(1, 1, 4)), {}, r"lengths: expected 0 to 2, received 4"),
        ("reverse_sequence", (X, ints(1, 1, -1)), {}, r"lengths: expected 0 to 2, received -1"),
        ("reverse_sequence", (X, ints(1, 1)), {}, r"lengths: expected int64 \(3,\)"),
        ("reverse_sequence", (X[0, 0], ints(1)), {}, "two dimensions or more"),
        ("reverse_sequence", (X, ints(1)), {"batch_axis": 0}, "another than batch_axis"),
        ("trilu", (X[0, 0], None), {}, "two dimensions or more"),
        ("trilu", (X, ints(1, 2)), {}, r"k: expected one int64"),
        ("constant_of_shape", (ints(-1), ints(0)), {}, "sizes of 0 or more, received -1"),
        ("constant_of_shape", (ints(1), ints(0, 1)), {}, "value: expected one"),
        ("constant_of_shape", (ints(2**62, 2**62), ints(0)), {}, "too large"),
        ("eye_like", (X,), {}, "expected two dimensions"),
        ("eye_like", (X[0],), {"dtype": "str"}, "str"),
        ("range", (ints(0), ints(5), ints(0)), {}, "delta: expected another than 0"),
        ("range", (ints(-(2**63)), ints(2**63 - 1), ints(1)), {}, "too large"),
        ("range", (f32(0), f32(1), f32(np.nan)), {}, "received a NaN"),
        ("range", (f32(0), f32(np.inf), f32(1)), {}, "too large"),
        ("range", (ints(0), ints(5), f32(0)), {}, "delta: expected one int64"),
        ("range", (FLAGS[:1], FLAGS[1:2], FLAGS[:1]), {}, "start: expected a number"),
        ("one_hot", (ints(0), ints(0), X[0, 0, :2]), {}, "depth: expected 1 or more, received 0"),
        ("one_hot", (ints(0), ints(2**60), X[0, 0, :2]), {}, "depth: expected 1 or more"),
        ("one_hot", (ints(0), ints(2), X[0, 0]), {}, r"values: expected float32 \(2,\)"),
        ("one_hot", (FLAGS, ints(2), X[0, 0, :2]), {}, "indices: expected numbers"),
        ("tensor_scatter", (X, X[:, :2], ints(0, 2)), {}, "expected 0 to 1 for 2 updates"),
        ("tensor_scatter", (X, X[:, :2], ints(0, -1)), {}, "starts: .* received -1"),
        ("tensor_scatter", (X, X, ints(0, 3)), {"mode": "circular"}, "expected 0 to 2"),
        ("tensor_scatter", (X, X, None), {"axis": 0}, "another than that of the batch"),
        ("tensor_scatter", (X[:, :2], X, None), {}, r"updates: expected float32 \(2, 2, 4\)"),
        ("compress", (X, np.ones(25, bool)), {}, "at most 24 bool"),
        ("compress", (X, FLAGS), {"axis": 0}, "condition: .* at most 2 bool"),
        ("compress", (X, ints(1)), {"axis": 0}, "condition: .* received int64"),
        ("unique", (X,), {"axis": 3}, "axis: expected an axis of 3 dimensions"),
    ],
)
def test_what_is_refused(op, arrays, attributes, message):
    with pytest.raises(ValueError, match=message):
        run_op(op, *arrays, outputs=4 if op == "unique" else 1, **attributes)


@pytest.mark.parametrize(
    ("count", "sizes", "message"),
    [
        (2, ints(1, 3), "expected 0 or more, together 3, received 3 where 2 are left"),
        (2, ints(4, -1), "received 4 where 3 are left"),
        (2, ints(-1, 4), "received -1"),
        (2, ints(1, 1), "a sum of 3, received one of 2"),
        (2, ints(1, 1, 1), "expected 2 of them, received 3"),
    ],
)
def test_sizes_of_a_split(count, sizes, message):
    steps = [("split", (0, 1), (2, 3), {"axis": 1, "outputs": count})]
    with pytest.raises(ValueError, match=message):
        _core.Program([("x", "float32", (None, None, None))], [sizes], steps, (2,))(X)
