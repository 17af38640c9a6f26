"""What an importer finds out about a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fourfold.errors import describe_type
from fourfold.graph.ir import Graph
from fourfold.graph.partitioned import PartitionedGraph


@dataclass(frozen=True)
class Baseline:
    """What the quantized model is measured against: the original as the user calls it."""

    model: Any

    name: str
    """What it is, for the record: "fourfold.sequential.Sequential", "onnxruntime 1.32.0"."""

    threads: int | None = None
    """How many threads it has of its own, 0 for as many as it likes; None: the process's."""


@dataclass(frozen=True)
class ImportedModel:
    """A model as a graph, with what is needed to judge it and to stand in for it."""

    kind: str
    """Which drop-in stands in for it: "sequential", "sklearn" or "session"."""

    graph: Graph | PartitionedGraph

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

    named_inputs: bool = False
    """Whether the method is called as a session's ``run`` is, with None and a dict of arrays of any
    shape, and returns a list; if not, with one array [rows, columns] per input."""

    threads: int = 0
    """How many threads the model is set to use, where it has such a setting; 0 for none."""

    open_baseline: Callable[[int], Baseline] | None = None
    """Makes the baseline for so many threads, where the model is not called itself: a file is."""

    onnx_source: Any = None
    """The ONNX model that it was read from: a path, bytes or a ``ModelProto``; None for others."""

    def baseline(self, model: Any, threads: int) -> Baseline:
        """Return what the quantized form of ``model`` is measured against."""
        if self.open_baseline is None:
            return Baseline(model, describe_type(model), self.threads or None)
        return self.open_baseline(threads)

    def call(self, model: Any) -> Callable[..., Any]:
        """Return what calls the original or its drop-in with the arrays of a batch, in order."""
        method: Callable[..., Any] = getattr(model, self.method)
        if not self.named_inputs:
            return method
        names = [info.name for info in self.graph.inputs]
        return lambda *arrays: method(None, dict(zip(names, arrays, strict=True)))


def without_weights(imported: ImportedModel) -> ImportedModel:
    """Return a model of whose graph only inputs and outputs are left; one in parts as it is."""
    if not isinstance(imported.graph, Graph):
        return imported
    empty = replace(imported.graph, nodes=(), constants={}, integers={})
    return replace(imported, graph=empty)
