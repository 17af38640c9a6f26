// softmax and log_softmax along rows. Include after one vocabulary, simd/common.h,
// simd/virtual_lanes.h and activation/exp.h.
//
// A NaN in a row, +Inf, or nothing but -Inf makes x - maximum NaN somewhere, so the sum, and with
// it the whole row.
#pragma once

#include <math.h>

#include <cstdint>
#include <cstring>

namespace fourfold {
namespace {

struct ExpOfDifference {
  F32 maximum;
  FOURFOLD_INLINE F32 operator()(F32 x) const { return exp(x - maximum); }
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

void softmax(const ActivationBlock& block) {
  for (std::size_t r = 0; r < block.rows; ++r) {
    const float* x = block.x + r * block.x_stride;
    float* y = block.y + r * block.y_stride;
    const F32 maximum = broadcast(reduce_lanes(x, block.columns, Maximum{}, Itself{}));
    map(x, y, block.columns, ExpOfDifference{maximum});
    const float sum = reduce_lanes(y, block.columns, Sum{}, Itself{});
    map(y, y, block.columns, Times{broadcast(1.0f / sum)});
  }
}

// Natural logarithm of s >= 1, or NaN; relative error below 2e-7. With s = 2^n m and m in
// [sqrt(1/2), sqrt(2)): log m = f - f^2 / 2 + f^3 R(f) where f = m - 1; R is a minimax fit. Once
// per row, hence one lane.
float log_of_sum(float s) {
  if (s != s) return s;
  constexpr std::int32_t kRootHalfBits = 0x3f3504f3;
  std::int32_t bits;
  memcpy(&bits, &s, sizeof bits);
  const std::int32_t exponent = (bits - kRootHalfBits) >> 23;
  bits -= exponent * (1 << 23);
  float m;
  memcpy(&m, &bits, sizeof m);

  const float f = m - 1.0f;
  float ratio = -0x1.38b578p-4f;
  ratio = fmaf(ratio, f, 0x1.055b6ap-3f);
  ratio = fmaf(ratio, f, -0x1.0d8544p-3f);
  ratio = fmaf(ratio, f, 0x1.22da1ep-3f);
  ratio = fmaf(ratio, f, -0x1.547244p-3f);
  ratio = fmaf(ratio, f, 0x1.99a008p-3f);
  ratio = fmaf(ratio, f, -0x1.000226p-2f);
  ratio = fmaf(ratio, f, 0x1.555554p-2f);

  const float n = static_cast<float>(exponent);
  const float square = f * f;
  float tail = fmaf(n, kLn2Low, ratio * f * square);
  tail = fmaf(-0.5f, square, tail);
  return fmaf(n, kLn2High, f + tail);
}

void log_softmax(const ActivationBlock& block) {
  for (std::size_t r = 0; r < block.rows; ++r) {
    const float* x = block.x + r * block.x_stride;
    const F32 maximum = broadcast(reduce_lanes(x, block.columns, Maximum{}, Itself{}));
    const float sum = reduce_lanes(x, block.columns, Sum{}, ExpOfDifference{maximum});
    const DifferenceLess of_x{maximum, broadcast(log_of_sum(sum))};
    map(x, block.y + r * block.y_stride, block.columns, of_x);
  }
}

}  // namespace
}  // namespace fourfold
