"""A step of an LSTM in one pass gives what its operations give one after the other."""

import numpy as np
import pytest

from ops.recurrent_layers import Layer
from reference import assert_same_bits


def run_both_ways(run, layer):
    """Given lengths, though all of them whole, a step is taken operation by operation."""
    in_one_pass = run(layer)
    layer.lengths = (layer.steps,) * layer.batch
    for result, expected in zip(in_one_pass, run(layer), strict=True):
        assert_same_bits(result, np.ascontiguousarray(expected))


@pytest.mark.parametrize("hidden", [1, 7, 8, 15, 16, 17, 33, 64])
@pytest.mark.parametrize("layout", [0, 1])
@pytest.mark.parametrize("run", [Layer.run, Layer.run_s8])
def test_one_pass(isa, run, layout, hidden):
    run_both_ways(run, Layer("lstm", 3, 5, 4, hidden, "bidirectional", layout, seed=hidden))


@pytest.mark.parametrize("scale", [30.0, 1e4, 1e38])
def test_gates_far_out(isa, scale):
    """Saturated gates, sums that overflow, states that are NaN."""
    layer = Layer("lstm", 3, 4, 5, 19)
    layer.x *= np.float32(scale)
    layer.c0[0, 0] = np.inf
    layer.c0[0, 1] = np.nan
    run_both_ways(Layer.run, layer)


def test_rows_shared_out_among_threads(threads):
    run_both_ways(Layer.run, Layer("lstm", 2, 300, 6, 70))
