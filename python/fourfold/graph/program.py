"""The program: a flat list of steps over numbered values; what the engine runs and a file holds.

Values are numbered: first the inputs, then the constants, then the outputs of the steps in the
order of the steps. K' is K padded to 64, N' is N padded to 16. In ``conv_s8``, K and F' are those
of a group, and K counts the window's points times its channels; what comes after bias may be
absent.

Where so much padding would be a large part of it, an s8 weight is stored plain instead: [K, N] in
``linear_s8`` and in ``gather_s8`` with ``rows``, [G, K, F] in ``conv_s8``; and what goes with its
columns is [N], or [G, F].

=============== ======================================= =========================================
op              inputs                                  attributes and meaning
=============== ======================================= =========================================
``linear_s8``   x f32 or s8 [..., K];                   ``depth`` K, ``columns`` N,
                weight s8 [N'/16, K'/4, 16, 4];         ``activation`` (elementwise), ``alpha``;
                column scale f32 [N'];                  ``input_scale``: of x, which needs it if
                bias f32 [N'];                          it is s8; ``output_scale``: of the
                residual f32 [..., N], if any           output, s8 with it, f32 without;
                                                        ``activation_bits`` 8 or 16: x f32 as
                                                        one or two int8 values
``linear_add``  those of ``linear_s8``, the residual    as ``linear_s8``, without an activation
``_s8``         of any shape that broadcasts            or an ``output_scale``
``linear_f32``  x f32 [..., K];                         as above, but for the scales
                weight f32 [N'/16, K, 16];
                bias f32 [N']
``conv_s8``     x f32 or s8 [images, *spatial, C];      those of ``conv``, ``group`` G among them;
                weight s8 [G, F'/16, K'/4, 16, 4], a    ``channels`` C, ``filters`` F, of all
                packed matrix for each group;           groups; ``input_scale``, always;
                column scale, bias f32 [G, F'];         ``residual_scale`` if the residual is s8;
                residual f32 or s8, of y's shape;       ``output_scale``: of the output, s8 with
                post scale, post shift f32 [F]          it, f32 without
``gather_s8``   table s8 [rows, K];                     table[indices] * scales[indices]
                indices i32 or i64 [...];               ``rows``, ``columns``: the table is
                scales f32 [rows]                       packed, as ``linear_s8``'s weight
``lstm_s8``,    those of ``lstm`` and ``gru``, but for  those of ``lstm`` and ``gru``, and
``gru_s8``      the weights: ``gate_weights.h`` in      ``depth``, of x
                ``cpp/ops/recurrent``
=============== ======================================= =========================================

Between convolutions in INT8, where a scale belongs to the step that reads or writes the value:

================= =================================== ==========================================
``depthwise_s8``  as ``conv_s8``, but weight s8       as ``conv_s8``; G and F are C
                  [points of the window, C];
                  column scale and bias f32 [C]
``binary_s8``     a, b, f32 or s8, which broadcast    ``kind``: ``add`` or ``mul``; ``a_scale``,
                                                      ``b_scale``: of what is s8; ``activation``,
                                                      ``alpha``; ``output_scale`` as above
``lookup``        x s8; table [256], a constant       y = table[x + 128]
``quantize_s8``   x f32                               ``scale``, ``zero``
``dequantize_s8`` x s8                                ``scale``, ``zero``
================= =================================== ==========================================

0 may be any byte: ``output_zero`` beside each ``output_scale``, ``a_zero`` and ``b_zero`` of
``binary_s8``, ``input_zero`` of convolutions, whose border it is, and of means. What the zeros of
its input and its residual add to a layer's sums, its bias has taken off.

``pool`` and ``global_pool`` of s8, channels last, have ``input_scale`` (but the maximum under a
window) and perhaps ``output_scale``.

All other ops are those of the graph (``ir``), by the same names, with its inputs and attributes;
``linear`` becomes ``linear_s8`` or ``linear_f32``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fourfold.graph.ir import Attribute, TensorInfo


@dataclass(frozen=True)
class Step:
    """One engine operation; ``inputs`` and ``outputs`` are value numbers, None an absent input."""

    op: str
    inputs: tuple[int | None, ...]
    outputs: tuple[int, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class ProgramSpec:
    """Everything that ``_core.Program`` is built from."""

    inputs: tuple[TensorInfo, ...]

    constants: tuple[np.ndarray, ...]
    """C-contiguous arrays, as they are stored."""

    steps: tuple[Step, ...]
    outputs: tuple[int, ...]
    output_names: tuple[str, ...]

    widened: Mapping[int, str] = field(default_factory=dict)
    """By their places among the constants, those that are stored in fewer bytes than the engine
    reads them in (``narrow``): the type that it reads."""
