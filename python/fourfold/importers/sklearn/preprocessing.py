"""Scalers and Normalizer. Scalers stay ``affine`` nodes: a pass decides whether to fold them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fourfold.importers.sklearn.builder import GraphBuilder


def add_standard_scaler(builder: GraphBuilder, scaler: Any) -> None:
    """Add (x - mean) / scale, as far as ``with_mean`` and ``with_std`` ask for it."""
    mean = scaler.mean_ if scaler.with_mean else None
    scale = scaler.scale_ if scaler.with_std else None
    used = [array for array in (mean, scale) if array is not None]
    if not used:
        return
    builder.count(*used)
    zeros = np.zeros(used[0].shape)
    builder.affine(
        "scale",
        shift=zeros if mean is None else mean,
        scale=zeros + 1 if scale is None else 1 / scale,
        offset=zeros,
    )


def add_min_max_scaler(builder: GraphBuilder, scaler: Any) -> None:
    """Add x * scale + min, then the clamp to ``feature_range`` where ``clip`` asks for it."""
    builder.count(scaler.scale_, scaler.min_)
    zeros = np.zeros(scaler.scale_.shape)
    builder.affine("scale", shift=zeros, scale=scaler.scale_, offset=scaler.min_)
    if scaler.clip:
        builder.clip("clip", *scaler.feature_range)


def add_max_abs_scaler(builder: GraphBuilder, scaler: Any) -> None:
    """Add x / scale, then the clamp to [-1, 1] where ``clip`` (scikit-learn >= 1.9) asks for it."""
    builder.count(scaler.scale_)
    zeros = np.zeros(scaler.scale_.shape)
    builder.affine("scale", shift=zeros, scale=1 / scaler.scale_, offset=zeros)
    if getattr(scaler, "clip", False):
        builder.clip("clip", -1.0, 1.0)


def add_normalizer(builder: GraphBuilder, normalizer: Any) -> None:
    """Add the division of every row by its norm.

    A row of zeros stays as it is. scikit-learn leaves rows alone whose norm is below ten times the
    machine epsilon; here they are normalized like any other.
    """
    builder.normalize("normalize", normalizer.norm)
