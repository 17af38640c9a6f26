// The kernels from int32 sums to values, and on to int8. Include after quantize/convert.h.
//
// Each combination of terms is a loop of its own, but for one: hard_swish of a sum with a residual is
// rare, and takes two passes.
#pragma once

#include "kernels/quantize/quantize.h"

namespace fourfold {
namespace {

template <class Residual, class Activation, class Out>
void convert_with(const ScaledSums& sums, Residual residual, Activation activate, Out out) {
  if (sums.post.scale == nullptr) return convert(sums, residual, activate, NoAffine{}, out);
  convert(sums, residual, activate, Affine{sums.post}, out);
}

template <class Out>
void convert_to(const ScaledSums& sums, Out out) {
  const ResidualRows& residual = sums.residual;
  const Floor floor{broadcast(sums.floor)};
  if (residual.f32 != nullptr)
    return convert_with(sums, FloatResidual{residual.f32, residual.stride}, floor, out);
  if (residual.s8 != nullptr) {
    const F32 scale = broadcast(residual.scale);
    return convert_with(sums, QuantizedResidual{residual.s8, residual.stride, scale}, floor, out);
  }
  if (sums.hard_swish) return convert_with(sums, NoResidual{}, HardSwish{}, out);
  convert_with(sums, NoResidual{}, floor, out);
}

void dequantize(const DequantizeBlock& block) {
  convert_to(block.sums, FloatRow{block.y, block.y_stride});
}

void requantize(const RequantizeBlock& block) {
  const ScaledAndClamped quantize{broadcast(block.inverse_scale)};
  convert_to(block.sums, QuantizedRow{block.q, block.q_stride, quantize});
}

struct FusedMultiplyAdd {
  FOURFOLD_INLINE F32 operator()(F32 x, F32 scale, F32 shift) const { return fma(x, scale, shift); }
};

void affine_columns(const ColumnAffineBlock& block) {
  for (std::size_t r = 0; r < block.rows; ++r) {
    zip(block.y + r * block.y_stride, block.columns, FusedMultiplyAdd{},
        block.x + r * block.x_stride, block.affine.scale, block.affine.shift);
  }
}

}  // namespace
}  // namespace fourfold
