"""lstm and gru in int8."""

import numpy as np
import pytest

import fourfold as ff
import reference
from ops.recurrent_layers import Layer, quantized
from ops.test_recurrent import DIRECTIONS, FLAGS, KERNELS, check_same


def products(layer):
    """What the layer's int8 products give, to the bit."""
    of_x, of_h = layer.biases()
    (w, w_scales), (r, r_scales) = quantized(layer.w), quantized(layer.r)

    def by_gate(values):
        return values.reshape(len(values), -1, layer.hidden)

    def multiply_x(d, x):
        return by_gate(reference.linear_s8(x, w[d].T, w_scales[d], of_x[d]))

    def multiply_h(d, gates, h):
        return by_gate(reference.linear_s8(h, r[d].T, r_scales[d], of_h[d]))[:, gates]

    return multiply_x, multiply_h


@pytest.mark.parametrize("op", FLAGS)
@pytest.mark.parametrize("flag", [0, 1])
@pytest.mark.parametrize("hidden", [1, 6, 16, 33, 64])
def test_the_order_of_operations(op, flag, hidden, isa):
    layer = Layer(
        op,
        3,
        2,
        65,
        hidden,
        "bidirectional",
        lengths=(3, 2),
        options={FLAGS[op]: flag, "clip": 2.0},
    )
    check_same(layer.run_s8(), layer.expected(products(layer), KERNELS, np.float32))


@pytest.mark.parametrize("op", FLAGS)
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("layout", [0, 1])
def test_directions_and_layouts(op, direction, layout):
    peepholes = op == "lstm"
    layer = Layer(op, 5, 13, 7, 20, direction, layout, has_peepholes=peepholes, has_bias=False)
    check_same(layer.run_s8(), layer.expected(products(layer), KERNELS, np.float32))


@pytest.mark.parametrize("op", FLAGS)
def test_the_same_bits_on_every_isa_and_for_any_threads(op, isa, threads):
    layer = Layer(op, 3, 70, 40, 130, "bidirectional")
    results = layer.run_s8()
    ff.use_isa("scalar")
    ff.set_threads(1)
    check_same(results, layer.run_s8())


@pytest.mark.parametrize("op", FLAGS)
def test_it_stays_close_to_float(op):
    layer = Layer(op, 30, 8, 40, 64)
    layer.r *= np.float32(0.2)  # else small differences grow from step to step
    for result, expected in zip(layer.run_s8(), layer.expected(), strict=True):
        error = np.linalg.norm(result - expected) / np.linalg.norm(expected)
        assert error < 0.05


@pytest.mark.parametrize(
    ("place", "change", "message"),
    [
        (0, lambda a: a[..., :2], r"w: expected int8 \(1, 4, 16, 16, 4\)"),
        (0, lambda a: a.astype(np.float32), "w: expected int8"),
        (1, lambda a: a[:, :6], r"w_scales: expected float32 \(1, 64\), received float32 \(1, 6\)"),
        (3, lambda a: a[:, :1], r"r: expected int8 \(1, 4, 16, 16, 4\)"),
        (5, lambda a: a[0], r"r_b: expected float32 \(1, 6\), received float32 \(6,\)"),
    ],
)
def test_constants_that_do_not_fit(place, change, message):
    layer = Layer("lstm", depth=5)
    constants = layer.s8_constants()
    constants[place] = np.ascontiguousarray(change(constants[place]))
    layer.s8_constants = lambda: constants
    with pytest.raises(ValueError, match=message):
        layer.run_s8()


def test_an_input_of_another_depth():
    layer = Layer("gru")
    layer.x = layer.x[..., :4].copy()
    with pytest.raises(ValueError, match=r"x: expected float32 \(..., 5\)"):
        layer.run_s8()
