// The largest magnitude of some values: whether what is made of them can be NaN, or too large to
// round. Include after one vocabulary and simd/common.h.
#pragma once

#include <string.h>

namespace fourfold {
namespace {

// As bits, NaN > Inf > every finite value: one NaN makes it NaN.
FOURFOLD_INLINE float most_of(const float* values, std::size_t count) {
  I32 most = broadcast_i32(0);
  for (std::size_t i = 0; i < count; i += kLanes)
    most = max(most, abs_bits(load(values + i, lanes_at(i, count))));
  const std::int32_t bits = max_lane(most);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace
}  // namespace fourfold
