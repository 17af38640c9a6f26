"""A session takes a dict of arrays that fit a quicker way: what it answers must not tell."""

from types import MappingProxyType

import numpy as np
import pytest

from fourfold.session.feeds import Feeds, OutputNumbers, chosen_outputs, ordered_feeds
from fourfold.session.nodes import NodeArg

INPUTS = [
    NodeArg("x", "tensor(float)", ["N", 3]),
    NodeArg("ids", "tensor(int64)", [2]),
    NodeArg("scale", "tensor(float)", []),
]
X = np.arange(6, dtype=np.float32).reshape(2, 3)
IDS = np.array([4, 5])
SCALE = np.array(2, np.float32)
FITTING = {"x": X, "ids": IDS, "scale": SCALE}


def outcome(call, *arguments):
    try:
        return call(*arguments)
    except (TypeError, ValueError) as error:
        return type(error), str(error)


@pytest.mark.parametrize(
    "feed",
    [
        {"scale": SCALE, "ids": IDS, "x": X},
        MappingProxyType(FITTING),
        FITTING | {"x": X[:0]},
        FITTING | {"x": np.asfortranarray(X)},
        FITTING | {"x": X[::-1]},
        FITTING | {"x": X.astype(">f4")},
        FITTING | {"x": X.view(np.matrix)},
        FITTING | {"x": X.tolist()},
        FITTING | {"scale": 2.0},
        FITTING | {"scale": np.float32(2)},
        FITTING | {"scale": SCALE[None]},
        FITTING | {"x": X.astype(np.float64)},
        FITTING | {"x": X[:, :2]},
        FITTING | {"x": X[0]},
        FITTING | {"x": None},
        FITTING | {"ids": np.arange(3)},
        FITTING | {"ids": IDS.astype(np.int32)},
        FITTING | {"z": X},
        {"x": X, "ids": IDS},
        {"x": X, "ids": IDS, "z": SCALE},
        {},
        [X, IDS, SCALE],
        None,
    ],
)
def test_feeds_are_judged_as_by_the_whole_checks(feed):
    found, expected = outcome(Feeds(INPUTS).ordered, feed), outcome(ordered_feeds, INPUTS, feed)
    assert type(found) is type(expected)
    if isinstance(expected, tuple):
        assert found == expected
        return
    for array, other in zip(found, expected, strict=True):
        assert (type(array), array.dtype) == (type(other), other.dtype)
        np.testing.assert_array_equal(array, other)


def test_arrays_that_fit_are_passed_on_themselves():
    arrays = Feeds(INPUTS).ordered(FITTING)
    assert all(array is given for array, given in zip(arrays, (X, IDS, SCALE), strict=True))


@pytest.mark.parametrize(
    ("node", "given"),
    [
        (NodeArg("b", "tensor(bfloat16)", [2]), np.array([1, 2], np.uint16)),
        (NodeArg("b", "tensor(bfloat16)", [2]), X),
        (NodeArg("s", "tensor(string)", [2]), np.array(["a", "b"])),
        (NodeArg("a", "tensor(float)", [], any_rank=True), X),
        (NodeArg("a", "tensor(float)", [], any_rank=True), IDS),
        (NodeArg("q", "seq(tensor(float))", []), [X, X]),
    ],
)
def test_inputs_without_a_quick_way(node, given):
    inputs, feed = [*INPUTS, node], {**FITTING, node.name: given}
    found, expected = outcome(Feeds(inputs).ordered, feed), outcome(ordered_feeds, inputs, feed)
    assert type(found) is type(expected)
    if isinstance(expected, tuple):
        assert found == expected
    else:
        np.testing.assert_array_equal(found[-1], expected[-1])


@pytest.mark.parametrize(
    "wanted", [None, [], (), ["b"], ("b", "a", "b"), "ab", {"a": 1}, ["c"], "c", [["a"]], [None]]
)
def test_outputs_are_chosen_as_by_the_whole_checks(wanted):
    outputs = [NodeArg(name, "tensor(float)", [2]) for name in "ab"]
    expected = outcome(chosen_outputs, outputs, wanted)
    assert outcome(OutputNumbers(outputs).chosen, wanted) == expected


def test_outputs_may_be_asked_for_by_an_iterator():
    outputs = [NodeArg(name, "tensor(float)", [2]) for name in "ab"]
    assert OutputNumbers(outputs).chosen(iter("ba")) == [1, 0]
    with pytest.raises(ValueError, match=r"Invalid output name: c; .*\['a', 'b'\]"):
        OutputNumbers(outputs).chosen(iter("bc"))
