"""The importer for ``fourfold.Sequential``."""

from __future__ import annotations

import numpy as np

from fourfold.errors import UnsupportedModelError, describe_type
from fourfold.graph.ir import Attribute, Graph, Node, TensorInfo
from fourfold.importers.imported import ImportedModel
from fourfold.network import Network


def import_sequential(model: object) -> ImportedModel:
    """Turn a network of dense layers into a graph.

    Raises
    ------
    UnsupportedModelError
        If the model is something else of fourfold's, or answers in INT8 already.
    """
    if not isinstance(model, Network):
        raise UnsupportedModelError(
            f"of fourfold's own models only a float32 Sequential can be quantized, "
            f"got a {describe_type(model)}"
        )
    if model.is_quantized:
        raise UnsupportedModelError(
            "this Sequential answers in INT8 already: build one of its layers without test_data"
        )
    constants: dict[str, np.ndarray] = {}
    nodes: list[Node] = []
    stored: dict[int, tuple[str, int]] = {}  # by identity: tied parameters count once
    value = "x"
    for name, layer in zip(model.layer_names, model.layers, strict=True):
        keys = []
        for part, array in zip(("weight", "bias"), layer.parameters, strict=False):
            key, _ = stored.setdefault(id(array), (f"{name}.{part}", array.nbytes))
            constants[key] = array.astype(np.float32, copy=False)
            keys.append(key)
        weight, bias = (*keys, "")[:2]
        nodes.append(Node("linear", (value, weight, bias), (f"{name}.linear",), {}, name))
        kind: dict[str, Attribute] = {"kind": layer.activation, "alpha": layer.alpha}
        value = f"{name}.output"
        nodes.append(Node("activation", (f"{name}.linear",), (value,), kind, f"{name}.activation"))
    graph = Graph(
        inputs=(TensorInfo("x", "float32", (None, model.widths[0])),),
        nodes=tuple(nodes),
        outputs=(value,),
        constants=constants,
    )
    scores = model.layers[-1].activation in ("softmax", "log_softmax")
    return ImportedModel(
        kind="sequential",
        graph=graph,
        method="__call__",
        parameter_bytes=sum(size for _, size in stored.values()),
        interface={"widths": list(model.widths)},
        default_metric="accuracy" if scores and model.widths[-1] > 1 else "none",
    )
