"""Given forms: what the QuantizeLinear and DequantizeLinear of a model say of its values.

All bytes are int8 here: a uint8 less 128 is one, and so is its zero point less 128.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.quantization.form import Form

BYTES = {"int8": 0, "uint8": 128}


def find_forms(graph: Graph) -> dict[str, Form]:
    """Return the forms of quantized values, and in which their dequantized ones read them.

    Both by their outputs. Quantized values are among them if they have one scale for all, and
    nothing reads them that does not dequantize them so, too.
    """
    forms: dict[str, Form] = {}
    dtypes: dict[str, str] = {}
    read = set(graph.outputs)
    for node in graph.nodes:
        (output, *_), (source, *others) = node.outputs, (*node.inputs, "")
        form = None
        if node.op == "quantize_linear":
            dtypes[output] = str(node.attributes["to"])
            form = _form(node, dtypes[output], graph.constants)
        elif node.op == "dequantize_linear":
            form = _form(node, dtypes.get(source, ""), graph.constants)
        if form is not None:
            forms[output] = form
        read.update(others if form is not None else (source, *others))
    quantized = {name for name in dtypes if name in forms and name not in read}
    sources = {node.outputs[0]: node.inputs[0] for node in graph.nodes if node.outputs[0] in forms}
    return {
        name: form
        for name, form in forms.items()
        if name in quantized or (name not in dtypes and sources[name] in quantized)
    }


def _form(node: Node, dtype: str, constants: Mapping[str, np.ndarray]) -> Form | None:
    """Return what bytes of a step stand for, if it has one scale for all of them."""
    scale, zero = constants.get(node.inputs[1]), constants.get(node.inputs[2])
    known = zero.size == 1 and zero.dtype.name == dtype if zero is not None else not node.inputs[2]
    if dtype not in BYTES or scale is None or scale.size != 1 or not known:
        return None
    number = float(scale.reshape(()))
    reciprocal = np.float32(1) / np.float32(number) if number else np.float32(0)
    if scale.dtype != np.float32 or not 0 < number < math.inf or not np.isfinite(reciprocal):
        return None
    point = 0 if zero is None else int(zero.reshape(()))
    return Form(number, point - BYTES[dtype])
