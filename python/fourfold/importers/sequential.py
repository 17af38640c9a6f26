"""The importer for ``fourfold.Sequential``."""

from __future__ import annotations

import numpy as np

from fourfold.dense import Dense
from fourfold.errors import UnsupportedModelError, describe_type
from fourfold.graph.ir import Attribute, Graph, Node, TensorInfo
from fourfold.importers.imported import ImportedModel
from fourfold.network import Network

# What a subclass must leave alone: the layers would not tell what it does instead.
ANSWERING = ("__call__", "predict", "run_float")


def import_sequential(model: object) -> ImportedModel:
    """Turn a network of dense layers into a graph.

    Raises
    ------
    UnsupportedModelError
        If the model is something else of fourfold's, a subclass that answers in a way of its own,
        or answers in INT8 already.
    """
    if not isinstance(model, Network) or any(
        getattr(type(model), name) is not getattr(Network, name) for name in ANSWERING
    ):
        raise UnsupportedModelError(
            "of fourfold's own models only a float32 Sequential can be quantized, and no subclass "
            f"of it, which may answer differently: got a {describe_type(model)}"
        )
    if model.is_quantized:
        raise UnsupportedModelError(
            "this Sequential answers in INT8 already: build one of its layers without test_data"
        )
    for name, layer in zip(model.layer_names, model.layers, strict=True):
        if type(layer) is not Dense:
            raise UnsupportedModelError(
                f"layer {name!r} must be a fourfold.Dense, and no subclass of it, which may answer "
                f"differently: got a {describe_type(layer)}"
            )
    return _to_imported(model)


def _to_imported(model: Network) -> ImportedModel:
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
    return ImportedModel(
        kind="sequential",
        graph=graph,
        method="__call__",
        parameter_bytes=sum(size for _, size in stored.values()),
        interface={"widths": list(model.widths)},
        default_metric=_default_metric(model.layers[-1]),
    )


def _default_metric(last: Dense) -> str:
    """Return what the last layer says about the outputs: scores, a probability, or nothing."""
    if last.outputs > 1 and last.activation in ("softmax", "log_softmax"):
        return "accuracy"
    return "binary" if last.outputs == 1 and last.activation == "sigmoid" else "none"
