"""lstm, gru and rnn in float32."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fourfold as ff
import reference
from fourfold import _core
from ops.one_op import run_op
from ops.recurrent_layers import GATES, Layer

DIRECTIONS = ["forward", "reverse", "bidirectional"]
FLAGS = {"lstm": "input_forget", "gru": "linear_before_reset"}


@st.composite
def layers(draw, op):
    steps, batch = draw(st.sampled_from([0, 1, 2, 5])), draw(st.sampled_from([1, 2, 3, 13]))
    options = {}
    if op in FLAGS:
        options[FLAGS[op]] = draw(st.integers(0, 1))
    if draw(st.booleans()):
        options["clip"] = 0.4
    lengths = draw(st.tuples(*[st.integers(0, steps)] * batch))
    return Layer(
        op,
        steps,
        batch,
        draw(st.sampled_from([0, 1, 3, 16, 17])),
        draw(st.sampled_from([1, 5, 16, 17, 33])),
        draw(st.sampled_from(DIRECTIONS)),
        draw(st.integers(0, 1)),
        draw(st.booleans()),
        draw(st.booleans()),
        op == "lstm" and draw(st.booleans()),
        draw(st.sampled_from([None, lengths])),
        draw(st.integers(0, 9)),
        options,
    )


def check(results, expected):
    for result, value in zip(results, expected, strict=True):
        assert result.dtype == np.float32
        assert result.shape == value.shape
        np.testing.assert_allclose(result, value, rtol=1e-5, atol=1e-5)


def check_same(results, expected):
    for result, value in zip(results, expected, strict=True):
        reference.assert_same_bits(result, np.ascontiguousarray(value))


@pytest.mark.parametrize("op", GATES)
def test_against_numpy(op):
    @given(layers(op), st.sampled_from([(), (1,), (1, 2, 3)]))
    @settings(max_examples=80, deadline=None)
    def agrees(layer, constants):
        check(layer.run(constants), layer.expected())

    agrees()


ACTIVATIONS = [
    ("sigmoid,relu,softsign", (), ()),
    ("hardsigmoid,scaledtanh,affine", (0.3, 0.7, 0.5), (0.4, 0.6, 0.1)),
    ("sigmoid,leakyrelu,elu", (0.2, 0.8), ()),
    ("hardsigmoid,softplus,thresholdedrelu", (0.1,), (0.2,)),
    ("tanh,leakyrelu,tanh", (0.1, 0.2, 0.3), ()),
    ("affine,elu,scaledtanh", (), ()),
]


@pytest.mark.parametrize("op", GATES)
@pytest.mark.parametrize(("names", "alphas", "betas"), ACTIVATIONS)
def test_activations(op, names, alphas, betas):
    count = {"lstm": 3, "gru": 2, "rnn": 1}[op]
    options = {"activations": ",".join(names.split(",")[-count:])}
    if alphas:
        options["activation_alpha"] = alphas
    if betas:
        options["activation_beta"] = betas
    layer = Layer(op, steps=2, options=options)
    check(layer.run(), layer.expected())


def test_each_direction_has_activations_of_its_own():
    options = {"activations": "tanh,affine", "activation_alpha": (0.3,), "activation_beta": (0.1,)}
    layer = Layer("rnn", direction="bidirectional", options=options)
    check(layer.run(), layer.expected())


def activation(kind):
    return lambda alpha, beta: lambda x: run_op("activation", np.ascontiguousarray(x), kind=kind)


KERNELS = {"sigmoid": activation("sigmoid"), "tanh": activation("tanh")}


@pytest.mark.parametrize("op", GATES)
@pytest.mark.parametrize("flag", [0, 1])
def test_the_order_of_operations(op, flag, isa):
    options = {FLAGS[op]: flag} if op in FLAGS else {}
    layer = Layer(op, 3, 2, 5, 6, "bidirectional", has_peepholes=op == "lstm", options=options)
    of_x, of_h = layer.biases()

    def by_gate(values):
        return values.reshape(len(values), -1, layer.hidden)

    def multiply_x(d, x):
        return by_gate(reference.linear_f32(x, layer.w[d].T, of_x[d]))

    def multiply_h(d, gates, h):
        return by_gate(reference.linear_f32(h, layer.r[d].T, of_h[d]))[:, gates]

    expected = layer.expected((multiply_x, multiply_h), KERNELS, np.float32)
    check_same(layer.run(), expected)


@pytest.mark.parametrize("op", GATES)
def test_the_same_bits_on_every_isa_and_for_any_threads(op, isa, threads):
    layer = Layer(op, 3, 70, 40, 130, "bidirectional", lengths=(1, 2, 3, 3, 0) * 14)
    results = layer.run()
    ff.use_isa("scalar")
    ff.set_threads(1)
    check_same(results, layer.run(()))


@pytest.mark.parametrize("op", GATES)
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(("steps", "batch"), [(1100, 1), (90, 20), (2, 700)])
def test_long_sequences_and_large_batches_in_both_layouts(op, direction, steps, batch):
    layer = Layer(op, steps, batch, 3, 5, direction)
    y, *states = layer.run()
    layer.layout = 1
    layer.x, layer.h0, layer.c0 = (
        np.ascontiguousarray(np.swapaxes(a, 0, 1)) for a in (layer.x, layer.h0, layer.c0)
    )
    expected = [y.transpose(2, 0, 1, 3), *(state.swapaxes(0, 1) for state in states)]
    check_same(layer.run(), expected)


@pytest.mark.parametrize("op", GATES)
def test_a_sequence_goes_on_where_its_states_were_left(op):
    layer = Layer(op, steps=7)
    whole, x = layer.run(), layer.x
    layer.x = x[:3].copy()
    first = layer.run()
    layer.x = x[3:].copy()
    layer.h0 = first[1]
    layer.c0 = first[2] if op == "lstm" else layer.c0
    second = layer.run()
    check_same([np.concatenate([first[0], second[0]]), *second[1:]], whole)


def test_first_runs_at_once():
    layer = Layer("lstm", 20, 3, 40, 50)
    inputs = [("x", "float32", (None, None, None))]
    attributes = layer.attributes()
    for _ in range(20):
        steps = [("lstm", (0, 1, 2, 3, *[None] * 4), (4, 5, 6), attributes)]
        program = _core.Program(inputs, [layer.w, layer.r, layer.b], steps, (4, 5, 6))
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(program, [layer.x] * 4))
        for result in results:
            check_same(result, results[0])


def test_an_empty_batch():
    y, y_h, y_c = Layer("lstm", batch=0).run()
    assert (y.shape, y_h.shape, y_c.shape) == ((4, 1, 0, 6), (1, 0, 6), (1, 0, 6))


@pytest.mark.parametrize(
    ("op", "changes", "message"),
    [
        ("lstm", {"direction": "backward"}, "direction: expected forward, reverse or bidirec"),
        ("lstm", {"hidden": 0}, "'hidden': expected 1 to 65536, received 0"),
        (
            "lstm",
            {"hidden": 7},
            r"w: expected float32 \(1, 28, any\), received float32 \(1, 24, 5\)",
        ),
        ("lstm", {"direction": "bidirectional"}, r"w: expected float32 \(2, 24, any\)"),
        ("lstm", {"linear_before_reset": 1}, "unknown attribute 'linear_before_reset'"),
        ("lstm", {"layout": 1}, r"h0: expected float32 \(4, 1, 6\), received float32 \(1, 3, 6\)"),
        ("lstm", {"clip": 0.0}, "clip: expected a number above 0, received 0"),
        ("lstm", {"clip": float("nan")}, "clip: expected a number above 0"),
        ("lstm", {"activations": "sigmoid,tanh"}, "activations: expected 3 names, received 2"),
        ("gru", {"activations": "sigmoid,"}, "activations: expected of sigmoid, .*received ''"),
        ("rnn", {"activations": "gelu"}, "expected of .*thresholdedrelu; received 'gelu'"),
        ("rnn", {"hidden": 6.5}, "attribute 'hidden': expected an integer"),
    ],
)
def test_attributes_that_do_not_fit(op, changes, message):
    layer = Layer(op)
    layer.attributes = lambda: {"hidden": 6, "direction": "forward", "layout": 0} | changes
    with pytest.raises((ValueError, TypeError), match=message):
        layer.run()


def test_inputs_that_do_not_fit():
    good = Layer("lstm", has_peepholes=True, lengths=(4, 4, 4))
    wrong = {
        "x": (good.x[0], r"x: expected float32 \(rows, any, any\)"),
        "r": (good.r[:, :, :5], r"r: expected float32 \(1, 24, 6\)"),
        "b": (good.b[:, :24], r"b: expected float32 \(1, 48\)"),
        "h0": (good.h0[:, :2], r"h0: expected float32 \(1, 3, 6\)"),
        "c0": (good.c0[:, :, :5], r"c0: expected float32 \(1, 3, 6\)"),
        "p": (good.p[:, :12], r"p: expected float32 \(1, 18\)"),
        "lengths": ((4, 4), r"lengths: expected int32 \(3,\)"),
    }
    for name, (value, message) in wrong.items():
        layer = Layer("lstm", has_peepholes=True, lengths=(4, 4, 4))
        setattr(layer, name, np.ascontiguousarray(value) if name != "lengths" else value)
        with pytest.raises(ValueError, match=message):
            layer.run()


@pytest.mark.parametrize("length", [-1, 5])
def test_lengths_beyond_the_steps(length):
    with pytest.raises(ValueError, match=f"lengths: expected 0 to 4, received {length} at 1"):
        Layer("gru", lengths=(4, length, 4)).run()
