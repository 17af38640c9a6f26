// layer_norm and rms_norm. Include after one vocabulary, simd/common.h, simd/virtual_lanes.h,
// reduce/moments.h and normalize/unit_norm.h.
//
// A row is read two or three times, from L1 after the first.
#pragma once

#include <math.h>

#include <cstddef>

namespace fourfold {
namespace {

struct SumOfTwo {
  FOURFOLD_INLINE F32 operator()(F32 x, F32 residual) const { return x + residual; }
};

// The row to normalize: of x, or of the sum, which is made here.
FOURFOLD_INLINE const float* summed_row(const LayerNormBlock& norm, std::size_t r) {
  const float* x = norm.x + r * norm.x_stride;
  if (norm.residual == nullptr) return x;
  float* sum = norm.sum + r * norm.sum_stride;
  zip(sum, norm.columns, SumOfTwo{}, x, norm.residual + r * norm.residual_stride);
  return sum;
}

struct Scaled {
  F32 inverse;
  FOURFOLD_INLINE F32 operator()(F32 x, F32 gamma) const { return x * inverse * gamma; }
};

struct CentredAndScaled {
  F32 mean;
  F32 inverse;
  FOURFOLD_INLINE F32 operator()(F32 x, F32 gamma) const { return (x - mean) * inverse * gamma; }
  FOURFOLD_INLINE F32 operator()(F32 x, F32 gamma, F32 beta) const {
    return fma((x - mean) * inverse, gamma, beta);
  }
};

// Rows r to r + rows - 1.
template <std::size_t rows>
void layer_norm_rows(const LayerNormBlock& norm, std::size_t r) {
  const std::size_t columns = norm.columns;
  const float* x[rows];
  for (std::size_t i = 0; i < rows; ++i)
    x[i] = summed_row(norm, r + i);
  Moments of_rows[rows];
  moments_of_rows(x, columns, of_rows);
  for (std::size_t i = 0; i < rows; ++i) {
    float* y = norm.y + (r + i) * norm.y_stride;
    const float inverse = 1.0f / sqrtf(of_rows[i].variance + norm.epsilon);
    const CentredAndScaled of_x{broadcast(of_rows[i].mean), broadcast(inverse)};
    if (norm.beta != nullptr) {
      zip(y, columns, of_x, x[i], norm.gamma, norm.beta);
    } else {
      zip(y, columns, of_x, x[i], norm.gamma);
    }
  }
}

template <std::size_t rows>
void rms_norm_rows(const LayerNormBlock& norm, std::size_t r) {
  const std::size_t columns = norm.columns;
  const float* x[rows];
  for (std::size_t i = 0; i < rows; ++i)
    x[i] = summed_row(norm, r + i);
  constexpr Square kSquares[rows] = {};
  float sums[rows];
  reduce_rows(x, columns, Sum{}, kSquares, sums);
  for (std::size_t i = 0; i < rows; ++i) {
    const float mean_square = sums[i] / static_cast<float>(columns);
    const Scaled of_x{broadcast(1.0f / sqrtf(mean_square + norm.epsilon))};
    zip(norm.y + (r + i) * norm.y_stride, columns, of_x, x[i], norm.gamma);
  }
}

}  // namespace
}  // namespace fourfold
