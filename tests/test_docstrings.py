"""Every example in a docstring runs, and every public name has one."""

import doctest
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import fourfold as ff

MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages(ff.__path__, "fourfold.")
    if "_core" not in info.name
)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    """Examples may write files."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["fourfold", *MODULES])
def test_the_examples_of_a_module(name):
    module = importlib.import_module(name)
    with np.printoptions(legacy=False):
        outcome = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert outcome.failed == 0


def public_callables():
    names = [name for name in ff.__all__ if callable(getattr(ff, name))]
    plain_errors = {"FourfoldError", "ModelFileError", "UnsupportedModelError"}
    return [name for name in names if name not in plain_errors]


@pytest.mark.parametrize("name", public_callables())
def test_a_public_name_has_an_example(name):
    value = getattr(ff, name)
    texts = [inspect.getdoc(value) or ""]
    # A class that others make may be shown where it is made.
    if name in ("QuantizationResult", "LayerRecord", "Verdict", "QuantizationRejectedError"):
        texts.append(inspect.getdoc(ff.quantize_model))
    assert any(">>>" in text for text in texts)


@pytest.mark.parametrize("name", [name for name in ff.__all__ if callable(getattr(ff, name))])
def test_the_methods_of_a_public_class_are_documented(name):
    value = getattr(ff, name)
    assert inspect.getdoc(value)
    if inspect.isclass(value):
        for key, member in vars(value).items():
            if not key.startswith("_") and (callable(member) or isinstance(member, property)):
                assert inspect.getdoc(member), f"{name}.{key} has no docstring"
