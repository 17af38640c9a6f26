"""How one node becomes a node that works on values whose channels are last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from fourfold.graph.ir import Attribute, Node
from fourfold.graph.passes.channels_last_facts import Facts


@dataclass(frozen=True)
class Change:
    """What a node has to become. Nothing is said of what makes its inputs."""

    reads: frozenset[int]
    """The places of the inputs that are then read channels last; none of them is a constant."""

    op: str
    attributes: Mapping[str, Attribute]

    constants: Mapping[int, np.ndarray] = field(default_factory=dict)
    """What takes the place of an input, by place; the places may go beyond the node's own."""

    dropped: frozenset[int] = frozenset()
    """Places of inputs that are left out."""

    writes: bool = True
    """Whether its outputs are channels last too, or just what they were."""

    saves: int = 0
    """What is gained where it runs so: multiply-adds for each element of the larger side."""

    window: tuple[int, ...] = ()
    """If any: a pixel of the result stands for so many, [..., window..., channels], and they have
    to be spread out: by so much the image grows."""


# A rule returns what a node becomes, None if the node must stay as it is.
Rule = Callable[[Node, Facts], Change | None]


def same_node(
    node: Node, reads: frozenset[int], attributes: Mapping[str, Attribute] | None = None
) -> Change:
    """Return the change to the same op with other attributes, on values that are channels last."""
    return Change(reads, node.op, {**node.attributes, **(attributes or {})})
