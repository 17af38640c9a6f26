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

}  // namespace
}  // namespace fourfold
