// Rows divided by their norm. Include after one vocabulary, simd/common.h, simd/virtual_lanes.h and
// reduce/absmax.h.
#pragma once

#include <math.h>

#include <cstddef>

namespace fourfold {
namespace {

struct Magnitude {
  FOURFOLD_INLINE F32 operator()(F32 x) const { return abs(x); }
};

struct Square {
  FOURFOLD_INLINE F32 operator()(F32 x) const { return x * x; }
};

struct Over {
  F32 divisor;
  FOURFOLD_INLINE F32 operator()(F32 x) const { return x / divisor; }
};

float l1_of(const float* x, std::size_t count) {
  return reduce_lanes(x, count, Sum{}, Magnitude{});
}

float l2_of(const float* x, std::size_t count) {
  return sqrtf(reduce_lanes(x, count, Sum{}, Square{}));
}

template <float (*norm_of)(const float* x, std::size_t count)>
void unit_norm(const NormalizeBlock& block) {
  for (std::size_t r = 0; r < block.rows; ++r) {
    const float* x = block.x + r * block.x_stride;
    const float norm = norm_of(x, block.columns);
    const Over of_x{broadcast(norm == 0.0f ? 1.0f : norm)};
    map(x, block.y + r * block.y_stride, block.columns, of_x);
  }
}

}  // namespace
}  // namespace fourfold
