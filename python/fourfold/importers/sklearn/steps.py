"""A pipeline as a flat list of steps, each of which is checked before anything is built."""

from __future__ import annotations

from typing import Any, NamedTuple

from fourfold.data import REAL_KINDS
from fourfold.dropin.sklearn.known import KNOWN, known_name
from fourfold.errors import UnsupportedModelError, describe_type

# Each level adds six to the depth of the recipe's JSON, and a model file's may be 32 deep.
MAX_NESTING = 2


class Step(NamedTuple):
    """An estimator, its class's name, and where it stands: "" alone, "a__b" within pipelines."""

    path: str
    kind: str
    estimator: Any

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"step {self.path!r}, this {self.kind}," if self.path else f"this {self.kind}"

    @property
    def importer(self) -> str:
        """Which of the importers takes it."""
        return KNOWN[self.kind].importer


def flat_steps(estimator: Any, path: str = "") -> list[Step]:
    """Return an estimator, or the steps of a pipeline without its empty ones.

    Raises
    ------
    UnsupportedModelError
        If one is not exactly of a known class, or not fitted.
    """
    kind = known_name(estimator)
    if kind is None:
        place = f"step {path!r}, a " if path else "a "
        raise UnsupportedModelError(
            f"cannot quantize {place}{describe_type(estimator)}{_advice(estimator)}; supported are "
            f"exactly these classes, fitted: {', '.join(sorted(KNOWN))}"
        )
    if kind != "Pipeline":
        step = Step(path, kind, estimator)
        _check_fitted(step)
        _check_task(step)
        return [step]
    if path.count("__") >= MAX_NESTING:
        raise UnsupportedModelError(
            f"cannot quantize pipelines that are nested deeper than {MAX_NESTING} times, "
            f"as step {path!r} is"
        )
    steps: list[Step] = []
    for name, inner in estimator.steps:
        # An empty step is None or "passthrough".
        if inner is not None and not isinstance(inner, str):
            steps += flat_steps(inner, f"{path}__{name}" if path else name)
    return steps


def input_columns(steps: list[Step]) -> int:
    """Return the number of columns of the first step's input.

    Raises
    ------
    UnsupportedModelError
        If there is no step that knows.
    """
    # A Normalizer may stand first without having been fitted: it passes on what it gets.
    for step in steps:
        if hasattr(step.estimator, "n_features_in_"):
            return int(step.estimator.n_features_in_)
    raise UnsupportedModelError("cannot quantize a pipeline that does nothing")


def _advice(estimator: Any) -> str:
    """Return what to pass in place of a search, or of an estimator that searched by itself."""
    if hasattr(estimator, "best_estimator_"):
        return ": pass its best_estimator_"
    name = type(estimator).__name__
    if name.endswith("SearchCV"):
        return ": fit it, and pass its best_estimator_"
    if name.endswith("CV") and name[:-2] in KNOWN:
        return f": fit a {name[:-2]} with the parameters that it found, and pass that"
    return ""


def _check_fitted(step: Step) -> None:
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(step.estimator)
    except NotFittedError as error:
        raise UnsupportedModelError(f"{step.label} is not fitted: call fit first") from error


def _check_task(step: Step) -> None:
    """Refuse classifiers whose labels a drop-in could not give back."""
    classes = getattr(step.estimator, "classes_", None)
    if classes is None:
        return
    if len(classes) < 2:
        raise UnsupportedModelError(
            f"{step.label} was fitted on the single class {classes[0]!r}: there is nothing to "
            "predict"
        )
    strings = classes.dtype.kind == "O" and all(type(label) is str for label in classes)
    if classes.dtype.kind not in (*REAL_KINDS, "U") and not strings:
        raise UnsupportedModelError(
            f"{step.label} has class labels of dtype {classes.dtype}, supported are strings, "
            "numbers and booleans"
        )
    binarizer = getattr(step.estimator, "_label_binarizer", None)
    if binarizer is not None and binarizer.sparse_input_:
        raise UnsupportedModelError(
            f"{step.label} was fitted on sparse labels, and would return such: fit it on "
            "y.toarray()"
        )
