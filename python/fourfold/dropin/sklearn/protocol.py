"""How a drop-in answers to scikit-learn's own machinery: cloning, tags, parameters, scoring."""

from __future__ import annotations

from typing import Any, NoReturn

from numpy.typing import ArrayLike

from fourfold.dropin.sklearn.interface import EstimatorInterface
from fourfold.dropin.sklearn.offered import offered
from fourfold.dropin.sklearn.recipe import rebuild


class EstimatorProtocol:
    """What meta-estimators, searches and cross-validation ask of an estimator.

    They get the unfitted original where they want something to fit: a cross-validation of a drop-in
    is one of the float estimator.

    Attributes
    ----------
    offers : frozenset of str
        The methods that the original has.
    """

    offers: frozenset[str]
    predict: Any
    _described: EstimatorInterface

    @property
    def original_name(self) -> str:
        """The class name of the original."""
        return self._described.estimator

    @property
    def _estimator_type(self) -> str | None:
        """What ``sklearn.base.is_classifier`` goes by before scikit-learn 1.6."""
        if self._described.is_classifier:
            return "classifier"
        return "regressor" if "predict" in self.offers else None

    @offered
    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy of a classifier, the coefficient of determination of a regressor.

        Raises
        ------
        ImportError
            If scikit-learn is not installed.
        ValueError
            If X, y and the weights do not fit together.
        """
        from sklearn.metrics import accuracy_score, r2_score

        metric = accuracy_score if self._described.is_classifier else r2_score
        result: float = metric(y, self.predict(X), sample_weight=sample_weight)
        return result

    def __dir__(self) -> list[str]:
        # `hasattr` says no to what is not offered; completion and `inspect` should not say yes.
        absent = {
            name
            for kind in type(self).__mro__
            for name, attribute in vars(kind).items()
            if isinstance(attribute, offered) and name not in self.offers
        }
        return [name for name in super().__dir__() if name not in absent]

    def fit(self, *arguments: object, **options: object) -> NoReturn:
        """Refuse: INT8 weights cannot be trained.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError(
            f"a quantized {self.original_name} cannot be fitted: fit the original (clone(model), "
            "from sklearn.base, returns it unfitted) and quantize it again"
        )

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters that the original was made with."""
        params: dict[str, Any] = rebuild(self._described.recipe).get_params(deep)
        return params

    def __sklearn_clone__(self) -> Any:
        return rebuild(self._described.recipe)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        return rebuild(self._described.recipe, strict=False).__sklearn_tags__()
