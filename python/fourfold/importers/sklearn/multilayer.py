"""Multi-layer perceptrons: one linear node per layer, its activation within it."""

from __future__ import annotations

from typing import Any

from fourfold.errors import UnsupportedModelError
from fourfold.importers.sklearn.builder import GraphBuilder
from fourfold.importers.sklearn.heads import Link, binary_pair

ACTIVATIONS = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}


def add_mlp_regressor(builder: GraphBuilder, mlp: Any) -> None:
    """Add all layers of an ``MLPRegressor``."""
    if mlp.out_activation_ != "identity":
        raise UnsupportedModelError(
            f"this MLPRegressor ends in {mlp.out_activation_!r} (loss={mlp.loss!r}); supported is "
            "the loss 'squared_error'"
        )
    _add_layers(builder, mlp)


def add_mlp_classifier(builder: GraphBuilder, mlp: Any) -> Link:
    """Add all layers of an ``MLPClassifier``, the last without its softmax or sigmoid."""
    multilabel = mlp._label_binarizer.y_type_.startswith("multilabel")
    _add_layers(builder, mlp, pair=mlp.n_outputs_ == 1 and not multilabel)
    return Link.SIGMOID if multilabel else Link.SOFTMAX


def _add_layers(builder: GraphBuilder, mlp: Any, *, pair: bool = False) -> None:
    builder.count(*mlp.coefs_, *mlp.intercepts_)
    last = len(mlp.coefs_) - 1
    hidden = ACTIVATIONS[mlp.activation]
    for index, layer in enumerate(zip(mlp.coefs_, mlp.intercepts_, strict=True)):
        weight, bias = binary_pair(*layer) if pair and index == last else layer
        activation = "identity" if index == last else hidden
        builder.linear(f"coefs_[{index}]", weight, bias, activation)
