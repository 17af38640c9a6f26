"""Cloning, tags, parameters, pickling: the drop-in within scikit-learn's machinery."""

import copy
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
import sklearn.utils
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

import fourfold as ff
import sklearn_models as models
from fourfold.dropin.sklearn import QuantizedEstimator
from fourfold.dropin.sklearn.interface import EstimatorInterface

A_FEW = [
    "mlp_relu-4-float32",
    "nested-2-float64",
    "sgd_log-4-float64",
    "mlp-3-float32",
    "minmax_svr-float64",
    "standard_pca-float32",
]


@pytest.mark.parametrize("name", models.ESTIMATORS)
def test_clone_is_the_unfitted_original(name):
    original = models.ESTIMATORS[name]()
    drop_in, _ = models.quantized(original)
    cloned = clone(drop_in)
    assert type(cloned) is type(original)
    assert not hasattr(cloned, "coef_")
    assert not hasattr(cloned, "classes_")
    models.assert_same_parameters(cloned.get_params(), original.get_params())
    models.assert_same_parameters(drop_in.get_params(), original.get_params())
    json.dumps(drop_in.interface, allow_nan=False)


def test_what_no_recipe_can_hold_stops_cloning_but_nothing_else():
    x, scores = models.data()
    state = np.random.RandomState(0)
    original = models.fit(make_pipeline(StandardScaler(), models.mlp()), x, scores.argmax(axis=1))
    original.set_params(mlpclassifier__random_state=state)
    drop_in, _ = models.quantized(original)
    assert is_classifier(drop_in)
    with pytest.raises(TypeError, match="this MLPClassifier: the value of random_state could not"):
        clone(drop_in)


@pytest.mark.parametrize(
    "missing", sorted(models.quantized(models.regressor("ridge"))[0].interface)
)
def test_damaged_interfaces_are_refused(missing):
    record = dict(models.quantized(models.regressor("ridge"))[0].interface)
    assert EstimatorInterface.from_record(record).to_record() == record
    with pytest.raises(ff.ModelFileError, match=missing):
        EstimatorInterface.from_record({**record, missing: 1.5})
    with pytest.raises(ff.ModelFileError, match="surplus"):
        EstimatorInterface.from_record({**record, "surplus": 1})


def test_the_deepest_pipelines_fit_into_a_model_file():
    inner = make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), models.mlp()))
    x, scores = models.data()
    original = models.fit(make_pipeline(inner), x, scores.argmax(axis=1))
    twin = pickle.loads(pickle.dumps(models.quantized(original)[0]))
    assert repr(clone(twin)) == repr(clone(original))


def test_programs_that_do_not_fit_are_refused():
    classifier, _ = models.quantized(models.classifier("logistic"))
    regressor, _ = models.quantized(models.regressor("ridge"))
    with pytest.raises(ff.ModelFileError, match="list of classes_"):
        QuantizedEstimator(classifier.program, classifier.interface, {})
    with pytest.raises(ff.ModelFileError, match="output named 'probabilities'"):
        QuantizedEstimator(regressor.program, classifier.interface, classifier.interface_arrays)


@pytest.mark.parametrize("way", ["pickle", "copy", "deepcopy", "file"])
@pytest.mark.parametrize("name", A_FEW)
def test_copies_answer_with_the_same_bits(name, way, tmp_path):
    drop_in, _ = models.quantized(models.ESTIMATORS[name]())
    if way == "file":
        drop_in.save(tmp_path / "model.safetensors")
        twin = ff.load(tmp_path / "model.safetensors", verify=True)
    else:
        copies = {"copy": copy.copy, "deepcopy": copy.deepcopy}
        twin = copies.get(way, lambda model: pickle.loads(pickle.dumps(model)))(drop_in)
    assert repr(twin) == repr(drop_in)
    assert twin.interface == drop_in.interface
    assert twin.offers == drop_in.offers
    x = models.data()[0]
    for method in drop_in.offers - {"score", "get_feature_names_out"}:
        with np.errstate(divide="ignore"):
            expected, result = getattr(drop_in, method)(x), getattr(twin, method)(x)
        assert result.dtype == expected.dtype
        assert result.tobytes() == expected.tobytes()
    for name in ("classes_", "feature_names_in_"):
        assert hasattr(twin, name) == hasattr(drop_in, name)


