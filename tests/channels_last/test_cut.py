"""The minimum cut, against all cuts there are."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.graph.passes.channels_last_cut import UNCUTTABLE, Network

EDGE = st.tuples(
    st.integers(0, 6), st.integers(0, 6), st.sampled_from([0, 1, 2, 3, 64, UNCUTTABLE])
)


def build(vertices, edges):
    network = Network()
    numbers = [network.SOURCE, network.SINK, *(network.add_vertex() for _ in range(vertices - 2))]
    for start, end, cost in edges:
        network.add_edge(numbers[start], numbers[end], cost)
    return network


def cost_of(side, edges):
    return sum(cost for start, end, cost in edges if start in side and end not in side)


@settings(max_examples=100)
@given(st.lists(EDGE, max_size=16))
def test_no_cut_costs_less_and_none_of_its_cost_is_smaller(edges):
    side = build(7, edges).source_side()
    others = [frozenset(np.flatnonzero(bits) + 2) for bits in product((0, 1), repeat=5)]
    costs = {other | {0}: cost_of(other | {0}, edges) for other in others}
    least = min(costs.values())
    if least < UNCUTTABLE:
        assert costs[side] == least
        assert all(side <= other for other, cost in costs.items() if cost == least)


@pytest.mark.parametrize("length", [1, 2, 3000])
def test_a_long_path_is_cut_at_its_cheapest_edge(length):
    edges = [(0, 2, 7), *((i, i + 1, 5) for i in range(2, length + 1)), (length + 1, 1, 4)]
    assert build(length + 2, edges).source_side() == {0, *range(2, length + 2)}
