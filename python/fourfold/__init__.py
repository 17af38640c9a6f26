"""INT8 models on the CPU: smaller, faster, the same bits everywhere, with proof.

``quantize_model`` takes a trained model and test data, and returns a drop-in for it in INT8, or the
model itself and the reasons why not.

Importing this package does not import a framework, prints nothing, and starts no thread.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fourfold._version import __version__
from fourfold.errors import (
    FourfoldError,
    ModelFileError,
    QuantizationRejectedError,
    UnsupportedModelError,
)
from fourfold.machine import active_isa, get_threads, set_threads, supported_isas, use_isa

if TYPE_CHECKING:
    from fourfold.activations import ACTIVATIONS
    from fourfold.api import quantize_model
    from fourfold.dense import Dense
    from fourfold.gate import Gate, Verdict, should_quantize
    from fourfold.loading import load
    from fourfold.quantization.config import QuantizationConfig
    from fourfold.result import QuantizationResult
    from fourfold.sequential import Sequential
    from fourfold.session import (
        ExecutionMode,
        ExecutionOrder,
        GraphOptimizationLevel,
        InferenceSession,
        IOBinding,
        NodeArg,
        OrtValue,
        RunOptions,
        SessionOptions,
        get_available_providers,
        get_device,
        set_default_logger_severity,
    )
    from fourfold.stats import LayerRecord, QuantizationStats

# Where the other public names are; a module is imported when the first of its names is used.
_MODULES = {
    "ACTIVATIONS": "activations",
    "Dense": "dense",
    "ExecutionMode": "session",
    "ExecutionOrder": "session",
    "Gate": "gate",
    "GraphOptimizationLevel": "session",
    "IOBinding": "session",
    "InferenceSession": "session",
    "LayerRecord": "stats",
    "NodeArg": "session",
    "OrtValue": "session",
    "QuantizationConfig": "quantization.config",
    "QuantizationResult": "result",
    "QuantizationStats": "stats",
    "RunOptions": "session",
    "Sequential": "sequential",
    "SessionOptions": "session",
    "Verdict": "gate",
    "get_available_providers": "session",
    "get_device": "session",
    "load": "loading",
    "quantize_model": "api",
    "set_default_logger_severity": "session",
    "should_quantize": "gate",
}

__all__ = [
    "ACTIVATIONS",
    "Dense",
    "ExecutionMode",
    "ExecutionOrder",
    "FourfoldError",
    "Gate",
    "GraphOptimizationLevel",
    "IOBinding",
    "InferenceSession",
    "LayerRecord",
    "ModelFileError",
    "NodeArg",
    "OrtValue",
    "QuantizationConfig",
    "QuantizationRejectedError",
    "QuantizationResult",
    "QuantizationStats",
    "RunOptions",
    "Sequential",
    "SessionOptions",
    "UnsupportedModelError",
    "Verdict",
    "__version__",
    "active_isa",
    "get_available_providers",
    "get_device",
    "get_threads",
    "load",
    "quantize_model",
    "set_default_logger_severity",
    "set_threads",
    "should_quantize",
    "supported_isas",
    "use_isa",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'fourfold' has no attribute {name!r}")
    value = getattr(import_module(f"fourfold.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
