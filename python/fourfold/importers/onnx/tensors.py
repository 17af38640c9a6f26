"""Tensors of an ONNX file as arrays: those inside it, and those in files beside it, mapped."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from fourfold.errors import ModelFileError
from fourfold.importers.onnx.refusal import UnsupportedNode
from fourfold.importers.onnx.types import CONSTANT_ONLY, ENGINE, element_name


class TensorReader:
    """Makes arrays of tensors, in the dtypes that the graph holds them in.

    Parameters
    ----------
    origin : str
        What messages call the model.
    folder : Path or None
        Where the model lies: external data is read from it and the folders in it, from nowhere
        else, and mapped instead of read. None for a model that is in no folder.
    """

    def __init__(self, origin: str, folder: Path | None) -> None:
        self._origin = origin
        self._folder = folder
        self._inside = 0
        self._files: dict[Path, int] = {}

    @property
    def stored_bytes(self) -> int:
        """Bytes of the tensors read so far, and of the files that others lie in."""
        return self._inside + sum(self._files.values())

    def __call__(self, tensor: onnx.TensorProto) -> np.ndarray:
        """Return a tensor as an array.

        Raises
        ------
        ModelFileError
            If it is not what it says.
        UnsupportedNode
            If it is of a type that the engine has not.
        """
        where = f"{self._origin}: tensor {tensor.name!r}"
        if any(size < 0 for size in tensor.dims):
            raise ModelFileError(f"{where}: its shape is {tuple(tensor.dims)}")
        dtype = ENGINE.get(tensor.data_type) or CONSTANT_ONLY.get(tensor.data_type)
        if dtype is None:
            raise UnsupportedNode(
                f"a constant of type {element_name(tensor.data_type)} ({tensor.name!r})"
            )
        try:
            if tensor.data_location == onnx.TensorProto.EXTERNAL:
                array = self._map(tensor)
            else:
                array = numpy_helper.to_array(tensor)
                self._inside += array.nbytes
            return array.astype(dtype, copy=False)
        except (ValueError, TypeError, OSError, OverflowError) as error:
            raise ModelFileError(f"{where}: {error}") from None

    def _map(self, tensor: onnx.TensorProto) -> np.ndarray:
        """Return a tensor that lies in another file, mapped into memory."""
        entries = {entry.key: entry.value for entry in tensor.external_data}
        location = entries.get("location", "")
        if self._folder is None:
            raise ValueError(
                "its data is in another file: give the path of the model, not its content"
            )
        root = self._folder.resolve()
        path = (root / location).resolve()
        if not path.is_relative_to(root) or not path.is_file():
            raise ValueError(f"its data must be in a file in the model's folder, not {location!r}")
        dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
        if tensor.data_type in CONSTANT_ONLY:
            raise ValueError(
                f"external data of type {element_name(tensor.data_type)} is not supported"
            )
        count = math.prod(tensor.dims)
        offset, size = int(entries.get("offset", 0)), path.stat().st_size
        self._files[path] = size
        expected = count * dtype.itemsize
        length = int(entries.get("length", expected))
        if length != expected or offset < 0 or offset + length > size:
            raise ValueError(
                f"expected {expected} bytes of data within {location!r} ({size} bytes), received "
                f"{length} from offset {offset}"
            )
        if count == 0:
            return np.empty(tuple(tensor.dims), dtype)
        return np.asarray(np.memmap(path, dtype, "r", offset, (count,))).reshape(tuple(tensor.dims))
