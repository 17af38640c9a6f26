"""Recipes: an estimator's class and parameters as plain JSON, and the unfitted estimator back.

With its recipe in the model file, ``sklearn.base.clone`` of a drop-in gives the float estimator,
unfitted, also long after the original is gone. Only the classes of ``known`` are ever built.

Values that JSON lacks are objects with one key: ``{"tuple": [...]}``, ``{"dict": [[key, value],
...]}``, ``{"array": [...], "dtype": "<f8"}``, ``{"float": "inf"}``, ``{"estimator": recipe}``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from fourfold.data import REAL_KINDS
from fourfold.dropin.sklearn.known import KNOWN, known_name
from fourfold.errors import (
    FourfoldError,
    ModelFileError,
    UnsupportedModelError,
    describe_type,
)


class _NoRecipeError(Exception):
    """A parameter's value is of a kind that a recipe cannot hold."""


def describe(estimator: Any) -> dict[str, Any]:
    """Return the recipe of an estimator of a known class.

    Parameters that a recipe cannot hold (a ``RandomState``, a callable) are listed by name under
    "omitted"; ``rebuild`` then refuses.
    """
    params, omitted = {}, []
    for name, value in estimator.get_params(deep=False).items():
        try:
            params[name] = _encode(value)
        except _NoRecipeError:
            omitted.append(name)
    output = getattr(estimator, "_sklearn_output_config", {}).get("transform")
    return {
        "class": type(estimator).__name__,
        "params": params,
        "omitted": omitted,
        "output": output,
    }


def rebuild(recipe: Mapping[str, Any], *, strict: bool = True) -> Any:
    """Return the unfitted estimator that a recipe describes.

    Parameters
    ----------
    recipe : mapping
        As ``describe`` returns it.
    strict : bool
        Whether to refuse if a parameter was omitted; else it keeps its default.

    Raises
    ------
    UnsupportedModelError
        If a parameter was omitted.
    ModelFileError
        If the recipe is not one.
    ImportError
        If scikit-learn is not installed.
    """
    try:
        name = recipe["class"]
        if strict and recipe["omitted"]:
            raise UnsupportedModelError(
                f"cannot rebuild this {name}: the value of {', '.join(recipe['omitted'])} could "
                "not be stored; clone the original estimator instead"
            )
        kind = getattr(import_module(KNOWN[name].module), name)
        params = {key: _decode(value, strict) for key, value in recipe["params"].items()}
        estimator = kind(**params)
        if recipe["output"] is not None:
            estimator.set_output(transform=recipe["output"])
    except FourfoldError:
        raise
    except (KeyError, IndexError, AttributeError, TypeError, ValueError) as error:
        raise ModelFileError(f"the recipe of the original estimator is damaged: {error}") from error
    return estimator


def _encode(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if type(value) is list:
        return [_encode(item) for item in value]
    if type(value) is tuple:
        return {"tuple": [_encode(item) for item in value]}
    if type(value) is dict:
        return {"dict": [[_encode(key), _encode(item)] for key, item in value.items()]}
    if type(value) is np.ndarray and value.dtype.kind in REAL_KINDS and value.ndim == 1:
        return {"array": [_encode(item) for item in value], "dtype": value.dtype.str}
    if known_name(value) is not None:
        return {"estimator": describe(value)}
    raise _NoRecipeError(describe_type(value))


def _decode(value: Any, strict: bool) -> Any:
    if isinstance(value, list):
        return [_decode(item, strict) for item in value]
    if not isinstance(value, dict):
        return value
    if "float" in value:
        return float(value["float"])
    if "tuple" in value:
        return tuple(_decode(value["tuple"], strict))
    if "dict" in value:
        return {_decode(key, strict): _decode(item, strict) for key, item in value["dict"]}
    if "array" in value:
        return np.array(_decode(value["array"], strict), dtype=value["dtype"])
    return rebuild(value["estimator"], strict=strict)
