"""What is added to the output of a linear layer in INT8, into the layer."""

import numpy as np
import pytest

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Node
from fourfold.graph.passes.lower import lower
from fourfold.quantization.weights import quantize_columns
from layer_graphs import binary, graph_of, layer, x_for
from reference import assert_same_bits

SQUARE = {"w": np.linspace(-1, 1, 16).reshape(4, 4), "b": np.arange(4)}


def lowered(nodes, *int8, **options):
    graph = graph_of("linear", nodes, **{**SQUARE, **options})
    weight = quantize_columns(graph.constants["w"])
    return lower(graph, dict.fromkeys(int8, (weight,)))


def ops(spec):
    return [step.op for step in spec.steps]


@pytest.mark.parametrize("operands", [("h", "x"), ("x", "h")])
def test_a_layer_adds_its_input(operands, rng):
    nodes = [layer("linear"), binary("add", *operands, "y")]
    fused = lowered(nodes, "h")
    assert ops(fused) == ["linear_add_s8"]
    x = x_for("linear", rng)
    apart = CompiledProgram(lowered([layer("linear", result="y")], "y"))
    assert_same_bits(CompiledProgram(fused)(x), apart(x) + x)


def test_what_is_added_may_have_any_shape(rng):
    total = Node("reduce", ("x", "axes"), ("t",), {"kind": "sum", "keepdims": 1}, "t")
    nodes = [total, layer("linear"), binary("add", "h", "t", "y")]
    graph = graph_of("linear", nodes, **SQUARE)
    graph.constants["axes"] = np.array([0])
    fused = lower(graph, {"h": (quantize_columns(graph.constants["w"]),)})
    assert ops(fused) == ["reduce", "linear_add_s8"]
    x = x_for("linear", rng)
    apart = CompiledProgram(lowered([layer("linear", result="y")], "y"))
    total_of = CompiledProgram(fused)(x) - apart(x)
    np.testing.assert_allclose(total_of, np.broadcast_to(x.sum(0), x.shape), atol=1e-4)


def test_of_two_layers_the_later_takes_the_other():
    nodes = [layer("linear"), layer("linear", result="i"), binary("add", "h", "i", "y")]
    spec = lowered(nodes, "h", "i")
    assert [step.name for step in spec.steps] == ["h", "i"]
    assert ops(spec) == ["linear_s8", "linear_add_s8"]


@pytest.mark.parametrize(
    ("nodes", "outputs"),
    [
        ([layer("linear"), binary("sub", "h", "x", "y")], ("y",)),
        ([layer("linear"), binary("add", "h", "b", "y")], ("y",)),
        ([layer("linear"), binary("add", "h", "x", "y")], ("y", "h")),
        ([layer("linear"), binary("add", "h", "h", "y")], ("y",)),
    ],
)
def test_something_else_stays(nodes, outputs):
    assert ops(lowered(nodes, "h", outputs=outputs)) == ["linear_s8", "binary"]


def test_float_layers_stay():
    nodes = [layer("linear"), binary("add", "h", "x", "y")]
    assert ops(lowered(nodes)) == ["linear_f32", "binary"]


def test_a_sum_in_int8_stays(rng):
    """It has scales of its own, which the layer has no place for."""
    attributes = {"kind": "add", "b_scale": 0.02, "output_scale": 0.05}
    nodes = [
        Node("quantize_s8", ("x",), ("q",), {"scale": 0.02}, "q"),
        layer("linear"),
        Node("binary_s8", ("h", "q"), ("y",), attributes, "y"),
    ]
    spec = lowered(nodes, "h")
    assert ops(spec) == ["quantize_s8", "linear_s8", "binary_s8"]
    assert CompiledProgram(spec)(x_for("linear", rng)).dtype == np.int8
