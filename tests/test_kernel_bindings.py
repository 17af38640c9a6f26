"""The single kernels' bindings check sizes before they run, and convert nothing."""

import numpy as np
import pytest

from fourfold._core import kernels, pack_f32, pack_s8

S8 = np.ones((3, 8), np.int8)
F32 = np.ones((3, 8), np.float32)
S32 = np.ones((3, 8), np.int32)
PACKED = pack_s8(np.ones((8, 5), np.int8))
PACKED_F32 = pack_f32(np.ones((8, 5), np.float32))
BIAS = np.zeros(16, np.float32)
BLOCK = np.ones((3, 64), np.int8)
SUMS = np.full(16, 8, np.int32)
READ_ONLY = np.ones((3, 8), np.float32)
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kernels.gemm_s8(S8[0], PACKED, 5), "a: expected shape"),
        (lambda: kernels.gemm_s8(S8, PACKED, 17), r"packed: .*\(2, 16, 16, 4\)"),
        (lambda: kernels.gemm_s8(np.ones((1, 65), np.int8), PACKED, 5), "packed"),
        (lambda: kernels.gemm_s8(np.ones((1, 65537), np.int8), PACKED, 5), "at most 65536"),
        (lambda: kernels.gemm_s8_block(S8, PACKED, SUMS), "multiple of 16, received 8"),
        (lambda: kernels.gemm_s8_block(BLOCK, PACKED, SUMS[:5]), "multiple of 16, received 5"),
        (lambda: kernels.gemm_s8_block(BLOCK, PACKED, np.ones(32, np.int32)), "packed"),
        (lambda: kernels.gemm_s8_block(BLOCK, PACKED, SUMS, S32), r"out: .*\(3, 16\)"),
        (lambda: kernels.gemm_f32(F32, PACKED_F32, BIAS[:5], 5), "bias"),
        (lambda: kernels.gemm_f32(F32, PACKED_F32, BIAS, 5, F32), r"out: .*\(3, 5\)"),
        (lambda: kernels.gemm_f32(F32, PACKED_F32[:, :7].copy(), BIAS, 5), "packed"),
        (lambda: kernels.quantize_rows(F32, 7), "depth: expected at least 8, received 7"),
        (lambda: kernels.quantize_rows(F32, 8, 1), "flip: expected 0 or 128, received 1"),
        (lambda: kernels.quantize_rows(F32, 8, 0, SUMS), r"absmax: .*\(3,\)"),
        (lambda: kernels.track_absmax(F32, SUMS), r"absmax: .*\(3,\)"),
        (lambda: kernels.quantize_rows(F32, 8, out=(S8, BIAS)), r"out\[1\]: .*\(3,\)"),
        (lambda: kernels.quantize_fixed(F32, 7, 1.0), "depth"),
        (lambda: kernels.dequantize(S32, BIAS[:2], BIAS[:8], BIAS[:8]), "row_scales"),
        (lambda: kernels.dequantize(S32, BIAS[:3], BIAS[:9], BIAS[:8]), "column_scales"),
        (lambda: kernels.dequantize(S32, BIAS[:3], BIAS[:8], BIAS[:7]), "bias"),
        (lambda: kernels.activation("swish", F32), "activation: expected one of identity"),
        (lambda: kernels.activation("relu", F32[0]), "x: expected shape"),
        (lambda: kernels.activation("relu", F32, out=READ_ONLY), "not writeable"),
        (lambda: kernels.moments(F32[0, :0]), "at least one value"),
        (lambda: kernels.unary("swish", F32, F32), "kind: expected one of abs, neg.*'swish'"),
        (lambda: kernels.unary("exp", F32, F32[:2].copy()), "y: expected shape"),
        (lambda: kernels.binary("xor", F32, F32, F32), "kind: expected one of add"),
        (lambda: kernels.binary("add", F32, F32[:2].copy(), F32), "b: expected shape"),
        (lambda: kernels.binary("add", F32[0], F32, F32), "a: expected shape"),
        (lambda: kernels.layer_norm(F32, BIAS, None, 0.1, F32), "gamma: expected shape"),
        (lambda: kernels.layer_norm(F32, BIAS[:8], BIAS, 0.1, F32), "beta: expected shape"),
        (lambda: kernels.layer_norm(F32, BIAS[:8], None, 0.1, F32, F32), "expected both or"),
        (lambda: kernels.rms_norm(F32, BIAS[:8], 0.1, F32[:2].copy()), "y: expected shape"),
        (lambda: kernels.rms_norm(F32[:, :0].copy(), BIAS[:0], 0.1, F32[:, :0].copy()), "column"),
        (lambda: kernels.unit_norm("l3", F32, F32.copy()), "kind: expected one of l1, l2, max"),
        (lambda: kernels.affine("rows", F32, BIAS[:8], BIAS[:8], F32), "scale: expected shape"),
        (lambda: kernels.affine("sides", F32, BIAS[:8], BIAS[:8], F32), "along: expected one"),
        (lambda: kernels.linear_s8(F32, PACKED, BIAS, BIAS[:5], 5), "bias"),
        (lambda: kernels.linear_s8(F32, PACKED, BIAS[:5], BIAS, 5), "column_scales"),
        (lambda: kernels.linear_s8(F32, PACKED, BIAS, BIAS, 5, "softmax"), "activation"),
        (lambda: kernels.linear_s8(F32, PACKED, BIAS, BIAS, 5, scratch=S8[0]), "scratch"),
        (lambda: kernels.linear_s8(F32, PACKED, BIAS, BIAS, 5, out=F32), r"out: .*\(3, 5\)"),
        (lambda: kernels.linear_s8_scratch_bytes(3, 8, 5, "columns"), "output_scale: .*'rows'"),
        (lambda: kernels.linear_f32(F32, PACKED_F32, BIAS, 17), "packed"),
    ],
)
def test_sizes_and_names_are_checked(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: kernels.gemm_s8(S8.astype(np.int16), PACKED, 5),
        lambda: kernels.gemm_s8(S8[:, ::2], PACKED, 5),
        lambda: kernels.quantize_rows(F32.astype(np.float64), 8),
        lambda: kernels.quantize_rows(np.asfortranarray(F32), 8),
        lambda: kernels.absmax([1.0, 2.0]),
        lambda: kernels.activation("relu", F32, out=np.ones((3, 8))),
        lambda: kernels.unary("exp", F32, F32.astype(np.float64)),
        lambda: kernels.rms_norm(F32, BIAS[:8], 0.1, F32, F32, F32.astype(np.float64)),
    ],
)
def test_nothing_is_converted(call):
    with pytest.raises(TypeError, match="incompatible function arguments"):
        call()


def test_empty_matrices_give_empty_results(isa):
    assert kernels.gemm_s8(S8[:0], PACKED, 5).shape == (0, 5)
    assert kernels.gemm_f32(F32[:0], PACKED_F32, BIAS, 5).shape == (0, 5)
    assert kernels.linear_s8(F32[:0], PACKED, BIAS, BIAS, 5).shape == (0, 5)
    assert kernels.activation("softmax", F32[:0]).shape == (0, 8)
    q, scales = kernels.quantize_rows(F32[:0], 64)
    assert (q.shape, scales.shape) == ((0, 64), (0,))
