"""What an engine is to this benchmark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.models.files import TaskFiles
from benchmarks.models.task import Feeds, Session


class DeclinedError(Exception):
    """The engine makes no form of a model; the message says why."""


@dataclass(frozen=True)
class Variant:
    """A model in the form that an engine opens."""

    path: Path

    parameter_bytes: int
    """Of the parameters, as they are stored."""

    settings: Mapping[str, str] = field(default_factory=dict)
    """What to open it with."""

    remark: str = ""


@dataclass(frozen=True)
class Opening:
    """How to open a variant."""

    path: Path
    settings: Mapping[str, str]

    feeds: Feeds
    """What the session will be timed on."""


Recipes = Mapping[str, Callable[[], Variant]]
"""Ways to make an engine's form of a model, by name, "" for the only one; the best counts."""


@dataclass(frozen=True)
class Engine:
    """An engine in one precision."""

    packages: tuple[str, ...]
    """What has to be installed."""

    recipes: Callable[[TaskFiles], Recipes]

    opened: Callable[[Opening], Session]
    """A session on one thread."""


def onnx_parameter_bytes(path: Path) -> int:
    """The parameters of an ONNX model, wherever in it they are."""
    import onnx

    from fourfold.importers.onnx.model import parameter_bytes

    return parameter_bytes(onnx.load(path).graph)
