"""What an importer finds out about a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fourfold.graph.ir import Graph


@dataclass(frozen=True)
class ImportedModel:
    """A model as a graph, with what is needed to judge it and to stand in for it."""

    kind: str
    """Which drop-in stands in for it: "sequential", "sklearn" or "session"."""

    graph: Graph

    method: str
    """How the user calls the model, and the evaluation calls both sides: "predict", ..."""

    parameter_bytes: int
    """Bytes of the parameters as the model stores them, tied ones once."""

    interface: Mapping[str, Any] = field(default_factory=dict)
    """What the drop-in needs beside the program; can be written as JSON."""

    interface_arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    """The arrays among it, such as ``classes_``."""

    default_metric: str = "none"
    """The metric to use with labels: "accuracy", "r2", "binary" (the output is a probability:
    accuracy where all labels are 0 or 1) or "none" to go by the labels' kind."""
