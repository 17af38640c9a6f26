"""layer_norm, rms_norm, instance_norm, group_norm, batch_norm, lp_norm."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fourfold as ff
from fourfold import _core
from ops import reference_normalization as reference
from ops.one_op import run_op

SIZES = st.sampled_from([1, 2, 3, 5, 15, 16, 17, 33])
SHAPES = st.lists(SIZES, min_size=1, max_size=4).filter(lambda shape: np.prod(shape) < 20000)


def numbers(shape, seed=0):
    return np.random.default_rng(seed).normal(1, 2, shape).astype(np.float32)


def parameters(shape, count, seed=1):
    return [numbers(shape, seed + i) for i in range(count)]


def check(y, expected):
    assert y.dtype == np.float32
    assert y.shape == expected.shape
    np.testing.assert_allclose(y, expected, rtol=2e-5, atol=2e-5)


def layer_norm(x, scale, bias, count=1, **attributes):
    steps = [
        (
            "layer_norm",
            (0, 1, None if bias is None else 2),
            tuple(range(3, 3 + count)),
            {"outputs": count, **attributes},
        )
    ]
    constants = [scale, scale if bias is None else bias]
    inputs = [("x", "float32", (None,) * x.ndim)]
    return _core.Program(inputs, constants, steps, tuple(range(3, 3 + count)))(x)


@given(SHAPES, st.data())
@settings(max_examples=150, deadline=None)
def test_layer_norm(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    outputs = data.draw(st.integers(1, 3))
    x = numbers(shape)
    scale, bias = parameters(shape[axis:] if axis else shape, 2)
    bias = data.draw(st.sampled_from([bias, None]))
    result = layer_norm(x, scale, bias, outputs, axis=axis, epsilon=0.01)
    results = result if outputs > 1 else (result,)
    expected = reference.layer_norm(x, scale, bias, axis, 0.01)
    for y, value in zip(results, expected, strict=False):
        check(y, value)


@given(SHAPES, st.data())
@settings(deadline=None)
def test_rms_norm(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = numbers(shape)
    scale = parameters(shape[axis:] if axis else shape, 1)[0]
    check(run_op("rms_norm", x, scale, axis=axis), reference.rms_norm(x, scale, axis, 1e-5))


@given(SHAPES.filter(lambda shape: len(shape) > 1))
@settings(deadline=None)
def test_instance_norm(shape):
    x = numbers(shape)
    scale, bias = parameters(shape[1], 2)
    y = run_op("instance_norm", x, scale, bias, epsilon=0.01)
    check(y, reference.group_norm(x, scale, bias, shape[1], 0.01))


@given(st.lists(SIZES, max_size=2), SIZES, st.sampled_from([1, 2, 3, 8]), SIZES)
@settings(deadline=None)
def test_group_norm(spatial, images, groups, channels):
    x = numbers([images, groups * channels, *spatial])
    scale, bias = parameters(groups * channels, 2)
    y = run_op("group_norm", x, scale, bias, groups=groups, epsilon=0.01)
    check(y, reference.group_norm(x, scale, bias, groups, 0.01))


@given(SHAPES.filter(lambda shape: len(shape) > 1))
@settings(deadline=None)
def test_batch_norm(shape):
    x = numbers(shape)
    scale, bias, mean, variance = parameters(shape[1], 4)
    variance = np.abs(variance)
    y = run_op("batch_norm", x, scale, bias, mean, variance, epsilon=0.01)
    check(y, reference.batch_norm(x, scale, bias, mean, variance, 0.01))


@given(SHAPES, st.data(), st.sampled_from([1, 2]))
@settings(deadline=None)
def test_lp_norm(shape, data, p):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = numbers(shape)
    x[..., 0] = 0
    check(run_op("lp_norm", x, axis=axis, p=p), reference.lp_norm(x, axis, p))


PARAMETER = numbers(12)
CASES = {
    "layer_norm": ((8, 30, 12, 12), [numbers((12, 12)), numbers((12, 12))], {"axis": 2}),
    "rms_norm": ((300, 7, 12), [PARAMETER], {}),
    "instance_norm": ((30, 12, 11, 31), [PARAMETER, PARAMETER], {}),
    "group_norm": ((30, 12, 11, 31), [PARAMETER, PARAMETER], {"groups": 4}),
    "batch_norm": ((30, 12, 11, 31), [PARAMETER, PARAMETER, PARAMETER, PARAMETER**2], {}),
    "lp_norm": ((30, 111, 31), [], {"axis": 1}),
}


@pytest.mark.parametrize("op", CASES)
def test_the_same_bits_on_every_isa_and_for_any_threads(op, isa, threads):
    shape, constants, attributes = CASES[op]
    x = numbers(shape)
    y = run_op(op, x, *constants, **attributes)
    ff.use_isa("scalar")
    ff.set_threads(1)
    np.testing.assert_array_equal(y, run_op(op, x, *constants, **attributes))


@pytest.mark.parametrize("op", CASES)
def test_no_rows(op):
    shape, constants, attributes = CASES[op]
    y = run_op(op, np.zeros((0, *shape[1:]), np.float32), *constants, **attributes)
    assert y.shape == (0, *shape[1:])


def test_moments_of_no_values_are_nan():
    empty = np.zeros(0, np.float32)
    y, mean, inverse = layer_norm(np.zeros((3, 0), np.float32), empty, None, 3)
    assert y.shape == (3, 0)
    assert np.isnan(mean).all()
    assert np.isnan(inverse).all()
    assert mean.shape == inverse.shape == (3, 1)


@pytest.mark.parametrize("op", CASES)
def test_between_others_that_share_its_memory(op):
    shape, constants, attributes = CASES[op]
    first = 1 + len(constants)
    steps = [
        ("activation", (0,), (first,), {"kind": "tanh"}),
        (op, (first, *range(1, first)), (first + 1,), attributes),
        ("activation", (first + 1,), (first + 2,), {"kind": "tanh"}),
    ]
    inputs = [("x", "float32", (None, *shape[1:]))]
    program = _core.Program(inputs, constants, steps, (first + 2,))
    x = numbers((300, *shape[1:]))
    before = run_op("activation", x, kind="tanh")
    between = run_op(op, before, *constants, **attributes)
    np.testing.assert_array_equal(program(x), run_op("activation", between, kind="tanh"))


X = numbers((2, 6, 4))


@pytest.mark.parametrize(
    ("op", "arrays", "attributes", "message"),
    [
        ("layer_norm", [X, X[0, 0, :3], None], {}, r"scale: expected float32 \(4,\)"),
        ("layer_norm", [X, X[0, 0], X[0]], {"axis": 2}, r"bias: expected float32 \(1, 4\)"),
        ("layer_norm", [X, X[0, 0], None], {"axis": 3}, "axis: expected an axis of 3 dimensions"),
        ("layer_norm", [X.astype(int), X[0, 0], None], {}, "x: expected float32"),
        ("layer_norm", [X, X[0, 0], None], {"stash": 1}, "unknown attribute 'stash'"),
        ("rms_norm", [X, X[0]], {"axis": 0}, "scale: expected float32"),
        ("instance_norm", [X, X[0, 0], X[0, 0]], {}, r"scale: expected float32 \(6,\)"),
        ("instance_norm", [X[0, 0], X[0, 0], X[0, 0]], {}, "x: expected float32 of at least two"),
        ("group_norm", [X, X[0, :, 0], X[0, :, 0]], {"groups": 4}, "channels in 4 groups"),
        ("group_norm", [X, X[0, :, 0], X[0, :, 0]], {"groups": 0}, "'groups': expected 1 to"),
        ("group_norm", [X, X[0, :, 0], X[0, :, 0]], {}, "'groups' is missing"),
        ("batch_norm", [X, *[X[0, :, 0]] * 3, X[0, 0]], {}, r"variance: expected float32 \(6,\)"),
        ("lp_norm", [X], {"p": 3}, "'p': expected 1 to 2"),
        ("lp_norm", [X], {"axis": -4}, "axis: expected an axis of 3 dimensions, received -4"),
    ],
)
def test_refusals(op, arrays, attributes, message):
    with pytest.raises(ValueError, match=message):
        run_op(op, *arrays, **attributes)
