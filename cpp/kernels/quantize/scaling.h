// A vector of values to int8, as 32-bit integers: the two rules of quantize.h. Include after one
// vocabulary and simd/common.h.
#pragma once

#include <cstdint>

namespace fourfold {
namespace {

constexpr float kLargest = 127.0f;

struct Scaled {
  F32 inverse_scale;
  FOURFOLD_INLINE I32 operator()(F32 x) const { return round_to_i32(x * inverse_scale); }
};

struct ScaledAndClamped {
  F32 inverse_scale;
  F32 zero;
  std::int8_t low;
  FOURFOLD_INLINE F32 steps(F32 x) const { return fma(x, inverse_scale, zero); }
  FOURFOLD_INLINE I32 operator()(F32 x) const {
    return round_to_i32_or_0(clamp(steps(x), static_cast<float>(low), kLargest));
  }
};

// What the least value of a relu, 0, becomes: `zero` is a whole number in [-128, 127].
FOURFOLD_INLINE std::int8_t lowest_of_relu(float zero, std::int8_t low) {
  const auto of_zero = static_cast<std::int8_t>(zero);
  return of_zero < low ? low : of_zero;
}

}  // namespace
}  // namespace fourfold
