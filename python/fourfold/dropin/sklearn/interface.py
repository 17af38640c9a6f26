"""What a drop-in has to know of the estimator that it stands in for, beside the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from fourfold.graph.program import ProgramSpec
from fourfold.model_file.fields import MalformedError, closed, expect, naming, take

METHODS = (
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "transform",
    "score",
)
"""The methods that a drop-in offers, each where the original has it."""

PROBABILITIES = "probabilities"
"""The names of a classifier's outputs beside the scores, which come first."""

LOG_PROBABILITIES = "log_probabilities"
"""Absent where they can only be had as the logarithm of the probabilities."""

SOFTMAX = "softmax"
"""Of one-vs-rest scores: the probabilities of rows in which all of float32's underflow."""


@dataclass(frozen=True)
class EstimatorInterface:
    """The shape of an estimator's interface. All of it can be written as JSON.

    The arrays ``classes_``, ``feature_names_in_`` and ``feature_names_out`` go beside it, each
    where the original has it.
    """

    estimator: str
    """The original's class name."""

    is_classifier: bool
    """Whether ``predict`` answers with classes."""

    checked_by: str
    """The class name in messages about the input: of a pipeline, its first step's."""

    methods: tuple[str, ...]
    """Those of ``METHODS`` that the original has."""

    flat: tuple[str, ...]
    """Methods whose results have one axis."""

    float32_inputs: Mapping[str, tuple[str, ...]]
    """By method, the input dtypes for which the original answers in float32; else in float64."""

    sparse_refusal: tuple[str, str] | None
    """The original's error for sparse input: "TypeError" or "ValueError", and the message."""

    has_n_features_in: bool
    """Whether the original has ``n_features_in_``: a pipeline with an empty first step does not."""

    multilabel: bool
    """Whether ``predict`` says yes or no to each label, and not one class per row."""

    one_vs_rest: bool
    """Whether each class has a probability against the rest: all of a row's may then be 0."""

    recipe: Mapping[str, Any]
    """The unfitted original, see ``recipe``."""

    def to_record(self) -> dict[str, Any]:
        """Return the interface as plain JSON: what ``from_record`` reads."""
        record = asdict(self)
        record["float32_inputs"] = {key: list(value) for key, value in self.float32_inputs.items()}
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in record.items()
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> EstimatorInterface:
        """Return the interface that a record holds.

        Raises
        ------
        ModelFileError
            If it is no such record.
        """
        where = "interface"
        with naming("scikit-learn drop-in"):
            content = dict(record)
            closed(content, [field.name for field in fields(cls)], where)
            refusal = content.get("sparse_refusal")
            narrow = take(content, "float32_inputs", dict, where)
            return cls(
                estimator=take(content, "estimator", str, where),
                is_classifier=take(content, "is_classifier", bool, where),
                checked_by=take(content, "checked_by", str, where),
                methods=_strings(take(content, "methods", list, where), "methods"),
                flat=_strings(take(content, "flat", list, where), "flat"),
                float32_inputs={key: _strings(narrow[key], "float32_inputs") for key in narrow},
                sparse_refusal=None if refusal is None else _pair(refusal),
                has_n_features_in=take(content, "has_n_features_in", bool, where),
                multilabel=take(content, "multilabel", bool, where),
                one_vs_rest=take(content, "one_vs_rest", bool, where),
                recipe=take(content, "recipe", dict, where),
            )

    def check_fits(self, spec: ProgramSpec, arrays: Mapping[str, np.ndarray]) -> None:
        """Check that a program and arrays belong behind this interface.

        Raises
        ------
        ModelFileError
            If they do not.
        """
        with naming("scikit-learn drop-in"):
            if [len(info.shape) for info in spec.inputs] != [2] or not spec.inputs[0].shape[1]:
                raise MalformedError("the program must have one input, with a number of columns")
            if self.is_classifier and arrays.get("classes_", np.array(0)).ndim != 1:
                raise MalformedError("a classifier must have a list of classes_")
            if "predict_proba" in self.methods and PROBABILITIES not in spec.output_names:
                raise MalformedError(f"the program must have an output named {PROBABILITIES!r}")


def _strings(value: Any, where: str) -> tuple[str, ...]:
    return tuple(expect(item, str, where) for item in expect(value, list, where))


def _pair(value: Any) -> tuple[str, str]:
    parts = _strings(value, "sparse_refusal")
    if len(parts) != 2:
        raise MalformedError(f"sparse_refusal must be a kind and a message, not {len(parts)} parts")
    return parts[0], parts[1]
