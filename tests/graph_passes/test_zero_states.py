"""First states of recurrent layers that are zeros."""

import numpy as np
import pytest

from fourfold.graph.passes.zero_states import drop_zero_states
from program_pairs import applied, assert_same_results, graph_of, kinds

CONSTANTS = """float[1, 4, 2] w = {1, -2, 0.5, 1, -1, 2, 0.3, 0.1},
    float[1, 4, 1] r = {1, 2, -1, 0.5},
    int64 one = {1}, int64[1] front = {0}, int64[1] single = {1}"""
STATE = """shape = Shape (x) batch = Gather (shape, one) column = Unsqueeze (batch, front)
    size = Concat <axis = 0> (single, column, single)"""
LSTM = "y = LSTM <hidden_size = 1> (x, w, r, , , state, state)"


@pytest.mark.parametrize(
    ("fill", "stays"),
    [
        ("state = ConstantOfShape (size)", False),
        ("state = ConstantOfShape <value = float[1] {0.5}> (size)", True),
        ("none = Constant <value = float {0}> () state = Expand (none, size)", False),
    ],
)
def test_only_zeros_are_dropped(rng, fill, stays):
    body = f"{STATE} {fill} {LSTM}"
    before = graph_of(f"(float[T, N, 2] x) => (float[T, 1, N, 1] y) <{CONSTANTS}> {{ {body} }}")
    after = applied(drop_zero_states, before)
    assert (len(kinds(after)) > 1) == stays
    assert_same_results(before, after, rng.standard_normal((5, 3, 2)).astype(np.float32))
