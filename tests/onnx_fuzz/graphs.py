"""Random graphs of ops whose every step fits, as small models that hypothesis can shrink."""

import warnings
from dataclasses import dataclass, field

import numpy as np
import onnx
from hypothesis import assume
from hypothesis import strategies as st
from onnx import TensorProto, checker, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from fourfold.importers.onnx.claims import claimed_ops
from onnx_fuzz.arithmetic_ops import ARITHMETIC
from onnx_fuzz.movement_ops import MOVEMENT

# By op: what adds a node of it.
ADDERS = ARITHMETIC | MOVEMENT
CLAIMED = sorted(op for op in ADDERS if ("", op) in claimed_ops())

OPSET = 18
ELEMENTS = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64, "bool": TensorProto.BOOL}

# Beyond this a graph grows no further: the reference evaluator is slow.
MAX_SIZE = 2000

# Far above a rounding error, far below what the numbers are.
NUDGE = 1e-4


@dataclass
class Drawing:
    """A graph that is being drawn. Values are known by their arrays: what the inputs give."""

    draw: object
    arrays: dict = field(default_factory=dict)
    inputs: dict = field(default_factory=dict)
    nodes: list = field(default_factory=list)
    constants: list = field(default_factory=list)
    tries: int = 0

    def new(self, array, dynamic):
        """Return the name of a new value that no node makes: an input, or a constant."""
        name = f"v{len(self.arrays)}"
        self.arrays[name] = array
        if dynamic:
            self.inputs[name] = array
        else:
            self.constants.append(numpy_helper.from_array(array, name))
        return name

    def integers(self, *values):
        """Return a constant int64 vector."""
        return self.new(np.array(values, np.int64), False)

    def values(self, kinds="fib", least_rank=0, most_rank=9):
        """Return the names of the values of some kinds of dtypes and ranks."""
        return [
            name
            for name in [*self.inputs, *(output for node in self.nodes for output in node.output)]
            if self.arrays[name].dtype.kind in kinds
            and least_rank <= self.arrays[name].ndim <= most_rank
        ]

    def pick(self, kinds="fib", least_rank=0, most_rank=9):
        """Return a value of these, a new one if there is none."""
        names = self.values(kinds, least_rank, most_rank)
        if names:
            return self.draw(st.sampled_from(names))
        shape = self.draw(shapes(least_rank, min(most_rank, 4)))
        return self.new(self.numbers(shape, kinds[0]), self.draw(st.booleans()))

    def numbers(self, shape, kind):
        """Return an array of small numbers; what they are does not matter, so a seed makes them."""
        rng = np.random.default_rng(self.draw(st.integers(0, 999)))
        if kind == "f":
            return rng.normal(size=shape).astype(np.float32)
        if kind == "b":
            return rng.random(shape) < 0.5
        return rng.integers(-5, 6, shape)

    def partner(self, name):
        """Return a value that broadcasts with another, of its dtype."""
        array = self.arrays[name]
        fitting = [
            other
            for other in self.values(array.dtype.kind)
            if _broadcasts(array.shape, self.arrays[other].shape)
        ]
        if fitting and self.draw(st.booleans()):
            return self.draw(st.sampled_from(fitting))
        rank = self.draw(st.integers(0, array.ndim))
        kept = array.shape[array.ndim - rank :]
        shape = tuple(size if self.draw(st.booleans()) else 1 for size in kept)
        return self.new(self.numbers(shape, array.dtype.kind), self.draw(st.booleans()))

    def add(self, op, inputs, outputs=1, **attributes):
        """Add a node, and return its outputs; none, and no node, if its results would not do."""
        names = [f"v{len(self.arrays) + i}" for i in range(outputs)]
        node = helper.make_node(op, inputs, names, **attributes)
        try:
            results = [self._evaluate(node, sign * NUDGE) for sign in (0, 1, -1)]
        except Exception:  # the evaluator cannot do some ops on scalars
            return []
        if not all(_is_sane(*result) for result in zip(*results, strict=True)):
            return []
        self.nodes.append(node)
        self.arrays.update(zip(names, results[0], strict=True))
        return names

    def _evaluate(self, node, nudge):
        """Return the outputs of a node, its floats off by so much."""
        arrays = {name: self.arrays[name] for name in node.input if name}
        nudged = {
            name: np.asarray(x * (1 + nudge) + nudge, x.dtype) if x.dtype.kind == "f" else x
            for name, x in arrays.items()
        }
        return evaluate(_model([node], nudged, node.output), nudged)


def evaluate(proto, feeds):
    """Return what the reference evaluator gives."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return [np.asarray(array) for array in ReferenceEvaluator(proto).run(None, feeds)]


def _is_sane(result, above, below):
    """Return whether a result is small, and a small change of the inputs makes a small difference.

    Where a rounding error decides a comparison, no two implementations agree.
    """
    if result.size > MAX_SIZE or result.dtype.name not in ELEMENTS:
        return False
    if result.dtype.kind != "f":
        exact = np.array_equal(result, above) and np.array_equal(result, below)
        return exact and not np.abs(result.astype(np.int64)).max(initial=0) > 2**20
    with np.errstate(all="ignore"):
        change = np.maximum(np.abs(above - result), np.abs(below - result))
        steady = change <= 100 * NUDGE * (1 + np.abs(result))
    return bool(steady.all()) and np.abs(result).max(initial=0) < 1e4


def shapes(least_rank, most_rank):
    """Draw shapes of few elements."""
    return st.lists(
        st.sampled_from([1, 2, 3, 4, 5, 7]), min_size=least_rank, max_size=most_rank
    ).map(tuple)


def _broadcasts(one, other):
    pairs = zip(reversed(one), reversed(other), strict=False)
    return all(a == b or 1 in (a, b) for a, b in pairs)


@st.composite
def models(draw, least=3, most=30):
    """Draw a model of up to so many ops, and its inputs."""
    drawing = Drawing(draw)
    count = draw(st.integers(least, most))
    while len(drawing.nodes) < count:
        op = draw(st.sampled_from(CLAIMED))
        ADDERS[op](drawing, op)
        drawing.tries += 1
        assume(drawing.tries <= 4 * count)
    read = {name for node in drawing.nodes for name in node.input}
    outputs = [name for node in drawing.nodes for name in node.output if name not in read]
    dynamic = draw(st.booleans())
    proto = _model(
        drawing.nodes, drawing.inputs, outputs, drawing.constants, drawing.arrays, dynamic
    )
    checker.check_model(proto)
    return proto, drawing.inputs


def _model(nodes, inputs, outputs, constants=(), arrays=None, dynamic=False):
    """Return a model; ``dynamic`` leaves the sizes of its inputs open."""
    known = arrays or {}
    graph = helper.make_graph(
        nodes,
        "random",
        [_info(name, array, dynamic) for name, array in inputs.items()],
        [
            _info(name, known[name], True) if known else onnx.ValueInfoProto(name=name)
            for name in outputs
        ],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)


def _info(name, array, dynamic):
    """Return an input or output."""
    sizes = [None if dynamic else size for size in array.shape]
    return helper.make_tensor_value_info(name, ELEMENTS[array.dtype.name], sizes)
