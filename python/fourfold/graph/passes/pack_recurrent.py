"""Pack: LSTM and GRU in INT8, as ``lstm_s8`` and ``gru_s8`` take them."""

from __future__ import annotations

import numpy as np

from fourfold.graph.ir import Node
from fourfold.graph.passes.pack import Draft, Key, Packing, QuantizedWeight
from fourfold.graph.passes.stored import filled, store_s8, stored_columns


def resets_product(node: Node) -> bool:
    """Return whether the last gate's product with the state is reset, with a bias of its own."""
    return node.op == "gru" and bool(node.attributes.get("linear_before_reset", 0))


def recurrent(node: Node, quantized: tuple[QuantizedWeight, ...], packing: Packing) -> Draft:
    """Return a recurrent layer in INT8.

    ONNX has a gate's columns as rows, [directions, gates * hidden, depth]; the op has the gates
    side by side, each stored as a weight of its own would be.
    """
    x, w, r, bias, *states = node.inputs
    hidden = quantized[1].values.shape[2]

    def matrix(name: str, found: QuantizedWeight) -> tuple[Key, Key]:
        key = (name, str(hidden))  # the same rows may be other gates in a layer of another size
        depth = found.values.shape[2]
        return (
            packing.constant(("gates_s8", *key), lambda: _stored(found.values, hidden)),
            packing.by_column(
                ("gate_scales", *key), depth, lambda: _by_column(found.scales, depth, hidden, 1)
            ),
        )

    def added(half: int) -> Key | None:
        resets, depth = resets_product(node), quantized[0].values.shape[2]
        if half and not resets:
            return None
        directions, rows, _ = quantized[1].values.shape
        values = packing.graph.constants[bias] if bias else np.zeros((directions, 2 * rows))
        key = ("gate_bias", bias, r, str(depth), str(hidden), str(resets), str(half))

        def make() -> np.ndarray:
            of_x, of_h = _biases(values, hidden if resets else 0)
            return of_h if half else _by_column(of_x, depth, hidden, 0)

        return packing.constant(key, make)

    keys: list[Key | None] = [packing.value(x)]
    for half, (name, found) in enumerate(zip((w, r), quantized, strict=True)):
        keys += [*matrix(name, found), added(half)]
    keys += [packing.value(name) for name in states]
    attributes = {**node.attributes, "depth": quantized[0].values.shape[2]}
    return Draft(node, f"{node.op}_s8", tuple(keys), attributes)


def _stored(values: np.ndarray, hidden: int) -> np.ndarray:
    """[directions, gates * hidden, depth] -> the stored matrix of each direction."""
    directions, _, depth = values.shape
    by_gate = values.reshape(directions, -1, hidden, depth)
    return np.stack([_side_by_side([store_s8(gate.T) for gate in own]) for own in by_gate])


def _side_by_side(gates: list[np.ndarray]) -> np.ndarray:
    is_plain = gates[0].ndim == 2
    return np.concatenate(gates, axis=1 if is_plain else 0)


def _biases(values: np.ndarray, apart: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what is added to x's product, and to the last columns of the state's, so many.

    All else of ONNX's second half goes to x's product as well, where the engine adds it once for
    all steps.
    """
    of_x, of_h = np.split(values.astype(np.float32), 2, axis=1)
    joined = of_x.shape[1] - apart
    of_x[:, :joined] += of_h[:, :joined]
    return of_x, np.ascontiguousarray(of_h[:, joined:])


def _by_column(values: np.ndarray, depth: int, hidden: int, fill: float) -> np.ndarray:
    """[directions, gates * hidden] -> [directions, columns], those of a matrix so deep."""
    by_gate = values.reshape(len(values), -1, hidden)
    return filled(by_gate, stored_columns(depth, hidden), fill).reshape(len(values), -1)
