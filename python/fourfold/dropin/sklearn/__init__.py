"""The drop-in for scikit-learn estimators.

``estimator`` is the class; ``rows`` checks what a user passes in, ``interface`` and ``recipe`` say
what a model file holds of the original, ``known`` has the estimators that there may be.
"""

from fourfold.dropin.sklearn.estimator import QuantizedEstimator

__all__ = ["QuantizedEstimator"]
