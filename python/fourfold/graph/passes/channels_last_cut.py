"""The minimum cut of a network: how to part two vertices at the least cost.

Dinic's algorithm (E. A. Dinic, Soviet Math. Doklady 11, 1970): as much flow as goes is sent along
shortest paths, until none is left. What the source reaches then is its side of a cut whose cost is
the flow.
"""

from __future__ import annotations

from collections import deque

# More than any sum of costs: no minimum cut goes through such an edge.
UNCUTTABLE = 1 << 60


class Network:
    """Vertices, numbered from 0, and directed edges with the cost of cutting them."""

    SOURCE = 0
    SINK = 1

    def __init__(self) -> None:
        self._edges: list[list[int]] = [[], []]  # by vertex; edge e ^ 1 is e turned around
        self._ends: list[int] = []
        self._left: list[int] = []

    def add_vertex(self) -> int:
        """Return a new vertex."""
        self._edges.append([])
        return len(self._edges) - 1

    def add_edge(self, start: int, end: int, cost: int) -> None:
        """Add an edge that must be cut where ``start`` is on the source's side and ``end`` not."""
        for vertex, other, left in ((start, end, cost), (end, start, 0)):
            self._edges[vertex].append(len(self._ends))
            self._ends.append(other)
            self._left.append(left)

    def source_side(self) -> frozenset[int]:
        """Return the smallest source's side of all minimum cuts. Uses up the network."""
        while self.SINK in (levels := self._levels()):
            self._fill(levels)
        return frozenset(levels)

    def _levels(self) -> dict[int, int]:
        """Return how many edges away from the source each vertex is, of those that it reaches."""
        levels = {self.SOURCE: 0}
        queue = deque(levels)
        while queue:
            vertex = queue.popleft()
            for edge in self._edges[vertex]:
                if self._left[edge] and self._ends[edge] not in levels:
                    levels[self._ends[edge]] = levels[vertex] + 1
                    queue.append(self._ends[edge])
        return levels

    def _fill(self, levels: dict[int, int]) -> None:
        """Send flow along shortest paths until each of them has an edge that takes no more."""
        untried = {vertex: list(self._edges[vertex]) for vertex in levels}
        path: list[int] = []
        vertex = self.SOURCE
        while True:
            if vertex == self.SINK:
                self._send(path)
                path.clear()
                vertex = self.SOURCE
                continue
            edges = untried[vertex]
            while edges and not self._leads_on(edges[-1], vertex, levels):
                edges.pop()
            if edges:
                path.append(edges[-1])
                vertex = self._ends[edges[-1]]
            elif path:
                vertex = self._ends[path.pop() ^ 1]
                untried[vertex].pop()
            else:
                return

    def _leads_on(self, edge: int, vertex: int, levels: dict[int, int]) -> bool:
        return self._left[edge] > 0 and levels.get(self._ends[edge], -1) == levels[vertex] + 1

    def _send(self, path: list[int]) -> None:
        amount = min(self._left[edge] for edge in path)
        for edge in path:
            self._left[edge] -= amount
            self._left[edge ^ 1] += amount
