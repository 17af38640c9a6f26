"""What ``quantize_model`` returns, and what can be done with it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from fourfold.errors import QuantizationRejectedError, UnsupportedModelError, describe_type
from fourfold.quantization.activations import NO_ACTIVATIONS, ActivationForms
from fourfold.stats import LayerRecord, QuantizationStats


@dataclass(frozen=True)
class QuantizationResult:
    """What ``quantize_model`` returns; it always has a model that runs.

    Attributes
    ----------
    model : object
        If accepted, a drop-in for what was passed in; else the very object that was passed in.
        A drop-in has ``stats`` as well.
    accepted : bool
        Whether the quantized model reached the gate's limits.
    reasons : tuple of str
        Why not, as sentences; empty if accepted. Where nothing runs in INT8, they name the layers.
    stats : QuantizationStats
        The measured figures; those that could not be measured are NaN.
    layers : tuple of LayerRecord
        What became of each layer that may run in INT8; empty if it did not come so far.
    onnx_source : path, bytes, onnx.ModelProto or None
        The ONNX model that it was made from, for `to_onnx`; None for models of other kinds.
    activations : ActivationForms
        The scales of values that are int8 between layers, for `to_onnx`.
    """

    model: Any
    accepted: bool
    reasons: tuple[str, ...]
    stats: QuantizationStats
    layers: tuple[LayerRecord, ...] = ()
    onnx_source: Any = field(default=None, repr=False)
    activations: ActivationForms = field(default=NO_ACTIVATIONS, repr=False)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the quantized model and its figures to a file, for ``fourfold.load``.

        Raises
        ------
        QuantizationRejectedError
            If the quantization was not accepted: there is nothing to save.
        OSError
            If the file cannot be written; an older one stays as it was.
        """
        if not self.accepted:
            raise QuantizationRejectedError(self)
        self.model.save(path)

    def to_onnx(self, path: str | os.PathLike[str]) -> tuple[str, ...]:
        """Write the quantization of an ONNX model as a standard ONNX model, for any runtime.

        It is the original, which is read again, with the weights of layers in INT8 as int8
        initializers that DequantizeLinear makes floats of, one scale for each output channel (QDQ).
        What convolutions read is int8 as well, with the scales from calibration. Products run in
        float there: what ONNX has for activations, one scale for a whole tensor, would not give the
        accuracy that was measured. The file is about as small as `save`'s. An
        original of an opset below 13 is converted to that.

        Parameters
        ----------
        path : path
            The file; one that is there is replaced at once.

        Returns
        -------
        tuple of str
            The layers in INT8 here that stay in float32 there; mostly none.

        Raises
        ------
        QuantizationRejectedError
            If the quantization was not accepted: there is nothing to write.
        UnsupportedModelError
            If the original is no ONNX model, its opset cannot be converted, or none of its layers
            has a form in ONNX.
        ModelFileError, OSError
            If the original cannot be read again, or the file not be written.

        Examples
        --------
        >>> import numpy as np
        >>> import fourfold as ff
        >>> from onnx import TensorProto, helper, numpy_helper
        >>> weight = np.random.default_rng(0).normal(size=(64, 512)).astype(np.float32)
        >>> graph = helper.make_graph(
        ...     [helper.make_node("MatMul", ["x", "w"], ["y"])],
        ...     "layer",
        ...     [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 64])],
        ...     [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 512])],
        ...     [numpy_helper.from_array(weight, "w")],
        ... )
        >>> opsets = [helper.make_opsetid("", 17)]
        >>> model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        >>> x = np.ones((10, 64), np.float32)
        >>> result = ff.quantize_model(model, x, gate=ff.Gate(min_speedup=0))
        >>> result.to_onnx("layer.int8.onnx")  # doctest: +SKIP
        ()
        """
        if not self.accepted:
            raise QuantizationRejectedError(self)
        if self.onnx_source is None:
            raise UnsupportedModelError(
                "only the quantization of an ONNX model can be written as one; this one is "
                f"{describe_type(self.model)}: save it for fourfold.load"
            )
        from fourfold.exporters.onnx import export_onnx

        int8 = [layer.name for layer in self.layers if layer.precision == "int8"]
        return export_onnx(self.onnx_source, int8, path, self.activations)
