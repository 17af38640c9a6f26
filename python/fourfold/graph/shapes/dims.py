"""Sizes of axes: a number, or a name for one that only a run tells.

Whenever the graph runs, equal sizes are equal numbers. That two names differ says nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

Dim = int | str
Shape = tuple[Dim, ...]


class Dims:
    """Hands out the names: one for each expression, so that what is computed alike is equal.

    An expression is named by its operands' names, never nested: chains of any length stay flat.
    """

    def __init__(self) -> None:
        self._names: dict[tuple[Hashable, ...], str] = {}

    def name(self, *expression: Hashable) -> str:
        """Return the name of an expression."""
        return self._names.setdefault(expression, f"d{len(self._names)}")

    def fresh(self) -> str:
        """Return the name of a size that nothing is known about."""
        return self.name("fresh", len(self._names))

    def broadcast(self, shapes: Sequence[Shape]) -> Shape:
        """Return the shape of an elementwise result, by NumPy's rules."""
        rank = max(map(len, shapes))
        padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
        return tuple(self._together(axis) for axis in zip(*padded, strict=True))

    def _together(self, sizes: tuple[Dim, ...]) -> Dim:
        wide = {size for size in sizes if size != 1}
        if len(wide) <= 1:
            return wide.pop() if wide else 1
        # A number above 1 rules: whatever else is there is 1, or the same.
        known = next((size for size in wide if isinstance(size, int)), None)
        return known if known is not None else self.name("broadcast", frozenset(wide))

    def window(self, size: Dim, reach: int, stride: int, pads: int) -> Dim:
        """Return how many windows fit: ``(size + pads - reach) // stride + 1``."""
        if stride == 1 and pads == reach - 1:
            return size
        if isinstance(size, int):
            return max((size + pads - reach) // stride + 1, 0)
        # 3 x 3 with pads of 1 and 1 x 1 without step alike: only the difference counts.
        return self.name("window", size, pads - reach, stride)

    def times(self, size: Dim, factor: float) -> Dim:
        """Return ``floor(size * factor)`` of a whole factor; of any other, only a name for it."""
        if factor == 1:
            return size
        if isinstance(size, int) and factor == int(factor):
            return size * int(factor)
        return self.name("times", size, factor)

    def plus(self, size: Dim, term: int) -> Dim:
        """Return ``size + term``."""
        if isinstance(size, int):
            return size + term
        return self.name("plus", size, term) if term else size
