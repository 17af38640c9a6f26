"""A quantization of an ONNX model as a standard ONNX model in QDQ form.

The graph is the original's. Of a layer in INT8 the weight is an int8 initializer with
DequantizeLinear behind it, one scale for each output channel and zero points of 0: the values and
scales that fourfold runs with, but for what it folds into weights (scalers, a factor of Gemm, what
stands around a convolution). Of what convolutions read, and all else that is int8 between them, the
activations are quantized, too (``qdq_activations``): other runtimes then run the same INT8 network,
but that fourfold evens out channels, and takes off a convolution's mean error. A product runs in
float wherever the file runs, because ONNX has no dynamic quantization by row: DynamicQuantizeLinear
has one scale for a whole tensor, which would lose the quality that was measured. Of an embedding
int8 rows are taken, and then their scales: no table in float is made.
"""

from __future__ import annotations

import os
from collections.abc import Collection

import onnx
from onnx import checker, external_data_helper, version_converter

from fourfold.errors import UnsupportedModelError
from fourfold.exporters.qdq import QdqWriter
from fourfold.exporters.qdq_activations import quantize_activations
from fourfold.importers.onnx.model import build_graph
from fourfold.importers.onnx.source import OnnxModel, Source, read_source
from fourfold.model_file.replacing import replacing
from fourfold.quantization.activations import NO_ACTIVATIONS, ActivationForms

# The first that has DequantizeLinear with a scale for each index of an axis.
OLDEST_OPSET = 13


def export_onnx(
    source: Source,
    int8_layers: Collection[str],
    path: str | os.PathLike[str],
    activations: ActivationForms = NO_ACTIVATIONS,
) -> tuple[str, ...]:
    """Write the original of a quantized model with the weights of some layers in int8.

    Parameters
    ----------
    source : path, bytes or onnx.ModelProto
        The original. It is not changed.
    int8_layers : collection of str
        The layers in INT8, by the names of their nodes.
    path : path
        The file to write. It is written whole or not at all.
    activations : ActivationForms, optional
        The scales of values that are int8; without them all of them stay float32.

    Returns
    -------
    tuple of str
        The layers among them that stay in float32: those inside of functions, and recurrent ones.

    Raises
    ------
    UnsupportedModelError
        If the model's opset is older than 13 and onnx cannot convert it, or none of the layers can
        be written.
    ModelFileError
        If the original is damaged.
    OSError
        If a file cannot be read or written.
    """
    model = _as_new_as_needed(_complete(read_source(source)))
    graph, _ = build_graph(model)
    writer = QdqWriter(model.proto.graph, graph, activations)
    written = writer.write(int8_layers)
    if not written:
        raise UnsupportedModelError(
            f"{model.origin}: none of its {len(int8_layers)} layers in INT8 has a form in ONNX: "
            f"expected a MatMul, Gemm, Conv or Gather of the graph itself with a constant"
        )
    quantize_activations(model.proto.graph, activations)
    checker.check_model(model.proto, full_check=True)
    with replacing(path) as temporary:
        temporary.write_bytes(model.proto.SerializeToString())
    return tuple(name for name in int8_layers if name not in written)


def _complete(model: OnnxModel) -> OnnxModel:
    """Return a copy that has all data inside it, and a name for every node."""
    proto = onnx.ModelProto()
    proto.CopyFrom(model.proto)
    if model.folder is not None:
        external_data_helper.load_external_data_for_model(proto, str(model.folder))
    for node in proto.graph.node:
        node.name = node.name or next(filter(None, node.output), node.op_type)
    return OnnxModel(model.origin, proto, None)


def _as_new_as_needed(model: OnnxModel) -> OnnxModel:
    version = model.opsets.get("", OLDEST_OPSET)
    if version >= OLDEST_OPSET:
        return model
    try:
        proto = version_converter.convert_version(model.proto, OLDEST_OPSET)
    except (RuntimeError, ValueError) as error:
        raise UnsupportedModelError(
            f"{model.origin}: its opset is {version}, scales by channel need {OLDEST_OPSET}, and "
            f"onnx cannot convert it: {error}"
        ) from None
    return OnnxModel(model.origin, proto, None)
