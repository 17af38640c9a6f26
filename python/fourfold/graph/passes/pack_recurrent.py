"""Pack: LSTM and GRU in INT8, as ``lstm_s8`` and ``gru_s8`` take them."""

from __future__ import annotations

import numpy as np

from fourfold import _core
from fourfold.graph.ir import Node
from fourfold.graph.passes.pack import PANEL_COLUMNS, Draft, Key, Packing, QuantizedWeight


def recurrent(node: Node, quantized: tuple[QuantizedWeight, ...], packing: Packing) -> Draft:
    """Return a recurrent layer in INT8.

    ONNX has a gate's columns as rows, [directions, gates * hidden, depth]; the op has the gates
    side by side, each padded to whole panels.
    """
    x, w, r, bias, *states = node.inputs
    hidden = quantized[1].values.shape[2]

    def matrix(name: str, found: QuantizedWeight) -> tuple[Key, Key]:
        key = (name, str(hidden))  # the same rows may be other gates in a layer of another size
        return (
            packing.constant(("gates_s8", *key), lambda: _packed(found.values, hidden)),
            packing.constant(("gate_scales", *key), lambda: _by_column(found.scales, hidden, 1)),
        )

    def added(half: int) -> Key:
        resets_product = node.op == "gru" and bool(node.attributes.get("linear_before_reset", 0))
        directions, rows, _ = quantized[1].values.shape
        values = packing.graph.constants[bias] if bias else np.zeros((directions, 2 * rows))
        key = ("gate_bias", bias, r, str(hidden), str(resets_product), str(half))
        return packing.constant(key, lambda: _bias(values, half, hidden, resets_product))

    keys = [packing.value(x)]
    for half, (name, found) in enumerate(zip((w, r), quantized, strict=True)):
        keys += [*matrix(name, found), added(half)]
    keys += [packing.value(name) for name in states]
    attributes = {**node.attributes, "depth": quantized[0].values.shape[2]}
    return Draft(node, f"{node.op}_s8", tuple(keys), attributes)


def _packed(values: np.ndarray, hidden: int) -> np.ndarray:
    """[directions, gates * hidden, depth] -> the packed matrix of each direction."""
    directions, _, depth = values.shape
    by_gate = values.reshape(directions, -1, hidden, depth)
    padded = np.pad(by_gate, [(0, 0), (0, 0), (0, -hidden % PANEL_COLUMNS), (0, 0)])
    rows = padded.reshape(directions, -1, depth)
    return np.stack([_core.pack_s8(np.ascontiguousarray(own.T)) for own in rows])


def _bias(values: np.ndarray, half: int, hidden: int, resets_product: bool) -> np.ndarray:
    """Return what is added to x's product (half 0) or to the state's (half 1).

    Both of ONNX's halves go to x's product, where the engine adds them once for all steps. But a
    GRU that resets its product has its last gate's second half within what is reset.
    """
    of_x, of_h = np.split(values.astype(np.float32), 2, axis=1)
    joined = of_x.shape[1] - (hidden if resets_product else 0)
    of_x[:, :joined] += of_h[:, :joined]
    of_h[:, :joined] = 0
    return _by_column((of_x, of_h)[half], hidden, 0)


def _by_column(values: np.ndarray, hidden: int, fill: float) -> np.ndarray:
    """[directions, gates * hidden] -> [directions, columns], each gate's filled up to panels."""
    by_gate = values.reshape(len(values), -1, hidden)
    padding = [(0, 0), (0, 0), (0, -hidden % PANEL_COLUMNS)]
    return np.pad(by_gate, padding, constant_values=fill).reshape(len(values), -1)
