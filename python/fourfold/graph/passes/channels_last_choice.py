"""Which nodes run channels last: those for which the graph then costs least.

A value that is made in one layout and read in the other is transposed, once, however many read it
so. A convolution that stays in channels first costs what it would have saved. The costs of all
choices together are those of the cuts of a network with a vertex for each node, channels first on
the source's side and channels last on the sink's, so the minimum cut is the best choice: no
transpose is there that does not pay.
"""

from __future__ import annotations

from collections.abc import Mapping

from fourfold.graph.ir import Graph
from fourfold.graph.passes.channels_last_change import Change
from fourfold.graph.passes.channels_last_cut import UNCUTTABLE, Network
from fourfold.graph.passes.channels_last_facts import Facts

# In multiply-adds for each element: so many save in INT8 what moving a float32 costs. Measured on
# one core with AVX512-VNNI: 0.25 to 0.5 ns for an element, 6 ps saved at each multiply-add.
TRANSPOSE = 64

# Of two views, whatever the size: below any convolution's gain.
VIEW = 1

# These read a value in either layout, and cost the same.
INDIFFERENT = frozenset({"shape", "transpose"})


def choose_channels_last(
    graph: Graph, changes: Mapping[int, Change], facts: Facts
) -> frozenset[int]:
    """Return the places of the nodes that are to run channels last.

    Of a ``transpose``, which writes either layout, it says which one to write.

    Parameters
    ----------
    graph : Graph
        The graph, all of it channels first.
    changes : mapping of int to Change
        By place, what nodes become; a node that is not there stays channels first.
    facts : Facts
        What is known of the values.
    """
    network = Network()
    free = [
        place
        for place, node in enumerate(graph.nodes)
        if place in changes or (node.op == "transpose" and facts.has_layouts(node.outputs[0]))
    ]
    vertices = {place: network.add_vertex() for place in free}
    for place, change in changes.items():
        if change.saves:
            network.add_edge(vertices[place], network.SINK, change.saves)
    makers, readers = _makers_and_readers(graph, changes, vertices, facts)
    for name, reading in readers.items():
        maker = makers.get(name, network.SOURCE)
        if reading != {maker}:
            cost = VIEW if facts.moves_by_view(name) else TRANSPOSE
            _add_value(network, maker, reading, cost)
    first = network.source_side()
    return frozenset(place for place, vertex in vertices.items() if vertex not in first)


def _makers_and_readers(
    graph: Graph, changes: Mapping[int, Change], vertices: Mapping[int, int], facts: Facts
) -> tuple[dict[str, int], dict[str, set[int]]]:
    """Return the vertices that decide in which layout each value is made, and is read."""
    makers: dict[str, int] = {}
    readers: dict[str, set[int]] = {}
    for place, node in enumerate(graph.nodes):
        change = changes.get(place)
        reads = change.reads if change is not None else ()
        for index, name in enumerate(node.inputs):
            if facts.has_layouts(name) and node.op not in INDIFFERENT:
                vertex = vertices[place] if index in reads else Network.SOURCE
                readers.setdefault(name, set()).add(vertex)
        if place in vertices and (change is None or change.writes):
            makers.update(dict.fromkeys(node.outputs, vertices[place]))
    for name in graph.outputs:
        if facts.has_layouts(name):
            readers.setdefault(name, set()).add(Network.SOURCE)
    return makers, readers


def _add_value(network: Network, maker: int, readers: set[int], cost: int) -> None:
    """Add the cost of a value that is not read in the layout that it is made in.

    One vertex is channels last if any reader is, the other channels first if any reader is.
    """
    any_last, any_first = network.add_vertex(), network.add_vertex()
    network.add_edge(maker, any_last, cost)
    network.add_edge(any_first, maker, cost)
    for reader in readers:
        network.add_edge(any_last, reader, UNCUTTABLE)
        network.add_edge(reader, any_first, UNCUTTABLE)
