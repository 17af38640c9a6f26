"""The names of a DataFrame's columns, compared with those that the original was fitted on."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np


def check_feature_names(x: Any, fitted: np.ndarray | None, checked_by: str) -> None:
    """Compare the names of X's columns with those seen in fit.

    Warns where only one side has names, as scikit-learn does.

    Raises
    ------
    TypeError
        If some names are strings and some are not.
    ValueError
        If the names differ, or their order.
    """
    names = _feature_names(x)
    if names is None and fitted is None:
        return
    if fitted is None:
        _warn(f"X has feature names, but {checked_by} was fitted without feature names")
    elif names is None:
        _warn(
            f"X does not have valid feature names, but {checked_by} was fitted with feature names"
        )
    elif names != list(fitted):
        raise ValueError(_how_names_differ(set(names), set(fitted)))


def _feature_names(x: Any) -> list[str] | None:
    names = list(getattr(x, "columns", ()))
    kinds = sorted({type(name).__name__ for name in names})
    if len(kinds) > 1 and "str" in kinds:
        raise TypeError(
            "Feature names are only supported if all input features have string names, but your "
            f"input has {kinds} as feature name / column name types."
        )
    return names if kinds == ["str"] else None


def _how_names_differ(given: set[str], fitted: set[str]) -> str:
    message = "The feature names should match those that were passed during fit.\n"
    parts = {
        "Feature names unseen at fit time:\n": given - fitted,
        "Feature names seen at fit time, yet now missing:\n": fitted - given,
    }
    for heading, names in parts.items():
        if names:
            shown = sorted(names)[:5]
            message += heading + "".join(f"- {name}\n" for name in shown)
            message += "- ...\n" if len(names) > len(shown) else ""
    if given == fitted:
        message += "Feature names must be in the same order as they were in fit.\n"
    return message


def _warn(message: str) -> None:
    # The caller's line: this function, check_feature_names, the drop-in's two.
    warnings.warn(message, UserWarning, stacklevel=5)
