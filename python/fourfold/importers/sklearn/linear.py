"""Linear regressors and classifiers: one linear node."""

from __future__ import annotations

from typing import Any

import numpy as np

from fourfold.importers.sklearn.builder import GraphBuilder
from fourfold.importers.sklearn.heads import Link, binary_pair


def add_linear_regressor(builder: GraphBuilder, model: Any) -> None:
    """Add x @ coef.T + intercept."""
    builder.linear("coef_", *_parameters(builder, model))


def add_linear_classifier(builder: GraphBuilder, model: Any) -> Link:
    """Add the scores of ``LinearSVC``, or another classifier without probabilities."""
    return _add_scores(builder, model, Link.NONE)


def add_ridge_classifier(builder: GraphBuilder, model: Any) -> Link:
    """Add the scores of a ``RidgeClassifier``, of one class or of many labels."""
    if model._label_binarizer.y_type_.startswith("multilabel"):
        add_linear_regressor(builder, model)
        return Link.NONE
    return _add_scores(builder, model, Link.NONE)


def add_logistic_regression(builder: GraphBuilder, model: Any) -> Link:
    """Add the scores of a ``LogisticRegression``: multinomial, or one class against the rest.

    ``multi_class`` was a parameter before scikit-learn 1.8; later versions do what "auto" did.
    """
    multi_class = getattr(model, "multi_class", "auto")
    if len(model.classes_) == 2:
        # An explicit "multinomial" is the softmax of (-score, score).
        mirrored = multi_class == "multinomial"
        return _add_scores(builder, model, Link.SOFTMAX, mirrored=mirrored)
    one_vs_rest = multi_class == "ovr" or (
        multi_class != "multinomial" and model.solver == "liblinear"
    )
    return _add_scores(builder, model, Link.ONE_VS_REST if one_vs_rest else Link.SOFTMAX)


def add_sgd_classifier(builder: GraphBuilder, model: Any) -> Link:
    """Add the scores of an ``SGDClassifier``; its loss decides whether it has probabilities."""
    binary = len(model.classes_) == 2
    if model.loss == "log_loss":
        link = Link.SOFTMAX if binary else Link.ONE_VS_REST
        return _add_scores(builder, model, link)
    if model.loss == "modified_huber":
        link = Link.CLIPPED if binary else Link.CLIPPED_ONE_VS_REST
        return _add_scores(builder, model, link, mirrored=True)
    return _add_scores(builder, model, Link.NONE)


def _add_scores(builder: GraphBuilder, model: Any, link: Link, *, mirrored: bool = False) -> Link:
    weight, bias = _parameters(builder, model)
    if len(model.classes_) == 2:
        weight, bias = binary_pair(weight, bias, mirrored=mirrored)
    builder.linear("coef_", weight, bias)
    return link


def _parameters(builder: GraphBuilder, model: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return weight [K, N] and bias [N], and count them as they are stored."""
    coef = model.coef_
    if hasattr(coef, "toarray"):  # after sparsify()
        builder.count(coef.data, coef.indices, coef.indptr)
        coef = coef.toarray()
    else:
        builder.count(coef)
    builder.count(model.intercept_)
    weight = np.atleast_2d(coef).T
    return weight, np.broadcast_to(np.ravel(model.intercept_), (weight.shape[1],))
