"""Ops that move elements: for each, inputs and attributes that fit."""

import numpy as np
from hypothesis import strategies as st

from onnx_fuzz.adding import draw_axis, registrar

MOVEMENT = {}
adds = registrar(MOVEMENT)


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
    graph.add(op, [name], axis=draw_axis(graph, name) if graph.arrays[name].ndim else 0)


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
    axis = draw_axis(graph, name)
    shape = list(graph.arrays[name].shape)
    shape[axis] = graph.draw(st.integers(1, 3))
    other = graph.new(graph.numbers(shape, graph.arrays[name].dtype.kind), True)
    graph.add(op, graph.draw(st.permutations([name, other, name])), axis=axis)


@adds("Split")
def split(graph, op):
    name = graph.pick(least_rank=1)
    axis = draw_axis(graph, name)
    size = graph.arrays[name].shape[axis]
    first = graph.draw(st.integers(0, size))
    graph.add(op, [name, graph.integers(first, size - first)], 2, axis=axis)


@adds("Slice")
def slice_(graph, op):
    name = graph.pick(least_rank=1)
    axis = draw_axis(graph, name)
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
    axis = draw_axis(graph, name)
    size = graph.arrays[name].shape[axis]
    if size:
        indices = graph.draw(st.lists(st.integers(-size, size - 1), min_size=1, max_size=4))
        graph.add(op, [name, graph.new(np.array(indices), graph.draw(st.booleans()))], axis=axis)


@adds("GatherElements")
def gather_elements(graph, op):
    name = graph.pick(least_rank=1)
    axis, array = draw_axis(graph, name), graph.arrays[name]
    if array.size:
        indices = np.abs(graph.numbers(array.shape, "i")) % array.shape[axis]
        graph.add(op, [name, graph.new(indices, graph.draw(st.booleans()))], axis=axis)


@adds("Trilu")
def trilu(graph, op):
    graph.add(op, [graph.pick(least_rank=2)], upper=graph.draw(st.integers(0, 1)))


@adds("ConstantOfShape")
def constant_of_shape(graph, op):
    shape = graph.add("Shape", [graph.pick(least_rank=1)])
    if shape:
        graph.add(op, shape)
