"""PCA and TruncatedSVD: one linear node, for PCA behind the subtraction of the mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from fourfold.importers.sklearn.builder import GraphBuilder


def add_pca(builder: GraphBuilder, pca: Any) -> None:
    """Add (x - mean) @ components.T, divided by the standard deviations where PCA whitens.

    scikit-learn projects first and subtracts ``mean @ components.T``, which is the same but for
    rounding. Here the mean goes first: rows around zero have the smaller INT8 step.
    """
    weight = pca.components_.T
    ones = np.ones(pca.mean_.shape)
    builder.count(pca.components_, pca.mean_)
    if pca.whiten:
        builder.count(pca.explained_variance_)
        deviations = np.sqrt(pca.explained_variance_)
        # As scikit-learn does it, against components without variance.
        weight = weight / np.maximum(deviations, np.finfo(deviations.dtype).eps)
    builder.affine("mean_", shift=pca.mean_, scale=ones, offset=0 * ones)
    builder.linear("components_", weight, np.zeros(weight.shape[1]))


def add_truncated_svd(builder: GraphBuilder, svd: Any) -> None:
    """Add x @ components.T."""
    weight = svd.components_.T
    builder.count(svd.components_)
    builder.linear("components_", weight, np.zeros(weight.shape[1]))
