// The largest magnitude of a row. Include after one vocabulary and simd/common.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace fourfold {
namespace {

// Bits of max |x[i]|; 0 for an empty row. As integers NaN > Inf > every finite value, and no order
// of x matters.
FOURFOLD_INLINE std::int32_t absmax_bits(const float* x, std::size_t count) {
  I32 max_a = broadcast_i32(0);
  I32 max_b = max_a;
  I32 max_c = max_a;
  I32 max_d = max_a;
  std::size_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes) {
    max_a = max(max_a, abs_bits(load(x + i)));
    max_b = max(max_b, abs_bits(load(x + i + kLanes)));
    max_c = max(max_c, abs_bits(load(x + i + 2 * kLanes)));
    max_d = max(max_d, abs_bits(load(x + i + 3 * kLanes)));
  }
  for (; i < count; i += kLanes) {
    max_a = max(max_a, abs_bits(load(x + i, lanes_at(i, count))));
  }
  return max_lane(max(max(max_a, max_b), max(max_c, max_d)));
}

// The same as a float.
FOURFOLD_INLINE float absmax(const float* x, std::size_t count) {
  const std::int32_t bits = absmax_bits(x, count);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace
}  // namespace fourfold
