"""The translators: one small function for each ONNX op, by domain and name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from fourfold.importers.onnx.emitter import GRAPH_OPS, Emitter
from fourfold.importers.onnx.node import OnnxNode

# The values that stand for the node's outputs; "" for one that is not made.
Result = str | tuple[str, ...]
Translate = Callable[[OnnxNode, Emitter], Result]

ONNX = ""
ML = "ai.onnx.ml"


class Translator(NamedTuple):
    """A translator, and the ops of the engine without which it cannot do."""

    translate: Translate
    needs: tuple[str, ...]

    @property
    def works(self) -> bool:
        """Whether the engine has all these ops."""
        return GRAPH_OPS.issuperset(self.needs)


TRANSLATORS: dict[tuple[str, str], Translator] = {}


def translates(
    *op_types: str, needs: Iterable[str] = (), domain: str = ONNX
) -> Callable[[Translate], Translate]:
    """Register a function as the translator of some ops.

    It gets a node in the newest form of its op (see ``upgrades``), and returns the values that
    stand for the node's outputs. Whatever it cannot do, it refuses with ``UnsupportedNode``; if
    the op has a function body in ONNX's schema, that is tried next.
    """

    def register(translate: Translate) -> Translate:
        for op_type in op_types:
            TRANSLATORS[domain, op_type] = Translator(translate, tuple(needs))
        return translate

    return register
