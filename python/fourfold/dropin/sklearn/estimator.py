"""``QuantizedEstimator``: a program behind the interface of a fitted scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fourfold import _core
from fourfold.data import is_sparse
from fourfold.dropin.base import DropIn
from fourfold.dropin.sklearn.feature_names import check_feature_names
from fourfold.dropin.sklearn.interface import (
    LOG_PROBABILITIES,
    PROBABILITIES,
    SOFTMAX,
    EstimatorInterface,
)
from fourfold.dropin.sklearn.offered import offered
from fourfold.dropin.sklearn.protocol import EstimatorProtocol
from fourfold.dropin.sklearn.rows import to_rows
from fourfold.dropin.sklearn.sparse import dense_blocks
from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.select import select_output

FLOAT32 = np.dtype(np.float32)

# Below it, float64's sigmoid is 0 as well.
SIGMOID_UNDERFLOW = -np.log(np.finfo(np.float64).max)


class QuantizedEstimator(EstimatorProtocol, DropIn):
    """A fitted scikit-learn estimator in INT8, used as the original is used.

    It has those of the methods ``predict``, ``predict_proba``, ``predict_log_proba``,
    ``decision_function``, ``transform`` and ``score`` that the original has, and of the attributes
    ``classes_``, ``n_features_in_`` and ``feature_names_in_``; results have the original's shapes,
    dtypes and labels. X may be what scikit-learn takes: an array [rows, features] of real numbers,
    a list, a DataFrame (its column names are compared), a sparse matrix where the original takes
    one. An X without rows gives a result without rows.

    ``sklearn.base.clone`` returns the original estimator, unfitted. What scikit-learn raises for a
    wrong X is raised here too: ``ValueError`` on another number of features, one axis, NaN, Inf, or
    other column names; ``TypeError`` on arrays of Python objects. scikit-learn itself is needed for
    ``score``, cloning and parameters only. A ``PCA`` has no ``score`` here: it is a likelihood, and
    INT8 components are too coarse for one.

    Examples
    --------
    >>> import fourfold as ff
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import RidgeClassifier
    >>> x, y = load_digits(return_X_y=True)
    >>> ridge = RidgeClassifier().fit(x, y)
    >>> result = ff.quantize_model(ridge, x, y, gate=ff.Gate(min_speedup=0))
    >>> result.model
    QuantizedEstimator(RidgeClassifier, 64 features -> 10 classes, INT8)
    >>> result.model.decision_function(x[:3]).shape
    (3, 10)
    """

    kind = "sklearn"
    program: CompiledProgram

    # Each set where the original has it.
    classes_: np.ndarray
    n_features_in_: int
    feature_names_in_: np.ndarray

    def __init__(
        self,
        program: CompiledProgram,
        interface: Mapping[str, Any],
        interface_arrays: Mapping[str, np.ndarray],
    ) -> None:
        super().__init__(program, interface, interface_arrays)
        described = EstimatorInterface.from_record(interface)
        described.check_fits(program.spec, interface_arrays)
        self._described = described
        self._columns = int(program.spec.inputs[0].shape[1] or 0)
        self._feature_names = interface_arrays.get("feature_names_in_")
        self._outputs = {name: index for index, name in enumerate(program.spec.output_names)}
        self._scores = program.spec.output_names[0]
        self._runs: dict[str, Callable[[np.ndarray], np.ndarray]] = {}
        self._narrow = {
            method: frozenset(np.dtype(name).char for name in names)
            for method, names in described.float32_inputs.items()
        }
        self.offers = frozenset(described.methods)
        if "feature_names_out" in interface_arrays:
            self.offers |= {"get_feature_names_out"}
        for name in ("classes_", "feature_names_in_"):
            if name in interface_arrays:
                setattr(self, name, interface_arrays[name])
        if described.has_n_features_in:
            self.n_features_in_ = self._columns

    @offered
    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the predicted labels or numbers, [rows] or [rows, outputs]."""
        return self._answer("predict", self._scores, X)

    @offered
    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return the probability of each class, [rows, classes]."""
        return self._answer("predict_proba", PROBABILITIES, X)

    @offered
    def predict_log_proba(self, X: ArrayLike) -> np.ndarray:
        """Return the logarithm of the probability of each class, [rows, classes]."""
        if LOG_PROBABILITIES in self._outputs:
            return self._answer("predict_log_proba", LOG_PROBABILITIES, X)
        values = self._answer("predict_log_proba", PROBABILITIES, X)
        np.log(values, out=values)
        return values

    @offered
    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Return the scores, [rows] (above 0: the second class) or [rows, classes]."""
        return self._answer("decision_function", self._scores, X)

    @offered
    def transform(self, X: ArrayLike) -> np.ndarray:
        """Return the transformed rows, [rows, components]."""
        return self._answer("transform", self._scores, X)

    @offered
    def get_feature_names_out(
        self,
        input_features: ArrayLike | None = None,  # noqa: ARG002 - scikit-learn's signature
    ) -> np.ndarray:
        """Return the names of the columns that ``transform`` returns: they count components."""
        return self.interface_arrays["feature_names_out"]

    def _answer(self, method: str, output: str, X: Any) -> np.ndarray:
        """Return an output of the program for X in the form that a method of the original has."""
        if (  # what needs no conversion and no warning, told apart in a microsecond
            type(X) is np.ndarray
            and X.dtype is FLOAT32
            and X.ndim == 2
            and X.shape[1] == self._columns
            and X.flags.c_contiguous
            and self._feature_names is None
            and _core.all_finite(X)
        ):
            return self._finish(method, output, X, FLOAT32)
        checked_by = self._described.checked_by
        check_feature_names(X, self._feature_names, checked_by)
        if not is_sparse(X):
            return self._finish(method, output, *to_rows(X, self._columns, checked_by))
        self._check_sparse_is_taken()
        blocks = (to_rows(block, self._columns, checked_by) for block in dense_blocks(X))
        return np.concatenate([self._finish(method, output, *block) for block in blocks])

    def _finish(self, method: str, output: str, rows: np.ndarray, dtype: Any) -> np.ndarray:
        """Run the program; give the result the original's columns and dtype."""
        described = self._described
        values = self._run(output)(rows)
        if method == "predict" and described.is_classifier:
            if described.multilabel:
                return (values > 0).astype(int)
            labels: np.ndarray = self.classes_[values.argmax(axis=1)]
            return labels
        narrow = dtype.char in self._narrow.get(method, ())
        if described.one_vs_rest and output == PROBABILITIES:
            self._fill_empty_rows(values, rows, narrow)
        if method in described.flat:
            values = values[:, -1]  # the only column, or of two classes the second one's
        return np.ascontiguousarray(values) if narrow else values.astype(np.float64)

    def _fill_empty_rows(self, values: np.ndarray, rows: np.ndarray, narrow: bool) -> None:
        """Give rows in which every class has probability 0 what the original gives them.

        That is the same to every class; but a float64 original comes to it only where float64
        underflows as well.
        """
        empty = np.flatnonzero(~values.any(axis=1))
        if not empty.size:
            return
        values[empty] = 1 / values.shape[1]
        if SOFTMAX in self._outputs and not narrow:
            scores = self._run(self._scores)(rows[empty])
            sharp = empty[scores.max(axis=1) > SIGMOID_UNDERFLOW]
            values[sharp] = self._run(SOFTMAX)(rows[sharp])

    def _run(self, output: str) -> Callable[[np.ndarray], np.ndarray]:
        """Return the program for one output; it is made when first asked for."""
        run = self._runs.get(output)
        if run is None:
            program = self.program
            if len(self._outputs) > 1:
                program = CompiledProgram(select_output(program.spec, self._outputs[output]))
            run = self._runs[output] = program.run
        return run

    def _check_sparse_is_taken(self) -> None:
        refusal = self._described.sparse_refusal
        if refusal is not None:
            kind, message = refusal
            raise (ValueError if kind == "ValueError" else TypeError)(message)

    def __repr__(self) -> str:
        if self._described.is_classifier:
            results = f"{len(self.classes_)} classes"
        else:
            linear = [step for step in self.program.spec.steps if "columns" in step.attributes]
            columns = linear[-1].attributes["columns"] if linear else self._columns
            results = f"{columns} {'components' if 'transform' in self.offers else 'outputs'}"
        original = self._described.estimator
        return f"QuantizedEstimator({original}, {self._columns} features -> {results}, INT8)"
