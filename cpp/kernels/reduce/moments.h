// Mean and variance of rows in two passes. Include after one vocabulary, simd/common.h and
// simd/virtual_lanes.h.
#pragma once

#include <cstddef>

#include "kernels/reduce/reduce.h"

namespace fourfold {
namespace {

struct SquareOfDifference {
  F32 mean;
  FOURFOLD_INLINE F32 operator()(F32 x) const { return (x - mean) * (x - mean); }
};

template <std::size_t rows>
FOURFOLD_INLINE void moments_of_rows(const float* const (&x)[rows], std::size_t count,
                                     Moments (&results)[rows]) {
  const float n = static_cast<float>(count);
  constexpr Itself kThemselves[rows] = {};
  float sums[rows];
  reduce_rows(x, count, Sum{}, kThemselves, sums);
  SquareOfDifference squares[rows];
  for (std::size_t r = 0; r < rows; ++r) {
    results[r].mean = sums[r] / n;
    squares[r].mean = broadcast(results[r].mean);
  }
  reduce_rows(x, count, Sum{}, squares, sums);
  for (std::size_t r = 0; r < rows; ++r)
    results[r].variance = sums[r] / n;
}

}  // namespace
}  // namespace fourfold
