"""From a classifier's scores to its probabilities, as nodes of the graph.

A binary classifier of scikit-learn has one score z, for its second class. Here it gets two columns,
so that binary and multiclass are one case: (0, z), or mirrored (-z, z). The first class wins where
z <= 0, as in scikit-learn; softmax(0, z) is (1 - sigmoid(z), sigmoid(z)) and softmax(-z, z) the
same of 2z. The second column is free: weights are stored in panels of 16 columns.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from fourfold.dropin.sklearn.interface import LOG_PROBABILITIES, PROBABILITIES, SOFTMAX
from fourfold.importers.sklearn.builder import GraphBuilder


class Link(Enum):
    """What turns scores into probabilities."""

    NONE = "none"
    """Nothing: the classifier has scores only."""

    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"
    """Each label for itself."""

    ONE_VS_REST = "one-vs-rest"
    """sigmoid of every score, divided by their sum. Where all of a row's underflow in float32, at
    -88, the softmax of the scores is what the quotient comes to: sigmoid(z) is exp(z) there."""

    CLIPPED = "clipped"
    """(clip(score, -1, 1) + 1) / 2, of mirrored scores: modified Huber, binary."""

    CLIPPED_ONE_VS_REST = "clipped one-vs-rest"
    """The same of every score, divided by their sum."""


def binary_pair(
    weight: np.ndarray, bias: np.ndarray, *, mirrored: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return [K, 2] and [2] from [K, 1] and [1]: zero, or the negative, before the score."""
    sign = -1 if mirrored else 0
    return np.hstack([sign * weight, weight]), np.hstack([sign * bias, bias])


def add_probabilities(builder: GraphBuilder, link: Link) -> tuple[str, ...]:
    """Add what the link asks for behind the scores, and return the graph's outputs.

    The scores come first; ``fourfold.dropin.sklearn.interface`` names the others. One-vs-rest rows
    in which every class has probability 0 stay 0 here.
    """
    scores = builder.value

    def aside(name: str, activation: str) -> str:
        builder.activation(name, activation)
        builder.value = scores
        return name

    if link is Link.NONE:
        return (scores,)
    if link is Link.SOFTMAX:
        log_probabilities = aside(LOG_PROBABILITIES, "log_softmax")
        return (scores, builder.activation(PROBABILITIES, "softmax"), log_probabilities)
    if link is Link.SIGMOID:
        return (scores, builder.activation(PROBABILITIES, "sigmoid"))
    if link is Link.CLIPPED:
        return (scores, _add_clipped(builder, PROBABILITIES))
    if link is Link.CLIPPED_ONE_VS_REST:
        _add_clipped(builder, "one_vs_rest")
        return (scores, builder.normalize(PROBABILITIES, "l1"))
    softmax = aside(SOFTMAX, "softmax")
    builder.activation("one_vs_rest", "sigmoid")
    return (scores, builder.normalize(PROBABILITIES, "l1"), softmax)


def _add_clipped(builder: GraphBuilder, name: str) -> str:
    """Add (clip(score, -1, 1) + 1) / 2, the probability under the modified Huber loss."""
    ones = np.ones(builder.columns)
    builder.clip(f"{name}.clip", -1.0, 1.0)
    return builder.affine(name, shift=-ones, scale=ones / 2, offset=0 * ones)
