"""g2p-en's network as ONNX: one step of its encoder and one of its decoder, both GRU cells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

HIDDEN, PHONEMES = 256, 74


class _Builder:
    """Nodes and initializers of a graph, from g2p-en's arrays."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.arrays = arrays
        self.nodes: list = []
        self.initializers: list = []

    def node(self, op: str, inputs: list[str], *outputs: str, **attributes: int) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(op, inputs, list(outputs), **attributes))
        return outputs[0]

    def constant(self, name: str, transposed: bool = False) -> str:
        from onnx import numpy_helper

        array = self.arrays[name].astype(np.float32)
        array = np.ascontiguousarray(array.T if transposed else array)
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def linear(self, x: str, weight: str, bias: str, output: str) -> str:
        product = self.node("MatMul", [x, self.constant(weight, transposed=True)], f"{output}_0")
        return self.node("Add", [product, self.constant(bias)], output)

    def gru_cell(self, prefix: str) -> None:
        """From ``<prefix>_tok`` and ``<prefix>_h`` to ``<prefix>_h2``: reset, update and new."""
        token, hidden = f"{prefix}_tok", f"{prefix}_h"
        x = self.node("Gather", [self.constant(f"{prefix}_emb"), token], f"{prefix}_x")
        for side, source in (("ih", x), ("hh", hidden)):
            total = self.linear(
                source, f"{prefix}_w_{side}", f"{prefix}_b_{side}", f"{prefix}_{side}"
            )
            gates = [f"{total}_{gate}" for gate in "rzn"]
            self.node("Split", [total], *gates, axis=-1, num_outputs=3)
        for gate in "rz":
            both = [f"{prefix}_ih_{gate}", f"{prefix}_hh_{gate}"]
            self.node("Sigmoid", [self.node("Add", both, f"{prefix}_{gate}_0")], f"{prefix}_{gate}")
        kept = self.node("Mul", [f"{prefix}_r", f"{prefix}_hh_n"], f"{prefix}_kept")
        new = self.node("Add", [f"{prefix}_ih_n", kept], f"{prefix}_new_0")
        new = self.node("Tanh", [new], f"{prefix}_new")
        change = self.node("Sub", [hidden, new], f"{prefix}_change")
        change = self.node("Mul", [f"{prefix}_z", change], f"{prefix}_held")
        self.node("Add", [new, change], f"{prefix}_h2")


def step_model(arrays: Mapping[str, np.ndarray]) -> bytes:
    """An ONNX model: tokens [batch], states [batch, 256] -> states, logits [batch, 74]."""
    from onnx import TensorProto, helper

    builder = _Builder(arrays)
    for prefix in ("enc", "dec"):
        builder.gru_cell(prefix)
    builder.linear("dec_h2", "fc_w", "fc_b", "logits")

    def state(name: str, width: int = HIDDEN):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", width])

    def token(name: str):
        return helper.make_tensor_value_info(name, TensorProto.INT64, ["batch"])

    graph = helper.make_graph(
        builder.nodes,
        "g2p_step",
        [token("enc_tok"), state("enc_h"), token("dec_tok"), state("dec_h")],
        [state("enc_h2"), state("dec_h2"), state("logits", PHONEMES)],
        builder.initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return model.SerializeToString()
