"""ONNX models of one recurrent layer, and float results that a test compares with."""

from dataclasses import dataclass

import numpy as np
from onnx import TensorProto

from onnx_quantize.onnx_networks import FLOAT, Builder

INT32 = TensorProto.INT32
GATES = {"LSTM": 4, "GRU": 3}
STEPS, BATCH, DEPTH, HIDDEN = 9, 5, 64, 80


@dataclass(frozen=True)
class RecurrentModel:
    """A model, and what it is fed with."""

    proto: object
    feed: dict


def recurrent_model(
    rng,
    op,
    direction="forward",
    *,
    bias=True,
    given=(),
    constant=("W", "R", "B"),
    size=None,
    **more,
):
    """A layer on x; ``given`` names the inputs beside it: lengths, h, c.

    Of W, R and B those that are not in ``constant`` are inputs as well.
    """
    depth, hidden = size or (DEPTH, HIDDEN)
    made, feed = Builder(rng), {}
    directions = 2 if direction == "bidirectional" else 1
    rows, state = GATES[op] * hidden, (directions, BATCH, hidden)
    inputs = []

    def take(name, array, kind=FLOAT):
        feed[name] = array
        inputs.append((name, kind, list(array.shape)))
        return name

    def drawn(*shape, spread=1.0):
        return (rng.normal(size=shape) * spread).astype(np.float32)

    def parameter(name, array):
        return made.constant(name, array) if name in constant else take(name, array)

    take("x", drawn(STEPS, BATCH, depth))
    names = ["x", parameter("W", drawn(directions, rows, depth, spread=depth**-0.5))]
    names.append(parameter("R", drawn(directions, rows, hidden, spread=0.5 * hidden**-0.5)))
    names.append(parameter("B", drawn(directions, 2 * rows, spread=0.2)) if bias else "")
    lengths = rng.integers(1, STEPS + 1, BATCH).astype(np.int32)
    names.append(take("lengths", lengths, INT32) if "lengths" in given else "")
    names += [take(name, drawn(*state)) if name in given else "" for name in "hc"[: GATES[op] - 2]]
    outputs = {"y": [STEPS, directions, BATCH, hidden], "y_h": list(state), "y_c": list(state)}
    outputs = dict(list(outputs.items())[: GATES[op] - 1])
    made.node(op, *names, out=outputs, direction=direction, hidden_size=hidden, **more)
    proto = made.model(inputs, [(name, FLOAT, shape) for name, shape in outputs.items()])
    return RecurrentModel(proto, feed)