@pytest.mark.parametrize("labels", models.LABELS)
def test_labels_survive_a_pickle(labels):
    drop_in, _ = models.quantized(models.classifier("logistic", 2, labels))
    twin = pickle.loads(pickle.dumps(drop_in))
    assert twin.classes_.dtype == drop_in.classes_.dtype
    assert twin.classes_.tolist() == drop_in.classes_.tolist()
    assert type(twin.classes_[0]) is type(drop_in.classes_[0])


@pytest.mark.parametrize("name", A_FEW)
def test_tags_are_the_original_ones(name):
    original = models.ESTIMATORS[name]()
    drop_in, _ = models.quantized(original)
    if hasattr(sklearn.utils, "get_tags"):  # scikit-learn >= 1.6
        assert sklearn.utils.get_tags(drop_in) == sklearn.utils.get_tags(original)
    assert is_classifier(drop_in) == is_classifier(original)
    assert is_regressor(drop_in) == is_regressor(original)
    check_is_fitted(drop_in)


def test_fit_is_refused():
    drop_in, _ = models.quantized(models.classifier("logistic"))
    with pytest.raises(NotImplementedError, match="LogisticRegression cannot be fitted"):
        drop_in.fit(*models.data())
    assert not hasattr(drop_in, "set_params")


def test_cross_validation_and_search_refit_the_original():
    x, scores = models.data("float64")
    y = scores.argmax(axis=1)
    original = models.classifier("max_ridge", dtype="float64")
    drop_in, _ = models.quantized(original)
    expected = cross_val_score(original, x, y, cv=3)
    assert np.array_equal(cross_val_score(drop_in, x, y, cv=3), expected)
    grid = {"ridgeclassifier__alpha": [0.1, 100.0]}
    found = [GridSearchCV(model, grid, cv=3).fit(x, y) for model in (original, drop_in)]
    assert found[0].best_params_ == found[1].best_params_


def test_votes_with_other_estimators():
    x, scores = models.data()
    y = models.LABELS["int"][scores.argmax(axis=1)]
    drop_in, _ = models.quantized(models.classifier("mlp_relu"))
    vote = VotingClassifier([("a", drop_in), ("b", models.classifier("logistic"))], voting="soft")
    assert models.fit(vote, x, y).predict(x).shape == y.shape
    pipeline = Pipeline([("scale", StandardScaler().fit(x)), ("model", drop_in)])
    assert "QuantizedEstimator(MLPClassifier, 24 features" in repr(pipeline)
    scaled = pipeline.named_steps["scale"].transform(x)
    assert np.array_equal(pipeline.predict(x), drop_in.predict(scaled))


WITHOUT_SCIKIT_LEARN = """
import sys
sys.modules["sklearn"] = sys.modules["scipy"] = None
import numpy as np
import fourfold as ff
model = ff.load(sys.argv[1])
x = np.load(sys.argv[2])
np.savez(sys.argv[3], model.predict(x), model.predict_proba(x), model.predict_log_proba(x))
"""


def test_answers_without_scikit_learn(tmp_path):
    drop_in, _ = models.quantized(models.classifier("standard_logistic", labels="str"))
    x = models.data()[0]
    files = [tmp_path / name for name in ("model.safetensors", "x.npy", "answers.npz")]
    drop_in.save(files[0])
    np.save(files[1], x)
    subprocess.run(
        [sys.executable, "-c", WITHOUT_SCIKIT_LEARN, *map(str, files)], check=True, timeout=60
    )
    with np.load(files[2]) as answers:
        labels, probabilities, logarithms = answers.values()
    assert np.array_equal(labels, drop_in.predict(x))
    assert np.array_equal(probabilities, drop_in.predict_proba(x))
    assert np.array_equal(logarithms, drop_in.predict_log_proba(x))
