"""Passes: a graph means the same before and after, and a program is what the graph means."""

import numpy as np
import pytest

from fourfold.graph.compiled import ALIGNMENT, CompiledProgram
from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.graph.passes.check import check_finite
from fourfold.graph.passes.fold import MAX_SHIFT, fold_affine
from fourfold.graph.passes.fuse import fuse_activations
from fourfold.graph.passes.lower import lower
from fourfold.quantization.build import quantize_layers
from networks import random_rows

DEPTH, COLUMNS = 64, 20


def graph_of(nodes, constants, outputs=("y",)):
    return Graph(
        inputs=(TensorInfo("x", "float32", (None, DEPTH)),),
        nodes=tuple(nodes),
        outputs=outputs,
        constants={name: np.asarray(array, np.float32) for name, array in constants.items()},
    )


def linear(source, result, weight="w", bias="", **attributes):
    return Node("linear", (source, weight, bias), (result,), attributes, result)


def activation(source, result, kind, **attributes):
    return Node("activation", (source,), (result,), {"kind": kind, **attributes}, result)


def affine(source, result):
    return Node("affine", (source, "shift", "scale", "offset"), (result,), {}, result)


def evaluate(graph, x):
    """The graph in float64, node by node, by the definitions in ir.py."""
    values = {"x": x.astype(np.float64)}
    values.update({name: array.astype(np.float64) for name, array in graph.constants.items()})
    kinds = {
        "identity": lambda v: v,
        "relu": lambda v: np.maximum(v, 0),
        "tanh": np.tanh,
        "softmax": lambda v: np.exp(v) / np.exp(v).sum(axis=1, keepdims=True),
    }
    for node in graph.nodes:
        inputs = [values.get(name, 0.0) for name in node.inputs]
        if node.op == "linear":
            kind = node.attributes.get("activation", "identity")
            result = kinds[kind](inputs[0] @ inputs[1] + inputs[2])
        elif node.op == "activation":
            result = kinds[node.attributes["kind"]](inputs[0])
        elif node.op == "affine":
            result = (inputs[0] - inputs[1]) * inputs[2] + inputs[3]
        else:
            assert node.op == "add"
            result = inputs[0] + inputs[1]
        values[node.outputs[0]] = result
    outputs = [values[name] for name in graph.outputs]
    return outputs[0] if len(outputs) == 1 else tuple(outputs)


def operations(graph):
    return [node.op for node in graph.nodes]


def assert_runs_as_it_means(graph, rng):
    """The program in float32 against the graph in float64."""
    x = random_rows(rng, 9, DEPTH)
    actual, expected = CompiledProgram(lower(graph, {}))(x), evaluate(graph, x)
    if not isinstance(expected, tuple):
        actual, expected = (actual,), (expected,)
    for one, other in zip(actual, expected, strict=True):
        # 24 bits, and sums of 64 products that are a few units in size.
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=2e-5)


@pytest.fixture
def weights(rng):
    return {
        "w": rng.normal(scale=0.2, size=(DEPTH, COLUMNS)),
        "square": rng.normal(scale=0.1, size=(DEPTH, DEPTH)),
        "b": rng.normal(size=COLUMNS),
    }


def test_an_activation_is_fused_into_its_layer(rng, weights):
    graph = graph_of([linear("x", "h", bias="b"), activation("h", "y", "tanh", alpha=0.5)], weights)
    fused = fuse_activations(graph)
    (node,) = fused.nodes
    assert node.attributes == {"activation": "tanh", "alpha": 0.5}
    assert node.name == "h"
    x = random_rows(rng, 5, DEPTH)
    np.testing.assert_array_equal(evaluate(fused, x), evaluate(graph, x))
    assert_runs_as_it_means(fused, rng)


def test_what_works_by_row_stays_a_step_of_its_own(rng, weights):
    graph = graph_of([linear("x", "h"), activation("h", "y", "softmax")], weights)
    fused = fuse_activations(graph)
    assert operations(fused) == ["linear", "activation"]
    assert_runs_as_it_means(fused, rng)


def test_a_layer_takes_one_activation_and_only_its_own_reader(rng, weights):
    twice = [linear("x", "h"), activation("h", "r", "relu"), activation("r", "y", "tanh")]
    fused = fuse_activations(graph_of(twice, weights))
    assert operations(fused) == ["linear", "activation"]
    assert_runs_as_it_means(fused, rng)
    seen = graph_of([linear("x", "h"), activation("h", "y", "relu")], weights, ("h", "y"))
    assert operations(fuse_activations(seen)) == ["linear", "activation"]
    assert_runs_as_it_means(fuse_activations(seen), rng)


