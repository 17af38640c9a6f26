"""What hypothesis may add to a random graph: for each op, inputs and attributes that fit."""

import numpy as np
from hypothesis import strategies as st

from fourfold.importers.onnx.claims import claimed_ops

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

ADDERS = {}


def adds(*ops):
    """Say for which ops a function adds a node; it is given the graph and the op."""

    def register(adder):
        ADDERS.update(dict.fromkeys(ops, adder))
        return adder

    return register


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


@adds("Transpose")
def transpose(graph, op):
    name = graph.pick(least_rank=1)
    graph.add(op, [name], perm=graph.draw(st.permutations(range(graph.arrays[name].ndim))))


@adds("Reshape")
def reshape(graph, op):
    name = graph.pick()
    shape = list(graph.draw(st.permutations(graph.arrays[name].shape)))
    if shape and graph.draw(st.booleans()):
        at = graph.draw(st.integers(0, len(shape) - 1))
        shape[at] = -1
    graph.add(op, [name, graph.integers(*shape)])


@adds("Shape")
def reshape_as_another(graph, op):
    """By a shape that the graph computes."""
    name = graph.pick()
    size = graph.arrays[name].size
    others = [other for other in graph.values() if graph.arrays[other].size == size]
    shape = graph.add("Shape", [graph.draw(st.sampled_from(others or [name]))])
    if shape:
        graph.add("Reshape", [name, shape[0]])


@adds("Flatten")
def flatten(graph, op):
    name = graph.pick()
    graph.add(op, [name], axis=_axis(graph, name) if graph.arrays[name].ndim else 0)


@adds("Squeeze")
def squeeze(graph, op):
    name = graph.pick()
    ones = [axis for axis, size in enumerate(graph.arrays[name].shape) if size == 1]
    graph.add(op, [name, graph.integers(*ones)] if ones else [name])


@adds("Unsqueeze")
def unsqueeze(graph, op):
    name = graph.pick(most_rank=4)
    rank = graph.arrays[name].ndim
    graph.add(op, [name, graph.integers(graph.draw(st.integers(-rank - 1, rank)))])


@adds("Concat")
def concat(graph, op):
    name = graph.pick(least_rank=1)
    axis = _axis(graph, name)
    shape = list(graph.arrays[name].shape)
    shape[axis] = graph.draw(st.integers(1, 3))
    other = graph.new(graph.numbers(shape, graph.arrays[name].dtype.kind), True)
    graph.add(op, graph.draw(st.permutations([name, other, name])), axis=axis)


@adds("Split")
def split(graph, op):
    name = graph.pick(least_rank=1)
    axis = _axis(graph, name)
    size = graph.arrays[name].shape[axis]
    first = graph.draw(st.integers(0, size))
    graph.add(op, [name, graph.integers(first, size - first)], 2, axis=axis)


@adds("Slice")
def slice_(graph, op):
    name = graph.pick(least_rank=1)
    axis = _axis(graph, name)
    # The evaluator is wrong about starts before the first element, where the step is negative.
    start = graph.draw(st.integers(-graph.arrays[name].shape[axis], 9))
    end = graph.draw(st.integers(-9, 9))
    step = graph.draw(st.sampled_from((1, 1, 2, 3, -1, -2)))
    places = (start, end, axis, step)
    graph.add(op, [name, *(graph.integers(place) for place in places)])


@adds("Pad")
def pad(graph, op):
    name = graph.pick("f")
    rank = graph.arrays[name].ndim
    pads = graph.draw(st.lists(st.integers(0, 2), min_size=2 * rank, max_size=2 * rank))
    value = graph.new(np.array(0.5, np.float32), False)
    graph.add(op, [name, graph.integers(*pads), value])


@adds("Expand")
def expand(graph, op):
    name = graph.pick()
    shape = [graph.draw(st.sampled_from((1, 2))), *graph.arrays[name].shape]
    graph.add(op, [name, graph.integers(*shape)])


@adds("Tile")
def tile(graph, op):
    name = graph.pick()
    repeats = [graph.draw(st.sampled_from((1, 1, 2, 3))) for _ in graph.arrays[name].shape]
    graph.add(op, [name, graph.integers(*repeats)])


@adds("Gather")
def gather(graph, op):
    name = graph.pick(least_rank=1)
    axis = _axis(graph, name)
    size = graph.arrays[name].shape[axis]
    if size:
        indices = graph.draw(st.lists(st.integers(-size, size - 1), min_size=1, max_size=4))
        graph.add(op, [name, graph.new(np.array(indices), graph.draw(st.booleans()))], axis=axis)


@adds("GatherElements")
def gather_elements(graph, op):
    name = graph.pick(least_rank=1)
    axis, array = _axis(graph, name), graph.arrays[name]
    if array.size:
        indices = np.abs(graph.numbers(array.shape, "i")) % array.shape[axis]
        graph.add(op, [name, graph.new(indices, graph.draw(st.booleans()))], axis=axis)


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
        graph.add(op, [name], axis=_axis(graph, name))


@adds("CumSum")
def cumulative(graph, op):
    name = graph.pick("fi", least_rank=1)
    axis = graph.new(np.array(_axis(graph, name)), False)
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


@adds("Trilu")
def trilu(graph, op):
    graph.add(op, [graph.pick(least_rank=2)], upper=graph.draw(st.integers(0, 1)))


@adds("ConstantOfShape")
def constant_of_shape(graph, op):
    shape = graph.add("Shape", [graph.pick(least_rank=1)])
    if shape:
        graph.add(op, shape)


def _axis(graph, name):
    rank = graph.arrays[name].ndim
    return graph.draw(st.integers(-rank, rank - 1))


CLAIMED = sorted(op for op in ADDERS if ("", op) in claimed_ops())
