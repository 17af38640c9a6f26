"""What an estimator's answers look like: methods, shapes, dtypes, found out by asking it.

scikit-learn's rules for the dtype of a result differ between estimators and versions (float32 rows
and weights give float32 nearly everywhere, int16 rows in some places, and the probabilities of a
binary modified Huber classifier are float64 always), so the original answers for itself.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from fourfold.dropin.sklearn.interface import METHODS
from fourfold.errors import UnsupportedModelError, describe_type

# Rows of any other dtype make the result float64, whatever the weights are.
NARROW_DTYPES = ("float32", "float16", "bool", "int8", "int16", "uint8", "uint16")


@dataclass(frozen=True)
class Answers:
    """The fields of ``EstimatorInterface`` that only the estimator itself can tell."""

    methods: tuple[str, ...]
    flat: tuple[str, ...]
    float32_inputs: dict[str, tuple[str, ...]]
    sparse_refusal: tuple[str, str] | None


def probe(estimator: Any, columns: int) -> Answers:
    """Ask a fitted estimator with one row of zeros.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    columns : int
        Columns of its input.

    Raises
    ------
    UnsupportedModelError
        If it answers with anything but arrays.
    """
    methods = tuple(name for name in METHODS if hasattr(estimator, name))
    if "transform" in methods:
        # The score of a PCA is a likelihood, which INT8 components cannot give.
        methods = ("transform",)
    callable_alone = [name for name in methods if name != "score"]
    row = np.zeros((1, columns), np.float32)
    answers = {name: _ask(estimator, name, row) for name in callable_alone}
    for name, answer in answers.items():
        if type(answer) is not np.ndarray:
            raise UnsupportedModelError(
                f"{name} of this {type(estimator).__name__} returns a {describe_type(answer)}, "
                "supported are arrays: call set_output(transform='default') on it"
            )
    return Answers(
        methods=methods,
        flat=tuple(name for name, answer in answers.items() if answer.ndim == 1),
        float32_inputs={
            name: tuple(
                dtype
                for dtype in NARROW_DTYPES
                if _ask(estimator, name, row.astype(dtype)).dtype == np.float32
            )
            for name, answer in answers.items()
            if answer.dtype == np.float32
        },
        sparse_refusal=_sparse_refusal(estimator, callable_alone[0], columns),
    )


def _ask(estimator: Any, method: str, rows: Any) -> Any:
    # Rows without feature names, logarithms of 0: none of the caller's business here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(estimator, method)(rows)


def _sparse_refusal(estimator: Any, method: str, columns: int) -> tuple[str, str] | None:
    """Return the kind and message of the error that sparse rows raise, or None if they do not."""
    from scipy.sparse import csr_matrix

    try:
        _ask(estimator, method, csr_matrix((1, columns), dtype=np.float32))
    except (TypeError, ValueError) as error:
        return ("TypeError" if isinstance(error, TypeError) else "ValueError"), str(error)
    return None
