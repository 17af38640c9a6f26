"""Importers: a trained model of some framework to a float graph.

One module per framework. A framework is imported only inside the function that needs it, and only
when a model of its own is at hand.
"""

from __future__ import annotations

from fourfold.errors import UnsupportedModelError, describe_type
from fourfold.importers.imported import ImportedModel

__all__ = ["ImportedModel", "import_model"]


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
