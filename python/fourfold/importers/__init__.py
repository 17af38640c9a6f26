"""Importers: a trained model of some framework to a float graph.

One module per framework. A framework is imported only inside the function that needs it, and only
when a model of its own is at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fourfold.errors import UnsupportedModelError, describe_type
from fourfold.graph.ir import Graph


@dataclass(frozen=True)
class ImportedModel:
    """A model as a graph, with what is needed to judge it and to stand in for it."""

    kind: str
    """Which drop-in stands in for it: "sequential" or "sklearn"."""

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
    """The metric to use with labels: "accuracy", "r2", or "none" to go by the labels' kind."""


def import_model(model: object) -> ImportedModel:
    """Turn a trained model into a graph.

    Raises
    ------
    UnsupportedModelError
        If the model is of no kind that fourfold quantizes, or holds a part that it does not.
    ValueError
        If the model is of such a kind but cannot be used as it is (not fitted, say).
    """
    packages = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    if "fourfold" in packages:
        from fourfold.importers.sequential import import_sequential

        return import_sequential(model)
    if "sklearn" in packages:
        from fourfold.importers.sklearn import import_sklearn

        return import_sklearn(model)
    raise UnsupportedModelError(
        f"cannot quantize a {describe_type(model)}; supported are fourfold.Sequential and "
        "scikit-learn's linear models, multi-layer perceptrons, PCA, TruncatedSVD and pipelines "
        "of them with scalers"
    )
