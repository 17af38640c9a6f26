"""Calls of every kernel, around its tiles.

A family is a function that yields calls: a function that takes `out` for what it writes, unless it
gives numbers; its operands; its options.
"""

from kernel_calls.products import gemm_f32, gemm_s8, quantize
from kernel_calls.rows import activation, binary, lstm_cell, normalize, reduce, unary
from kernel_calls.tensors_s8 import copy_s8, depthwise_s8, elementwise_s8
from kernel_calls.windows import deinterleave, depthwise_f32, pool, zero_point

FAMILIES = {
    family.__name__: family
    for family in (
        *(gemm_s8, gemm_f32, quantize, activation, reduce, unary, binary, normalize, lstm_cell),
        *(copy_s8, elementwise_s8, depthwise_s8),
        *(deinterleave, depthwise_f32, pool, zero_point),
    )
}
