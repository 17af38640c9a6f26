"""What the engine finds out before it runs: shapes that depend on values, views, absent inputs."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fourfold import _core

X = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


def integers(*values):
    return np.array(values, np.int64)


def program(steps, *, inputs=(("x", "float32", (None, None, None)),), constants=(), outputs=None):
    count = len(inputs) + len(constants) + sum(len(step[2]) for step in steps)
    return _core.Program(inputs, constants, steps, (count - 1,) if outputs is None else outputs)


def test_a_view_of_an_input_is_returned_as_a_copy():
    run = program([("reshape", (0, 1), (2,), {})], constants=(integers(4, -1),))
    y = run(X)
    np.testing.assert_array_equal(y, X.reshape(4, 6))
    y[...] = 0
    assert X[1, 1, 1] == 17


def test_a_shape_that_the_program_computes():
    # flatten to [size of axis 0, -1] by way of shape: as exporters write it
    steps = [
        ("shape", (0,), (2,), {"start": 0, "end": 1}),
        ("reshape", (1, 2), (3,), {}),
        ("unsqueeze", (0, 2), (4,), {}),
    ]
    run = program(steps, constants=(integers(5),), inputs=(("x", "float32", (None, None)),))
    with pytest.raises(ValueError, match=r"step 1 \(reshape\).*expected 1 elements"):
        run(X[0])
    steps[1] = ("reshape", (2, 1), (3,), {})
    run = program(steps, constants=(integers(1),), inputs=(("x", "float32", (1, None)),))
    np.testing.assert_array_equal(run(X[0, :1]), X[None, 0, :1])


def test_a_shape_that_comes_with_the_call():
    inputs = (("x", "float32", (None, None, None)), ("shape", "int64", (None,)))
    run = program([("reshape", (0, 1), (2,), {})], inputs=inputs)
    for shape in [(24,), (4, 6), (2, -1, 2), (0, 4, 3), (4, 6)]:
        expected = X.reshape([2 if size == 0 else size for size in shape])
        np.testing.assert_array_equal(run(X, integers(*shape)), expected)
    with ThreadPoolExecutor(4) as threads:
        shapes = [(24,), (2, 12), (12, 2), (1, 24)] * 20
        for shape, y in zip(
            shapes, threads.map(lambda s: run(X, integers(*s)), shapes), strict=True
        ):
            assert y.shape == shape


def test_views_of_views_share_memory_with_what_is_overwritten():
    relu = ("activation", (0,), (2,), {"kind": "relu"})
    steps = [
        relu,
        ("reshape", (2, 1), (3,), {}),
        ("activation", (3,), (4,), {"kind": "tanh"}),
        ("flatten", (3,), (5,), {}),
        ("activation", (5,), (6,), {"kind": "sigmoid"}),
    ]
    run = program(steps, constants=(integers(6, 4),), outputs=(2, 3, 4, 5, 6))
    a, b, c, d, e = run(X - 12)
    expected = np.maximum(X - 12, 0)
    np.testing.assert_array_equal(a, expected)
    np.testing.assert_array_equal(b, expected.reshape(6, 4))
    np.testing.assert_array_equal(d, expected.reshape(6, 4))
    np.testing.assert_allclose(c, np.tanh(expected).reshape(6, 4), rtol=1e-6)
    np.testing.assert_allclose(e, 1 / (1 + np.exp(-expected.reshape(6, 4))), rtol=1e-6)


@pytest.mark.parametrize(
    ("step", "constants", "expected"),
    [
        (("squeeze", (0, None), (2,), {}), (integers(),), (3, 4)),
        (("squeeze", (0, 1), (2,), {}), (integers(-1, 0),), (3, 4)),
        (("squeeze", (0, 1), (2,), {}), (integers(0),), (3, 4, 1)),
        (("unsqueeze", (0, 1), (2,), {}), (integers(-1, 0),), (1, 1, 3, 4, 1, 1)),
        (("flatten", (0,), (2,), {"axis": 2}), (integers(),), (3, 4)),
        (("flatten", (0,), (2,), {"axis": 0}), (integers(),), (1, 12)),
        (("flatten", (0,), (2,), {"axis": 4}), (integers(),), (12, 1)),
        (("identity", (0,), (2,), {}), (integers(),), (1, 3, 4, 1)),
    ],
)
def test_views(step, constants, expected):
    x = np.arange(12, dtype=np.float32).reshape(1, 3, 4, 1)
    run = program([step], constants=constants, inputs=(("x", "float32", (1, None, 4, 1)),))
    np.testing.assert_array_equal(run(x), x.reshape(expected))


@pytest.mark.parametrize(
    ("step", "axes", "message"),
    [
        (("squeeze", (0, 1), (2,), {}), (1,), r"axis of size 1, received axis 1 of x \(2, 3, 4\)"),
        (("squeeze", (0, 1), (2,), {}), (3,), "expected an axis of 3 dimensions, received 3"),
        (("unsqueeze", (0, 1), (2,), {}), (0, -5), "each axis once"),
        (("unsqueeze", (0, 1), (2,), {}), (0,) * 9, "each axis once"),
        (("unsqueeze", (0, 1), (2,), {}), (0, 1, 2, 3, 4, 5), "at most 8 dimensions"),
        (("reshape", (0, 1), (2,), {}), (-1, -1), "-1 once at most"),
        (("reshape", (0, 1), (2,), {}), (-2,), "received -2"),
        (("reshape", (0, 1), (2,), {}), (5, -1), "no size for -1 gives 24"),
        (("reshape", (0, 1), (2,), {}), (0, 0, 0, 0), "size 0 on axis 3"),
        (("reshape", (0, 1), (2,), {"allow_zero": 1}), (0, -1), "no size for -1"),
        (("reshape", (0, 1), (2,), {}), (2**40, 2**40), "too large"),
        (("flatten", (0,), (2,), {"axis": 4}), (0,), "axis: expected -3 to 3, received 4"),
    ],
)
def test_shapes_that_do_not_fit(step, axes, message):
    with pytest.raises(ValueError, match=message):
        program([step], constants=(integers(*axes),))(X)


def test_an_input_that_may_not_be_absent():
    with pytest.raises(ValueError, match="shape: expected a value, not none"):
        program([("reshape", (0, None), (1,), {})])


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64", "float16", "float64"])
def test_views_of_any_type(dtype):
    x = np.arange(6).astype(dtype)
    inputs = (("x", dtype, (None,)),)
    run = program([("reshape", (0, 1), (2,), {})], inputs=inputs, constants=(integers(2, 3),))
    y = run(x)
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(y, x.reshape(2, 3))
    with pytest.raises(TypeError, match=f"x: expected {dtype}, received dtype float32"):
        run(x.astype(np.float32))
