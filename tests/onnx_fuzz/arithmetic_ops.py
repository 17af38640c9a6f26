"""Ops that compute: for each, inputs and attributes that fit."""

import numpy as np
from hypothesis import strategies as st

from onnx_fuzz.adding import draw_axis, registrar

FLOAT_UNARY = (
    *("Relu", "Sigmoid", "Tanh", "Exp", "Floor", "Ceil", "Round", "Softplus", "Softsign", "Erf"),
    *("Sin", "Cos", "Elu", "LeakyRelu", "Selu", "HardSigmoid", "HardSwish", "Celu", "Mish"),
    *("ThresholdedRelu", "Reciprocal", "Sqrt", "Log", "Atan", "Sinh", "Tan"),
)
NUMBER_UNARY = ("Abs", "Neg", "Sign", "Identity")
NUMBER_BINARY = ("Add", "Sub", "Mul", "Min", "Max")
FLOAT_BINARY = ("Div", "Pow", "Sum", "Mean", "PRelu")
LOGIC = ("And", "Or", "Xor")
COMPARISONS = ("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual")
REDUCTIONS = ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceSumSquare")
POOLS = ("MaxPool", "AveragePool", "LpPool")

ARITHMETIC = {}
adds = registrar(ARITHMETIC)


@adds(*FLOAT_UNARY, *NUMBER_UNARY, "Not")
def unary(graph, op):
    kinds = {"Not": "b", **dict.fromkeys(FLOAT_UNARY, "f")}.get(op, "fi")
    graph.add(op, [graph.pick(kinds)])


@adds(*NUMBER_BINARY, *FLOAT_BINARY, *COMPARISONS, *LOGIC)
def binary(graph, op):
    name = graph.pick("b" if op in LOGIC else "f" if op in FLOAT_BINARY else "fi")
    other = graph.partner(name)
    shapes = graph.arrays[name].shape, graph.arrays[other].shape
    # A slope may not be the larger one.
    if op != "PRelu" or np.broadcast_shapes(*shapes) == shapes[0]:
        graph.add(op, [name, other])


@adds("Where")
def where(graph, op):
    name = graph.pick()
    shape = graph.arrays[name].shape
    condition = graph.new(graph.numbers(shape, "b"), graph.draw(st.booleans()))
    graph.add(op, [condition, name, graph.partner(name)])


@adds("Cast")
def cast(graph, op):
    graph.add(op, [graph.pick()], to=graph.draw(st.sampled_from((1, 7, 9))))


@adds("Clip")
def clip(graph, op):
    low, high = (graph.new(np.array(value, np.float32), False) for value in (-0.5, 1.5))
    graph.add(op, [graph.pick("f"), low, graph.draw(st.sampled_from(("", high)))])


@adds(*REDUCTIONS)
def reduce(graph, op):
    name = graph.pick("f" if op == "ReduceMean" else "fi", least_rank=1)
    rank = graph.arrays[name].ndim
    axes = graph.draw(st.lists(st.integers(0, rank - 1), unique=True))
    if 0 not in graph.arrays[name].shape:
        inputs = [name, graph.integers(*axes)] if axes else [name]
        graph.add(op, inputs, keepdims=graph.draw(st.integers(0, 1)))


@adds("Softmax", "LogSoftmax", "ArgMax", "ArgMin")
def along_axis(graph, op):
    kinds = "f" if op in ("Softmax", "LogSoftmax") else "fi"
    name = graph.pick(kinds, least_rank=1)
    if graph.arrays[name].size:
        graph.add(op, [name], axis=draw_axis(graph, name))


@adds("CumSum")
def cumulative(graph, op):
    name = graph.pick("fi", least_rank=1)
    axis = graph.new(np.array(draw_axis(graph, name)), False)
    choice = st.integers(0, 1)
    graph.add(op, [name, axis], exclusive=graph.draw(choice), reverse=graph.draw(choice))


@adds("LayerNormalization")
def layer_norm(graph, op):
    name = graph.pick("f", least_rank=1)
    rows = graph.arrays[name].shape[-1:]
    scale, bias = (graph.new(graph.numbers(rows, "f"), False) for _ in range(2))
    if graph.arrays[name].size:
        graph.add(op, [name, scale, bias], axis=-1, epsilon=0.1)


@adds("MatMul")
def matmul(graph, op):
    name = graph.pick("f", least_rank=2)
    columns = graph.draw(st.integers(1, 5))
    shape = (graph.arrays[name].shape[-1], columns)
    graph.add(op, [name, graph.new(graph.numbers(shape, "f"), graph.draw(st.booleans()))])


@adds("Gemm")
def gemm(graph, op):
    name = graph.pick("f", least_rank=2, most_rank=2)
    columns = graph.draw(st.integers(1, 5))
    weights = graph.new(graph.numbers((columns, graph.arrays[name].shape[1]), "f"), False)
    graph.add(op, [name, weights, graph.new(graph.numbers((columns,), "f"), False)], transB=1)


@adds("Conv")
def conv(graph, op):
    name = graph.pick("f", least_rank=3, most_rank=4)
    _, channels, *sizes = graph.arrays[name].shape
    kernel = [graph.draw(st.integers(1, min(size, 3) or 1)) for size in sizes]
    shape = (graph.draw(st.integers(1, 4)), channels, *kernel)
    weights = graph.new(graph.numbers(shape, "f") / np.float32(4), False)
    strides = [graph.draw(st.integers(1, 2)) for _ in sizes]
    pads = [graph.draw(st.integers(0, 1)) for _ in (*sizes, *sizes)]
    if 0 not in graph.arrays[name].shape:
        graph.add(op, [name, weights], strides=strides, pads=pads)


@adds(*POOLS)
def pool(graph, op):
    name = graph.pick("f", least_rank=4, most_rank=4)
    sizes = graph.arrays[name].shape[2:]
    kernel = [graph.draw(st.integers(1, min(size, 3) or 1)) for size in sizes]
    if 0 not in graph.arrays[name].shape:
        graph.add(op, [name], kernel_shape=kernel)
