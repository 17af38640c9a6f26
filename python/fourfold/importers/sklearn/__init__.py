"""Fitted scikit-learn estimators, and pipelines of them, to float graphs.

``import_sklearn`` walks a pipeline's steps; one module per kind of estimator adds the nodes, and
``probing`` asks the original what its answers look like.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from fourfold.dropin.sklearn.interface import EstimatorInterface
from fourfold.dropin.sklearn.recipe import describe
from fourfold.importers.imported import ImportedModel
from fourfold.importers.sklearn import decomposition, linear, multilayer, preprocessing
from fourfold.importers.sklearn.builder import GraphBuilder
from fourfold.importers.sklearn.heads import Link, add_probabilities
from fourfold.importers.sklearn.probing import Answers, probe
from fourfold.importers.sklearn.steps import Step, flat_steps, input_columns

Adder = Callable[[GraphBuilder, Any], None]
ScoreAdder = Callable[[GraphBuilder, Any], Link]

# By the importers' names in `known.KNOWN`.
TRANSFORMERS: Mapping[str, Adder] = {
    "max-abs scaler": preprocessing.add_max_abs_scaler,
    "min-max scaler": preprocessing.add_min_max_scaler,
    "normalizer": preprocessing.add_normalizer,
    "standard scaler": preprocessing.add_standard_scaler,
    "PCA": decomposition.add_pca,
    "truncated SVD": decomposition.add_truncated_svd,
}

REGRESSORS: Mapping[str, Adder] = {
    "linear regressor": linear.add_linear_regressor,
    "MLP regressor": multilayer.add_mlp_regressor,
}

CLASSIFIERS: Mapping[str, ScoreAdder] = {
    "linear classifier": linear.add_linear_classifier,
    "logistic regression": linear.add_logistic_regression,
    "ridge classifier": linear.add_ridge_classifier,
    "SGD classifier": linear.add_sgd_classifier,
    "MLP classifier": multilayer.add_mlp_classifier,
}


def import_sklearn(estimator: Any) -> ImportedModel:
    """Turn a fitted scikit-learn estimator into a graph.

    Parameters
    ----------
    estimator : estimator
        Of one of the classes in ``known.KNOWN``; a ``Pipeline`` of transformers may end in any.
        Exactly these classes: a subclass may answer differently.

    Raises
    ------
    UnsupportedModelError
        If it, or a step of it, is of another class, is not fitted, or was fitted for a task that is
        not supported; the sentence says which.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import RidgeClassifier
    >>> imported = import_sklearn(RidgeClassifier().fit(*load_digits(return_X_y=True)))
    >>> imported.method, imported.graph.outputs, imported.parameter_bytes
    ('decision_function', ('coef_',), 5200)
    """
    steps = flat_steps(estimator)
    columns = input_columns(steps)
    builder = GraphBuilder(columns)
    link = _add_steps(builder, steps)
    outputs = add_probabilities(builder, link)
    interface = _interface(estimator, steps, probe(estimator, columns), link)
    method, metric = _comparison(interface)
    return ImportedModel(
        kind="sklearn",
        graph=builder.graph(*outputs),
        method=method,
        parameter_bytes=builder.parameter_bytes,
        interface=interface.to_record(),
        interface_arrays=_arrays(estimator),
        default_metric=metric,
    )


def _add_steps(builder: GraphBuilder, steps: list[Step]) -> Link:
    """Add all steps' nodes; return what makes probabilities of the last one's result."""
    link = Link.NONE
    for step in steps:
        builder.prefix = f"{step.path}." if step.path else ""
        importer = step.importer
        if importer in CLASSIFIERS:
            link = CLASSIFIERS[importer](builder, step.estimator)
        else:
            (TRANSFORMERS.get(importer) or REGRESSORS[importer])(builder, step.estimator)
    builder.prefix = ""
    return link


def _interface(
    estimator: Any, steps: list[Step], answers: Answers, link: Link
) -> EstimatorInterface:
    binarizer = getattr(steps[-1].estimator, "_label_binarizer", None)
    return EstimatorInterface(
        estimator=type(estimator).__name__,
        is_classifier=steps[-1].importer in CLASSIFIERS,
        checked_by=steps[0].kind,
        methods=answers.methods,
        flat=answers.flat,
        float32_inputs=answers.float32_inputs,
        sparse_refusal=answers.sparse_refusal,
        has_n_features_in=hasattr(estimator, "n_features_in_"),
        multilabel=binarizer is not None and binarizer.y_type_.startswith("multilabel"),
        one_vs_rest=link in (Link.ONE_VS_REST, Link.CLIPPED_ONE_VS_REST),
        recipe=describe(estimator),
    )


def _arrays(estimator: Any) -> dict[str, np.ndarray]:
    """Return copies of the array attributes that the original has."""
    arrays = {
        name: np.array(getattr(estimator, name))
        for name in ("classes_", "feature_names_in_")
        if hasattr(estimator, name)
    }
    if hasattr(estimator, "transform"):
        # A pipeline put together of fitted steps may not know its names.
        with suppress(AttributeError, ValueError):
            arrays["feature_names_out"] = estimator.get_feature_names_out()
    return arrays


def _comparison(interface: EstimatorInterface) -> tuple[str, str]:
    """Return the method by which original and drop-in are compared, and the metric for labels.

    Scores tell more than labels do, but a metric can read only those that have a column per class.
    """
    methods = interface.methods
    if "transform" in methods:
        return "transform", "none"
    if not interface.is_classifier:
        return "predict", "r2"
    metric = "r2" if interface.multilabel else "accuracy"
    if "predict_proba" in methods:
        return "predict_proba", metric
    readable = "decision_function" not in interface.flat and not interface.multilabel
    return "decision_function" if readable else "predict", metric
