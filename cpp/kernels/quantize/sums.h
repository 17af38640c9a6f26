// The kernels from int32 sums to values, and on to int8. Include after quantize/convert.h.
//
// Each combination of terms is a loop of its own, but for one: hard_swish of a sum with a residual is
// rare, and takes two passes.
#pragma once

#include <math.h>

#include "kernels/quantize/magnitude.h"
#include "kernels/quantize/quantize.h"

namespace fourfold {
namespace {

template <class Residual, class Activation, class Out>
void convert_with(const ScaledSums& sums, Residual residual, Activation activate, Out out) {
  if (sums.post.scale == nullptr) return convert(sums, residual, activate, NoAffine{}, out);
  convert(sums, residual, activate, Affine{sums.post}, out);
}

// True if no value that is made of the sums is NaN or, times the inverse scale, beyond int32: then
// int8 takes a third less time. To find out is worth it for some rows.
FOURFOLD_INLINE bool all_fit(const ScaledSums& sums, float inverse_scale) {
  constexpr std::size_t kRows = 4;
  constexpr float kSums = 0x1p31f, kBelow = 0x1p30f;  // a half, for what rounding adds
  if (sums.rows < kRows || sums.residual.f32 != nullptr || !(inverse_scale > 0.0f)) return false;
  const float scales =
      most_of(sums.row_scales, sums.rows) * most_of(sums.column_scales, sums.columns);
  float most = kSums * scales + most_of(sums.bias, sums.columns);
  if (sums.residual.s8 != nullptr) most += 256.0f * fabsf(sums.residual.scale);
  if (sums.post.scale != nullptr) {
    most = most * most_of(sums.post.scale, sums.columns) + most_of(sums.post.shift, sums.columns);
  }
  return most < kBelow && most * inverse_scale < kBelow;
}

template <class Activation, class Out>
void convert_to(const ScaledSums& sums, Activation activate, Out out) {
  const ResidualRows& residual = sums.residual;
  if constexpr (!Out::kFitting) {
    if (residual.f32 != nullptr)
      return convert_with(sums, FloatResidual{residual.f32, residual.stride}, activate, out);
  }
  if (residual.s8 != nullptr) {
    const F32 scale = broadcast(residual.scale);
    return convert_with(sums, QuantizedResidual{residual.s8, residual.stride, scale}, activate,
                        out);
  }
  if (sums.hard_swish) return convert_with(sums, NoResidual{}, HardSwish{}, out);
  convert_with(sums, NoResidual{}, activate, out);
}

void dequantize(const DequantizeBlock& block) {
  convert_to(block.sums, Floor{broadcast(block.sums.floor)}, FloatRow{block.y, block.y_stride});
}

// A floor of 0 is one of bytes, too, unless something comes behind it.
void requantize(const RequantizeBlock& block) {
  const ScaledSums& sums = block.sums;
  const ScaledAndClamped quantize{broadcast(block.inverse_scale), broadcast(block.zero), block.low};
  const bool is_relu = sums.floor == 0.0f && !sums.hard_swish && sums.post.scale == nullptr;
  if ((is_relu || sums.floor == -INFINITY) && all_fit(sums, block.inverse_scale)) {
    const std::int8_t lowest = is_relu ? lowest_of_relu(block.zero, block.low) : block.low;
    return convert_to(sums, Itself{},
                      QuantizedRow<true>{block.q, block.q_stride, quantize, lowest});
  }
  convert_to(sums, Floor{broadcast(sums.floor)},
             QuantizedRow<false>{block.q, block.q_stride, quantize, block.low});
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
