"""What is known about a graph's values while its nodes are gone through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from fourfold.graph.ir import Node
from fourfold.graph.shapes.dims import Dim, Dims, Shape

# Longer vectors of integers say no shape.
MAX_CONTENTS = 16


@dataclass(frozen=True)
class State:
    """Shapes of values, and what is in those that are short vectors of sizes."""

    constants: Mapping[str, np.ndarray]
    dims: Dims = field(default_factory=Dims)
    shapes: dict[str, Shape] = field(default_factory=dict)
    contents: dict[str, tuple[Dim, ...]] = field(default_factory=dict)

    def add_constant(self, name: str) -> None:
        """Take in a constant."""
        array = self.constants[name]
        self.shapes[name] = array.shape
        if array.dtype.kind == "i" and array.ndim <= 1 and array.size <= MAX_CONTENTS:
            self.contents[name] = tuple(int(value) for value in array.reshape(-1))

    def integers(self, name: str) -> tuple[int, ...] | None:
        """Return the integers in a constant vector, or None."""
        return self.contents.get(name) if name in self.constants else None  # type: ignore[return-value]


# The shape of a node's first output; None where it cannot be told. It may add contents, too.
Rule = Callable[[Node, State], Shape | None]
RULES: dict[str, Rule] = {}


def rule(*ops: str) -> Callable[[Rule], Rule]:
    """Register what infers the shapes of some ops."""

    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(ops, function))
        return function

    return register


def integer(node: Node, name: str, default: int) -> int:
    """Return an attribute that is an integer."""
    value = node.attributes.get(name, default)
    assert isinstance(value, int)
    return value


def integers(node: Node, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
    """Return an attribute that is a tuple of integers."""
    value = node.attributes.get(name, default)
    assert isinstance(value, tuple)
    return tuple(int(number) for number in value)
