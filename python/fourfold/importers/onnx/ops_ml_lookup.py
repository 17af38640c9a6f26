"""The translator of ai.onnx.ml's LabelEncoder, of numbers to numbers."""

from __future__ import annotations

import numpy as np

from fourfold.importers.onnx.emitter import Emitter
from fourfold.importers.onnx.node import OnnxNode
from fourfold.importers.onnx.refusal import UnsupportedNode
from fourfold.importers.onnx.registry import ML, Result, translates

# Each key is a comparison of the whole input.
MAX_KEYS = 64


@translates("LabelEncoder", domain=ML, needs=["binary", "unary", "where"])
def label_encoder(node: OnnxNode, emitter: Emitter) -> Result:
    """For each key its value, for what is no key the default; numbers to numbers."""
    keys, values = (_table(node, emitter, which) for which in ("keys", "values"))
    if len(keys) > MAX_KEYS or len(keys) != len(values) or keys.dtype != node.dtype():
        raise UnsupportedNode(
            f"{len(keys)} keys of {keys.dtype} for {len(values)} values and an input of "
            f"{node.dtype()}; supported are {MAX_KEYS} of the input's type"
        )
    result = emitter.constant(_default(node, emitter, values.dtype), values.dtype, "default")
    for key, value in zip(keys[::-1], values[::-1], strict=True):
        entry = emitter.constant(key, keys.dtype, "key")
        test = (
            emitter.emit("unary", node.input(0), kind="is_nan")
            if key != key
            else emitter.emit("binary", node.input(0), entry, kind="equal")
        )
        result = emitter.emit("where", test, emitter.constant(value, values.dtype, "value"), result)
    return result


def _table(node: OnnxNode, emitter: Emitter, which: str) -> np.ndarray:
    """Return the keys or the values, from whichever attribute holds them."""
    if node.has(f"{which}_int64s"):
        return np.array(node.integers(f"{which}_int64s"), np.int64)
    if node.has(f"{which}_floats"):
        return np.array(node.reals(f"{which}_floats"), np.float32)
    if not node.has(f"{which}_tensor"):
        raise UnsupportedNode(f"its {which} are strings")
    return _array(node, emitter, f"{which}_tensor").reshape(-1)


def _array(node: OnnxNode, emitter: Emitter, attribute: str) -> np.ndarray:
    array = emitter.known(emitter.tensor(node.attributes[attribute]))
    assert array is not None
    return array


def _default(node: OnnxNode, emitter: Emitter, dtype: np.dtype) -> np.ndarray:
    """Return what is answered for what is no key."""
    if node.has("default_tensor"):
        return _array(node, emitter, "default_tensor").reshape(())
    if dtype == np.int64:
        return np.array(node.integer("default_int64"))
    return np.array(node.real("default_float"))
