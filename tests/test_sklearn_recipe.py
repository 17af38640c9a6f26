"""Recipes: an estimator's class and parameters as JSON, and back."""

import json

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge, SGDRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import fourfold as ff
import sklearn_models as models
from fourfold.dropin.sklearn.recipe import describe, rebuild


@pytest.mark.parametrize(
    "estimator",
    [
        Ridge(alpha=np.array([0.5, 2.0])),
        LogisticRegression(class_weight={3: 0.5, 5: 1.5}),
        MLPClassifier(hidden_layer_sizes=np.array([8, 4])),
        MLPClassifier(hidden_layer_sizes=[8, 4], tol=1e-5),
        SGDRegressor(tol=float("-inf")),
        Pipeline([("a", "passthrough"), ("b", None), ("c", make_pipeline(PCA(0.9), Ridge()))]),
    ],
    ids=repr,
)
def test_recipes_keep_parameters_of_every_kind(estimator):
    recipe = json.loads(json.dumps(describe(estimator), allow_nan=False))
    rebuilt = rebuild(recipe)
    assert repr(rebuilt) == repr(estimator)
    models.assert_same_parameters(rebuilt.get_params(), estimator.get_params())


def test_recipes_turn_numpy_scalars_into_plain_numbers():
    recipe = describe(Ridge(alpha=np.float32(0.25), max_iter=np.int64(7)))
    assert (recipe["params"]["alpha"], recipe["params"]["max_iter"]) == (0.25, 7)


def test_clone_keeps_the_output_container():
    estimator = StandardScaler().set_output(transform="pandas")
    assert rebuild(describe(estimator))._sklearn_output_config == {"transform": "pandas"}


@pytest.mark.parametrize(
    "damage",
    [
        {"class": "Popen"},
        {"class": "SVC"},
        {"class": "__import__"},
        {"params": {"no_such": 1}},
        {"params": {"alpha": {"unknown": 1}}},
        {"params": {"alpha": {"float": "one"}}},
        {"params": {"alpha": {"array": [1], "dtype": "nonsense"}}},
        {"params": {"alpha": {"estimator": {"class": "Ridge"}}}},
        {"params": [1]},
        {"class": ["Ridge"]},
    ],
    ids=str,
)
def test_damaged_recipes_build_nothing(damage):
    with pytest.raises(ff.ModelFileError, match="recipe"):
        rebuild({**describe(Ridge()), **damage})
