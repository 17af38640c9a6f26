"""onnxruntime's interface, on the engine: sessions, their options, values and bindings."""

from fourfold.session.io_binding import IOBinding, OrtValue
from fourfold.session.nodes import ModelMetadata, NodeArg
from fourfold.session.options import (
    ExecutionMode,
    ExecutionOrder,
    GraphOptimizationLevel,
    RunOptions,
    SessionOptions,
    set_default_logger_severity,
)
from fourfold.session.providers import get_available_providers, get_device
from fourfold.session.session import InferenceSession

__all__ = [
    "ExecutionMode",
    "ExecutionOrder",
    "GraphOptimizationLevel",
    "IOBinding",
    "InferenceSession",
    "ModelMetadata",
    "NodeArg",
    "OrtValue",
    "RunOptions",
    "SessionOptions",
    "get_available_providers",
    "get_device",
    "set_default_logger_severity",
]
