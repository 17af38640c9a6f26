"""Sessions as backends of ONNX's own test-suite: fourfold's, in parts, and onnxruntime's."""

import ml_dtypes
import numpy as np
import onnxruntime
from onnx.backend.base import Backend, BackendRep

import fourfold as ff


class PreparedSession(BackendRep):
    """A session, called by the order of its inputs."""

    def __init__(self, session):
        self._session = session

    def run(self, inputs, **kwargs):
        names = [node.name for node in self._session.get_inputs()]
        results = self._session.run(None, dict(zip(names, inputs, strict=False)))
        kinds = [node.type for node in self._session.get_outputs()]
        return [
            y.view(ml_dtypes.bfloat16) if kind == "tensor(bfloat16)" and y.dtype == np.uint16 else y
            for y, kind in zip(results, kinds, strict=True)
        ]


class SessionBackend(Backend):
    """fourfold's sessions: what the engine lacks runs in onnxruntime."""

    @classmethod
    def prepare(cls, model, device="CPU", **kwargs):
        return PreparedSession(ff.InferenceSession(model))

    @classmethod
    def supports_device(cls, device):
        return device == "CPU"


class RuntimeBackend(SessionBackend):
    """onnxruntime alone."""

    @classmethod
    def prepare(cls, model, device="CPU", **kwargs):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        content = model.SerializeToString()
        return PreparedSession(onnxruntime.InferenceSession(content, options))
