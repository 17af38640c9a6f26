"""A linear layer in each engine: from weight [depth, columns] and bias to a function of x.

Every engine is set to one thread, and given what its documentation recommends for INT8 on a CPU.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Layer = Callable[[np.ndarray], np.ndarray]


def fourfold_int8(weight: np.ndarray, bias: np.ndarray) -> Layer:
    import fourfold as ff

    ff.set_threads(1)
    network = ff.Sequential([ff.Dense(weight, bias)])
    probe = np.ones((1, len(weight)), np.float32)
    gate = ff.Gate(min_speedup=0.0, max_accuracy_loss=100.0)
    return ff.quantize_model(network, probe, gate=gate, strict=True).model


def fourfold_float32(weight: np.ndarray, bias: np.ndarray) -> Layer:
    import fourfold as ff
    from fourfold.importers import import_model
    from fourfold.quantization.build import quantize_graph

    ff.set_threads(1)
    network = ff.Sequential([ff.Dense(weight, bias)])
    config = ff.QuantizationConfig(keep_float=network.layer_names)
    return quantize_graph(import_model(network).graph, config).program


def _onnx_file(weight: np.ndarray, bias: np.ndarray, folder: str) -> str:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    (depth, columns), kind = weight.shape, TensorProto.FLOAT
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "weight"], ["product"]),
            helper.make_node("Add", ["product", "bias"], ["y"]),
        ],
        "linear",
        [helper.make_tensor_value_info("x", kind, ["rows", depth])],
        [helper.make_tensor_value_info("y", kind, ["rows", columns])],
        [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(bias, "bias")],
    )
    path = str(Path(folder) / "linear.onnx")
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.save(model, path)
    return path


def _onnxruntime_session(path: str) -> Layer:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"x": x})[0]


def onnxruntime_float32(weight: np.ndarray, bias: np.ndarray) -> Layer:
    with tempfile.TemporaryDirectory() as folder:
        return _onnxruntime_session(_onnx_file(weight, bias, folder))


def onnxruntime_int8(weight: np.ndarray, bias: np.ndarray) -> Layer:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "int8.onnx")
        original = _onnx_file(weight, bias, folder)
        quantize_dynamic(original, path, weight_type=QuantType.QInt8, per_channel=True)
        return _onnxruntime_session(path)


def _openvino_layer(model: Any, precision: str) -> Layer:
    import openvino

    settings = {
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": precision,
    }
    request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
    return lambda x: request.infer([x], share_inputs=True, share_outputs=True)[0]


def openvino_bf16(weight: np.ndarray, bias: np.ndarray) -> Layer:
    import openvino

    with tempfile.TemporaryDirectory() as folder:
        return _openvino_layer(openvino.Core().read_model(_onnx_file(weight, bias, folder)), "bf16")


def openvino_int8(weight: np.ndarray, bias: np.ndarray) -> Layer:
    import nncf
    import openvino

    rng = np.random.default_rng(3)
    rows = [rng.standard_normal((64, len(weight)), np.float32) for _ in range(4)]
    with tempfile.TemporaryDirectory() as folder:
        model = openvino.Core().read_model(_onnx_file(weight, bias, folder))
        quantized = nncf.quantize(model, nncf.Dataset(rows), subset_size=len(rows))
    return _openvino_layer(quantized, "f32")


def torch_int8(weight: np.ndarray, bias: np.ndarray) -> Layer:
    import torch

    torch.set_num_threads(1)
    torch.backends.quantized.engine = "onednn"
    layer = torch.nn.Linear(*weight.shape)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight.T))
        layer.bias.copy_(torch.from_numpy(bias))
    quantized = torch.ao.quantization.quantize_dynamic(layer.eval(), {torch.nn.Linear})
    if isinstance(quantized, torch.nn.Linear):  # a bare Linear is no child that could be replaced
        wrapped = torch.nn.Sequential(layer)
        quantized = torch.ao.quantization.quantize_dynamic(wrapped, {torch.nn.Linear})

    def run(x: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return quantized(torch.from_numpy(x)).numpy()

    return run


ENGINES: dict[str, Callable[[np.ndarray, np.ndarray], Layer]] = {
    "fourfold int8": fourfold_int8,
    "onnxruntime int8": onnxruntime_int8,
    "openvino int8": openvino_int8,
    "torch int8": torch_int8,
    "openvino bf16": openvino_bf16,
    "fourfold float32": fourfold_float32,
    "onnxruntime float32": onnxruntime_float32,
}
