"""Importers: a trained model of some framework to a float graph.

One module per framework. A framework is imported only inside the function that needs it, and only
when a model of its own is at hand.
"""

from __future__ import annotations

import os

from fourfold.errors import UnsupportedModelError, describe_type
from fourfold.importers.imported import Baseline, ImportedModel

__all__ = ["Baseline", "ImportedModel", "import_model"]

# What an ONNX model may lie in, beside a ModelProto.
ONNX_SOURCES = (str, os.PathLike, bytes, bytearray, memoryview)


def import_model(model: object) -> ImportedModel:
    """Turn a trained model into a graph.

    Raises
    ------
    UnsupportedModelError
        If the model is of no kind that fourfold quantizes, or holds a part that it does not.
    ValueError
        If the model is of such a kind but cannot be used as it is (not fitted, say).
    OSError
        If it is the path of a file that cannot be read.
    """
    packages = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    if "fourfold" in packages:
        return _import_own(model)
    if "sklearn" in packages:
        from fourfold.importers.sklearn import import_sklearn

        return import_sklearn(model)
    if "onnxruntime" in packages and hasattr(model, "get_session_options"):
        from fourfold.importers.session import import_onnxruntime

        return import_onnxruntime(model)
    if "onnx" in packages or isinstance(model, ONNX_SOURCES):
        from fourfold.importers.session import import_source

        return import_source(model)
    raise UnsupportedModelError(
        f"cannot quantize a {describe_type(model)}; supported are fourfold.Sequential, ONNX models "
        "(a path, bytes, a ModelProto or a session), and scikit-learn's linear models, multi-layer "
        "perceptrons, PCA, TruncatedSVD and pipelines of them with scalers"
    )


def _import_own(model: object) -> ImportedModel:
    """Turn a model of fourfold's own into a graph."""
    from fourfold.session import InferenceSession

    if isinstance(model, InferenceSession):
        from fourfold.importers.session import import_session

        return import_session(model)
    from fourfold.importers.sequential import import_sequential

    return import_sequential(model)
