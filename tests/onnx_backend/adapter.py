"""fourfold as a backend of ONNX's own test-suite: the engine alone, nothing handed to another."""

import ml_dtypes
import numpy as np
from onnx.backend.base import Backend, BackendRep

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.passes.lower import lower
from fourfold.importers.onnx import import_onnx


class PreparedModel(BackendRep):
    """A model, imported and compiled."""

    def __init__(self, model):
        imported = import_onnx(model)
        self._types = [info["type"] for info in imported.interface["outputs"]]
        self._program = CompiledProgram(lower(imported.graph, {}))

    def run(self, inputs, **kwargs):
        # NumPy has no bfloat16: a program takes and gives its bits as uint16.
        arrays = [x.view(np.uint16) if x.dtype == ml_dtypes.bfloat16 else x for x in inputs]
        result = self._program(*arrays)
        outputs = result if isinstance(result, tuple) else (result,)
        return [
            y.view(ml_dtypes.bfloat16) if kind == "tensor(bfloat16)" else y
            for y, kind in zip(outputs, self._types, strict=True)
        ]


class FourfoldBackend(Backend):
    """The backend."""

    @classmethod
    def prepare(cls, model, device="CPU", **kwargs):
        return PreparedModel(model)

    @classmethod
    def supports_device(cls, device):
        return device == "CPU"
