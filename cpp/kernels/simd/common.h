// What follows from the SIMD vocabulary alone, the same on every ISA. Include after one vocabulary.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fourfold {
namespace {

// How many of the kLanes elements from `offset` on exist.
FOURFOLD_INLINE std::size_t lanes_at(std::size_t offset, std::size_t count) {
  const std::size_t left = offset < count ? count - offset : 0;
  return left < kLanes ? left : kLanes;
}

// The values as they are, where a function of them is wanted.
struct Itself {
  FOURFOLD_INLINE F32 operator()(F32 a) const { return a; }
};

// NaN if either is, where the vocabulary's max and min give b; of two zeros, b.
FOURFOLD_INLINE F32 max_or_nan(F32 a, F32 b) {
  return select(equal(a, a), max(a, b), a);
}
FOURFOLD_INLINE F32 min_or_nan(F32 a, F32 b) {
  return select(equal(a, a), min(a, b), a);
}

// NaN stays NaN: max and min give their second operand for it.
FOURFOLD_INLINE F32 clamp(F32 a, float low, float high) {
  return min(broadcast(high), max(broadcast(low), a));
}

FOURFOLD_INLINE I32 abs_bits(F32 a) {
  return as_bits(a) & broadcast_i32(0x7fffffff);
}
FOURFOLD_INLINE F32 abs(F32 a) {
  return as_float(abs_bits(a));
}

// magnitude >= 0 with the sign of a.
FOURFOLD_INLINE F32 with_sign_of(F32 a, F32 magnitude) {
  return as_float(as_bits(magnitude) | (as_bits(a) & broadcast_i32(INT32_MIN)));
}

// y[i] = function(inputs[i]...) for i < count, of any number of const float* inputs. y may be one.
template <class Function, class... Inputs>
FOURFOLD_INLINE void zip(float* y, std::size_t count, Function function, Inputs... inputs) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    store(y + i, function(load(inputs + i)...));
  if (i < count) {
    const std::size_t n = count - i;
    store(y + i, function(load(inputs + i, n)...), n);
  }
}

// y[i] = function(x[i]) for i < count. y may be x.
template <class Function>
FOURFOLD_INLINE void map(const float* x, float* y, std::size_t count, Function function) {
  zip(y, count, function, x);
}

}  // namespace
}  // namespace fourfold