def test_a_residual_connection_survives(rng, weights):
    nodes = [
        linear("x", "h", "square"),
        activation("h", "r", "relu"),
        Node("add", ("r", "x"), ("s",), {}, "s"),
        linear("s", "y", "w", "b"),
    ]
    graph = fuse_activations(graph_of(nodes, weights))
    assert operations(graph) == ["linear", "add", "linear"]
    assert_runs_as_it_means(graph, rng)


def scaler(shift=0.0, scale=1.0, offset=0.0):
    return {
        name: np.broadcast_to(value, DEPTH)
        for name, value in [("shift", shift), ("scale", scale), ("offset", offset)]
    }


@pytest.mark.parametrize("bias", ["", "b"])
def test_a_scaler_folds_into_a_float_layer(rng, weights, bias):
    constants = scaler(rng.normal(size=DEPTH), rng.uniform(0.5, 2, DEPTH), rng.normal(size=DEPTH))
    graph = graph_of([affine("x", "h"), linear("h", "y", "w", bias)], {**weights, **constants})
    folded = fold_affine(graph, int8=())
    assert operations(folded) == ["linear"]
    assert "shift" not in folded.constants
    x = random_rows(rng, 5, DEPTH)
    np.testing.assert_allclose(evaluate(folded, x), evaluate(graph, x), rtol=1e-5, atol=1e-5)
    assert_runs_as_it_means(folded, rng)
    assert_runs_as_it_means(graph, rng)


def test_a_shift_that_would_swallow_digits_is_not_folded(weights):
    constants = {**weights, **scaler(shift=2 * MAX_SHIFT)}
    graph = graph_of([affine("x", "h"), linear("h", "y")], constants)
    assert operations(fold_affine(graph, int8=())) == ["affine", "linear"]


def test_an_int8_layer_takes_over_one_scale_only(rng, weights):
    nodes = [affine("x", "h"), linear("h", "y")]
    x = random_rows(rng, 5, DEPTH)

    def folded(**parts):
        graph = graph_of(nodes, {**weights, **scaler(**parts)})
        result = fold_affine(graph, int8={"y"})
        np.testing.assert_allclose(evaluate(result, x), evaluate(graph, x), rtol=1e-5, atol=1e-5)
        return operations(result) == ["linear"]

    assert folded(scale=1 / 16)
    assert not folded(scale=rng.uniform(1, 2, DEPTH))
    assert not folded(scale=0.5, shift=0.1)
    assert not folded(scale=0.5, offset=-1)
    assert not folded(scale=0)


def test_a_scaled_value_with_another_reader_stays(weights):
    nodes = [affine("x", "h"), linear("h", "l", "square"), Node("add", ("h", "l"), ("y",))]
    graph = graph_of(nodes, {**weights, **scaler(scale=2)})
    assert operations(fold_affine(graph, int8=())) == ["affine", "linear", "add"]


def test_shared_weights_are_stored_once(rng, weights):
    nodes = [linear("x", "h", "square"), linear("h", "y", "square")]
    graph = graph_of(nodes, {"square": weights["square"]})
    quantized = quantize_layers(graph, {"h", "y"})
    assert quantized["h"][0] is quantized["y"][0]
    spec = lower(graph, quantized)
    assert sorted(array.size for array in spec.constants) == [DEPTH, DEPTH, DEPTH * DEPTH]
    assert_runs_as_it_means(graph, rng)


def test_constants_lie_on_cache_lines_and_programs_can_be_pickled(rng, weights):
    import pickle

    graph = graph_of([linear("x", "y", bias="b")], weights)
    program = CompiledProgram(lower(graph, quantize_layers(graph, {"y"})))
    again = pickle.loads(pickle.dumps(program))
    for each in (program, again):
        assert all(array.ctypes.data % ALIGNMENT == 0 for array in each.spec.constants)
    x = random_rows(rng, 8, DEPTH)
    np.testing.assert_array_equal(again(x), program(x))
    assert again.weight_bytes == program.weight_bytes == 20 * (64 + 2 + 4)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("constant", ["w", "b", "scale"])
def test_a_parameter_that_is_not_finite_is_named(weights, value, constant):
    nodes = [affine("x", "h"), linear("h", "y", bias="b")]
    graph = graph_of(nodes, {**weights, **scaler()})
    check_finite(graph)
    array = np.array(graph.constants[constant])
    array.flat[-1] = value
    broken = graph_of(nodes, {**graph.constants, constant: array})
    layer = "h" if constant == "scale" else "y"
    with pytest.raises(ValueError, match=f"layer '{layer}' has a parameter .* '{constant}'"):
        check_finite(broken)
