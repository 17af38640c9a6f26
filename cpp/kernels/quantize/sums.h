// The kernels from int32 sums to values, and on to int8. Include after quantize/convert.h.
//
// Each combination of terms is a loop of its own, but for one: hard_swish of a sum with a residual is
// rare, and takes two passes.
#pragma once

#include <math.h>

#include "kernels/quantize/quantize.h"

namespace fourfold {
namespace {

template <class Residual, class Activation, class Out>
void convert_with(const ScaledSums& sums, Residual residual, Activation activate, Out out) {
  if (sums.post.scale == nullptr) return convert(sums, residual, activate, NoAffine{}, out);
  convert(sums, residual, activate, Affine{sums.post}, out);
}

// True if no value that is made of the sums can be NaN: then int8 takes a third less time. To find
// out is worth it for some rows.
FOURFOLD_INLINE bool are_numbers(const ScaledSums& sums, float inverse_scale) {
  const bool scales = inverse_scale > 0.0f && inverse_scale < INFINITY;  // else Inf may become NaN
  constexpr std::size_t kRows = 4;
  constexpr std::int32_t kBelowBits = 0x53800000;  // 2^40: no sum times two such overflows
  if (sums.rows < kRows || sums.residual.f32 != nullptr || !scales) return false;
  const bool adds = sums.residual.s8 != nullptr, post = sums.post.scale != nullptr;
  I32 most = abs_bits(broadcast(adds ? sums.residual.scale : 0.0f));
  for (std::size_t r = 0; r < sums.rows; r += kLanes)
    most = max(most, abs_bits(load(sums.row_scales + r, lanes_at(r, sums.rows))));
  for (std::size_t i = 0; i < sums.columns; i += kLanes) {
    const std::size_t n = lanes_at(i, sums.columns);
    most = max(most, abs_bits(load(sums.column_scales + i, n)));
    most = max(most, abs_bits(load(sums.bias + i, n)));
    if (!post) continue;
    most = max(most, abs_bits(load(sums.post.scale + i, n)));
    most = max(most, abs_bits(load(sums.post.shift + i, n)));
  }
  return max_lane(most) < kBelowBits;
}

template <class Out>
void convert_to(const ScaledSums& sums, Out out) {
  const ResidualRows& residual = sums.residual;
  const Floor floor{broadcast(sums.floor)};
  if constexpr (!Out::kNumbers) {
    if (residual.f32 != nullptr)
      return convert_with(sums, FloatResidual{residual.f32, residual.stride}, floor, out);
  }
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
  const ScaledAndClamped quantize{broadcast(block.inverse_scale), broadcast(block.zero), block.low};
  if (are_numbers(block.sums, block.inverse_scale))
    return convert_to(block.sums, QuantizedRow<true>{block.q, block.q_stride, quantize});
  convert_to(block.sums, QuantizedRow<false>{block.q, block.q_stride, quantize});
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
