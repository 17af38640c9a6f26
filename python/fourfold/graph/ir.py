"""The float graph: named values, nodes in execution order, constants as NumPy arrays.

Operators that quantization and the passes know (``activation`` and ``kind``:
``fourfold.ACTIVATIONS``):

============== ======================================= =========================================
op             inputs                                  attributes and meaning
============== ======================================= =========================================
``linear``     x [..., K], weight [K, N],              ``activation``, ``alpha``:
               bias [N] or ""                          f(x @ weight + bias);
                                                       ``activation_bits`` of one in INT8, if not 8
``activation`` x                                       ``kind``, ``alpha``; softmax and
                                                       log_softmax by row
``affine``     x [rows, K], shift [K], scale [K],      (x - shift) * scale + offset
               offset [K]
``clip``       x                                       ``low``, ``high``
``normalize``  x                                       ``norm`` ("l1", "l2", "max"):
                                                       rows to unit norm
``add``        a, b                                    a + b, same shape
``conv``       x [N, C, ...], weight [M, C / group,    ``group``, ``strides``, ``pads``,
               ...], bias [M] or "", residual? as y,   ``dilations``, ``auto_pad``,
               post_scale?, post_shift? [M]            ``activation``, ``alpha``: f(conv + bias +
                                                       residual) * post_scale + post_shift
``batch_norm`` x [N, C, ...], scale, shift, mean,      ``epsilon``; by channel
               variance, each [C]
============== ======================================= =========================================

All others are the engine's own, and go to it as they are: ``cpp/ops/<family>/<op>.cc`` says what
they take. Their semantics are those of ONNX's newest opset, their inputs in ONNX's order:

elementwise
    ``unary`` x; ``binary`` a, b (NumPy broadcasting), both by ``kind``; ``where``; ``cast`` ``to``
movement
    ``identity``, ``reshape``, ``flatten``, ``squeeze``, ``unsqueeze`` (views); ``shape``,
    ``transpose``, ``concat``, ``split``, ``slice``, ``pad``, ``expand``, ``tile``, ``gather``,
    ``gather_elements``, ``gather_nd``, ``scatter_elements``, ``scatter_nd``, ``tensor_scatter``,
    ``depth_to_space``, ``space_to_depth``, ``reverse_sequence``, ``trilu``, ``constant_of_shape``
    (shape, value [1]), ``eye_like``, ``range``, ``one_hot``, ``compress``, ``non_zero``, ``unique``
reduction
    ``reduce``, ``arg_reduce``, ``cumulative``, ``softmax`` by ``kind``; ``top_k``, ``det``
linear
    ``matmul``, ``head_attention``, ``gemm``, ``einsum``, ``matmul_integer``
convolution
    ``conv_transpose``, ``conv_integer``, ``qlinear_conv``, ``deform_conv``, ``col2im``, ``pool``,
    ``max_pool_indices``, ``max_unpool``, ``global_pool``, ``lrn``
normalization
    ``layer_norm``, ``rms_norm``, ``instance_norm``, ``group_norm``, ``lp_norm``
recurrent
    ``lstm``, ``gru``, ``rnn``
quantization
    ``quantize_linear``, ``dequantize_linear``, ``dynamic_quantize_linear``, ``qlinear_matmul``
image
    ``resize``, ``grid_sample``, ``roi_align``, ``max_roi_pool``, ``non_max_suppression``

An optional input that is absent is "", and is there: every op has all of its inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

Attribute = int | float | str | tuple[int, ...] | tuple[float, ...]


@dataclass(frozen=True)
class TensorInfo:
    """Name, NumPy dtype name and shape of a graph input; ``None`` is a dimension that may vary."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True)
class Node:
    """One operation: named inputs (values, constants, or "" for an absent one) to named outputs."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    name: str = ""

    def without(self, *names: str) -> Node:
        """Return the node without some of its attributes."""
        kept = {name: value for name, value in self.attributes.items() if name not in names}
        return replace(self, attributes=kept)


@dataclass(frozen=True)
class Integers:
    """A constant as its model stores it: ``values * scales`` in float32."""

    values: np.ndarray
    """int8, in [-127, 127]."""

    scales: np.ndarray
    """float32: one, or one for each index of ``axis``."""

    axis: int


@dataclass(frozen=True)
class Graph:
    """A model in float, its nodes in an order in which they can run."""

    inputs: tuple[TensorInfo, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    constants: Mapping[str, np.ndarray]

    integers: Mapping[str, Integers] = field(default_factory=dict)
    """Of those constants that the model itself has in int8, by name."""
