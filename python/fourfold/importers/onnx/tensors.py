"""Tensors of an ONNX file as arrays: those inside it, and those in files beside it, mapped."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from fourfold.errors import ModelFileError
from fourfold.importers.onnx.refusal import UnsupportedNode
from fourfold.importers.onnx.types import CONSTANT_ONLY, ENGINE, element_name

ReadTensor = Callable[[onnx.TensorProto], np.ndarray]


def tensor_reader(origin: str, folder: Path | None) -> ReadTensor:
    """Return a function that makes an array of a tensor, in the dtype that the graph holds it in.

    Parameters
    ----------
    origin : str
        What messages call the model.
    folder : Path or None
        Where the model lies: external data is read from it and the folders in it, from nowhere
        else, and mapped instead of read. None for a model that is in no folder.

    The function raises ``ModelFileError`` for a tensor that is not what it says, and
    ``UnsupportedNode`` for one of a type that the engine has not.
    """

    def read(tensor: onnx.TensorProto) -> np.ndarray:
        if any(size < 0 for size in tensor.dims):
            raise ModelFileError(
                f"{origin}: tensor {tensor.name!r}: its shape is {tuple(tensor.dims)}"
            )
        dtype = ENGINE.get(tensor.data_type) or CONSTANT_ONLY.get(tensor.data_type)
        if dtype is None:
            raise UnsupportedNode(
                f"a constant of type {element_name(tensor.data_type)} ({tensor.name!r})"
            )
        try:
            external = tensor.data_location == onnx.TensorProto.EXTERNAL
            array = _map(tensor, folder) if external else numpy_helper.to_array(tensor)
            return array.astype(dtype, copy=False)
        except (ValueError, TypeError, OSError, OverflowError) as error:
            raise ModelFileError(f"{origin}: tensor {tensor.name!r}: {error}") from None

    return read


def _map(tensor: onnx.TensorProto, folder: Path | None) -> np.ndarray:
    """Return a tensor that lies in another file, mapped into memory."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    if folder is None:
        raise ValueError("its data is in another file: give the path of the model, not its content")
    root = folder.resolve()
    path = (root / location).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise ValueError(f"its data must be in a file in the model's folder, not {location!r}")
    dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
    if tensor.data_type in CONSTANT_ONLY:
        raise ValueError(f"external data of type {element_name(tensor.data_type)} is not supported")
    count = math.prod(tensor.dims)
    offset, size = int(entries.get("offset", 0)), path.stat().st_size
    expected = count * dtype.itemsize
    length = int(entries.get("length", expected))
    if length != expected or offset < 0 or offset + length > size:
        raise ValueError(
            f"expected {expected} bytes of data from an offset within {location!r} ({size} bytes), "
            f"received {length} from offset {offset}"
        )
    if count == 0:
        return np.empty(tuple(tensor.dims), dtype)
    return np.asarray(np.memmap(path, dtype, "r", offset, (count,))).reshape(tuple(tensor.dims))
