// softmax and log_softmax along rows. Include after one vocabulary, simd/common.h,
// simd/virtual_lanes.h, math/exp.h and math/log.h.
//
// A NaN in a row, +Inf, or nothing but -Inf makes x - maximum NaN somewhere, so the sum, and with
// it the whole row.
#pragma once

#include <cstddef>

namespace fourfold {
namespace {

struct ExpOfDifference {
  F32 maximum;
  FOURFOLD_INLINE F32 operator()(F32 x) const { return exp_or_zero(x - maximum); }
};

struct Times {
  F32 factor;
  FOURFOLD_INLINE F32 operator()(F32 x) const { return x * factor; }
};

struct DifferenceLess {
  F32 maximum;
  F32 log_sum;
  FOURFOLD_INLINE F32 operator()(F32 x) const { return (x - maximum) - log_sum; }
};

template <std::size_t rows>
FOURFOLD_INLINE void rows_from(const ActivationBlock& block, std::size_t r,
                               const float* (&x)[rows]) {
  for (std::size_t i = 0; i < rows; ++i)
    x[i] = block.x + (r + i) * block.x_stride;
}

template <std::size_t rows>
FOURFOLD_INLINE void maxima_of(const float* const (&x)[rows], std::size_t columns,
                               ExpOfDifference (&exps)[rows]) {
  constexpr Itself kThemselves[rows] = {};
  float maxima[rows];
  reduce_rows(x, columns, Maximum{}, kThemselves, maxima);
  for (std::size_t i = 0; i < rows; ++i)
    exps[i].maximum = broadcast(maxima[i]);
}

// Rows r to r + rows - 1.
template <std::size_t rows>
void softmax_rows(const ActivationBlock& block, std::size_t r) {
  const std::size_t columns = block.columns;
  const float* x[rows];
  rows_from(block, r, x);
  ExpOfDifference exps[rows];
  maxima_of(x, columns, exps);
  const float* y[rows];
  for (std::size_t i = 0; i < rows; ++i) {
    float* out = block.y + (r + i) * block.y_stride;
    map(x[i], out, columns, exps[i]);
    y[i] = out;
  }
  constexpr Itself kThemselves[rows] = {};
  float sums[rows];
  reduce_rows(y, columns, Sum{}, kThemselves, sums);
  for (std::size_t i = 0; i < rows; ++i) {
    float* out = block.y + (r + i) * block.y_stride;
    map(out, out, columns, Times{broadcast(1.0f / sums[i])});
  }
}

template <std::size_t rows>
void log_softmax_rows(const ActivationBlock& block, std::size_t r) {
  const std::size_t columns = block.columns;
  const float* x[rows];
  rows_from(block, r, x);
  ExpOfDifference exps[rows];
  maxima_of(x, columns, exps);
  float sums[rows];
  reduce_rows(x, columns, Sum{}, exps, sums);
  for (std::size_t i = 0; i < rows; ++i) {
    const DifferenceLess of_x{exps[i].maximum, log(broadcast(sums[i]))};
    map(x[i], block.y + (r + i) * block.y_stride, columns, of_x);
  }
}

}  // namespace
}  // namespace fourfold
