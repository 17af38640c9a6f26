"""Translators of activations.

In float32 they are the engine's kernels, which other nodes can take in; in float64 the engine has
some, and ONNX's function bodies the rest.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fourfold import _core
from fourfold.importers.onnx.emitter import Emitter
from fourfold.importers.onnx.node import OnnxNode
from fourfold.importers.onnx.refusal import UnsupportedNode
from fourfold.importers.onnx.registry import Result, translates

# Those that the engine has as a unary op of other types too.
UNARY: Mapping[str, str] = {"Relu": "relu", "Tanh": "tanh", "Sigmoid": "sigmoid"}

# The engine's hard_sigmoid is clamp(alpha * x + 0.5, 0, 1).
HARD_SIGMOID_BETA = 0.5


@translates(*UNARY, needs=["activation", "unary"])
def plain(node: OnnxNode, emitter: Emitter) -> Result:
    """Relu, Tanh and Sigmoid."""
    kind = UNARY[node.op_type]
    if node.dtype() == "float32":
        return emitter.emit("activation", node.input(0), kind=kind, alpha=0.0)
    return emitter.emit("unary", node.input(0), kind=kind)


@translates("LeakyRelu", needs=["activation"])
def leaky_relu(node: OnnxNode, emitter: Emitter) -> Result:
    """Below zero alpha * x."""
    return _activation(node, emitter, "leaky_relu", node.real("alpha"))


@translates("Elu", needs=["activation"])
def elu(node: OnnxNode, emitter: Emitter) -> Result:
    """Below zero alpha * (exp(x) - 1)."""
    return _activation(node, emitter, "elu", node.real("alpha"))


@translates("Celu", needs=["activation", "binary"])
def celu(node: OnnxNode, emitter: Emitter) -> Result:
    """Below zero alpha * (exp(x / alpha) - 1): elu, stretched."""
    if node.dtype() != "float32" or not node.real("alpha") > 0:
        raise UnsupportedNode(f"{node.dtype()}, alpha {node.real('alpha')}")
    alpha = emitter.constant(node.real("alpha"), np.float32)
    narrowed = emitter.emit("binary", node.input(0), alpha, kind="div")
    bent = emitter.emit("activation", narrowed, kind="elu", alpha=1.0)
    return emitter.emit("binary", bent, alpha, kind="mul")


@translates("HardSigmoid", needs=["activation"])
def hard_sigmoid(node: OnnxNode, emitter: Emitter) -> Result:
    """clamp(alpha * x + beta, 0, 1)."""
    if node.real("beta") != HARD_SIGMOID_BETA:
        raise UnsupportedNode(f"beta is {node.real('beta')}")
    return _activation(node, emitter, "hard_sigmoid", node.real("alpha"))


@translates("HardSwish", needs=["activation"])
def hard_swish(node: OnnxNode, emitter: Emitter) -> Result:
    """X * clamp(x / 6 + 0.5, 0, 1)."""
    return _activation(node, emitter, "hard_swish", 0.0)


@translates("Gelu", needs=["activation"])
def gelu(node: OnnxNode, emitter: Emitter) -> Result:
    """X * Phi(x), Phi by erf or by tanh."""
    kind = "gelu_tanh" if node.text("approximate", "none") == "tanh" else "gelu"
    return _activation(node, emitter, kind, 0.0)


@translates("Swish", needs=["activation"])
def swish(node: OnnxNode, emitter: Emitter) -> Result:
    """X * sigmoid(alpha * x)."""
    if node.real("alpha", 1.0) != 1.0:
        raise UnsupportedNode(f"alpha is {node.real('alpha')}")
    return _activation(node, emitter, "silu", 0.0)


def _activation(node: OnnxNode, emitter: Emitter, kind: str, alpha: float) -> Result:
    if node.dtype() != "float32" or kind not in _core.activation_names():
        raise UnsupportedNode(f"{node.op_type} of {node.dtype()}")
    return emitter.emit("activation", node.input(0), kind=kind, alpha=alpha)
