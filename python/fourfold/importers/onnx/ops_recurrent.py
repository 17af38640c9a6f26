"""Translators of recurrent layers: x [steps, batch, inputs] through gates with a state."""

from __future__ import annotations

from collections.abc import Mapping

from fourfold.graph.ir import Attribute
from fourfold.importers.onnx.emitter import Emitter
from fourfold.importers.onnx.node import OnnxNode
from fourfold.importers.onnx.refusal import UnsupportedNode
from fourfold.importers.onnx.registry import Result, translates

OUTPUTS: Mapping[str, int] = {"LSTM": 3, "GRU": 2, "RNN": 2}

FLAGS: Mapping[str, tuple[str, ...]] = {
    "LSTM": ("input_forget",),
    "GRU": ("linear_before_reset",),
    "RNN": (),
}

# Of one direction; activations are named in the order of the gates.
DEFAULT_ACTIVATIONS: Mapping[str, tuple[str, ...]] = {
    "LSTM": ("Sigmoid", "Tanh", "Tanh"),
    "GRU": ("Sigmoid", "Tanh"),
    "RNN": ("Tanh",),
}


@translates(*OUTPUTS, needs=["lstm", "gru", "rnn"])
def recurrent(node: OnnxNode, emitter: Emitter) -> Result:
    """All states, the last state, and for LSTM the last cell."""
    direction = node.text("direction")
    attributes: dict[str, Attribute] = {
        "hidden": _hidden(node),
        "direction": direction,
        "activations": _activations(node, 2 if direction == "bidirectional" else 1),
        "layout": node.integer("layout", 0),
        **{name: node.integer(name, 0) for name in FLAGS[node.op_type]},
    }
    for name in ("activation_alpha", "activation_beta"):
        if node.has(name):
            attributes[name] = node.reals(name)
    if node.has("clip"):
        attributes["clip"] = node.real("clip")
    op = node.op_type.lower()
    return emitter.emit_all(op, node.inputs, OUTPUTS[node.op_type], **attributes)


def _hidden(node: OnnxNode) -> int:
    """Return the size of the state: as the node says, else as the recurrent weight has it."""
    if node.has("hidden_size"):
        return node.integer("hidden_size")
    shape = node.static_shape(2)
    if not shape:
        raise UnsupportedNode("neither hidden_size nor the shape of R tells the size of the state")
    return shape[-1]


def _activations(node: OnnxNode, directions: int) -> str:
    """Return the activations of all directions, joined by commas, in lower case."""
    names = node.texts("activations", DEFAULT_ACTIVATIONS[node.op_type] * directions)
    # The schema's default for RNN is of two directions whatever the direction.
    count = len(DEFAULT_ACTIVATIONS[node.op_type]) * directions
    return ",".join(name.lower() for name in names[:count])
