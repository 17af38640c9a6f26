// The SIMD vocabulary with one lane, and its definition: every other header here has the same names
// and gives the same bits, lane by lane. Kernel bodies are written once, over these names, and
// built once per ISA.
//
// F32 is kLanes floats, I32 kLanes 32-bit integers, Mask kLanes truth values. kLanes divides 16.
// Everything is in an unnamed namespace: no kernel may link to a copy that another ISA's flags
// compiled.
//
// `n` counts the lanes in use, n <= kLanes: memory past them is not touched, and loads put zeros
// there. Rounding is to nearest, ties to even, and denormals are kept: the caller's MXCSR or FPCR
// must say so.
#pragma once

#include <math.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/simd/force_inline.h"

namespace fourfold {
namespace {

constexpr std::size_t kLanes = 1;

struct F32 {
  float v;
};

struct I32 {
  std::int32_t v;
};

struct Mask {
  bool v;
};

FOURFOLD_INLINE F32 broadcast(float value) {
  return {value};
}
FOURFOLD_INLINE F32 load(const float* from) {
  return {*from};
}
FOURFOLD_INLINE F32 load(const float* from, std::size_t n) {
  return {n ? *from : 0.0f};
}
FOURFOLD_INLINE void store(float* to, F32 a) {
  *to = a.v;
}
FOURFOLD_INLINE void store(float* to, F32 a, std::size_t n) {
  if (n) *to = a.v;
}

// Of the lanes of a, and those of b behind them: 0, 2, 4, ..., and 1, 3, 5, ...
FOURFOLD_INLINE F32 even_lanes(F32 a, F32) {
  return a;
}
FOURFOLD_INLINE F32 odd_lanes(F32, F32 b) {
  return b;
}

// Lane 0 of a, of b, lane 1 of a, of b, ...: the first kLanes of these, and the others.
FOURFOLD_INLINE F32 interleave_low(F32 a, F32) {
  return a;
}
FOURFOLD_INLINE F32 interleave_high(F32, F32 b) {
  return b;
}

FOURFOLD_INLINE F32 operator+(F32 a, F32 b) {
  return {a.v + b.v};
}
FOURFOLD_INLINE F32 operator-(F32 a, F32 b) {
  return {a.v - b.v};
}
FOURFOLD_INLINE F32 operator*(F32 a, F32 b) {
  return {a.v * b.v};
}
FOURFOLD_INLINE F32 operator/(F32 a, F32 b) {
  return {a.v / b.v};
}

// a * b + c, rounded once. Correct without an FMA instruction too: the C library's fmaf is exact.
FOURFOLD_INLINE F32 fma(F32 a, F32 b, F32 c) {
  return {fmaf(a.v, b.v, c.v)};
}
FOURFOLD_INLINE F32 sqrt(F32 a) {
  return {sqrtf(a.v)};
}

// Integers of any size; zeros keep the sign of a.
FOURFOLD_INLINE F32 round_to_even(F32 a) {
  return {rintf(a.v)};
}
FOURFOLD_INLINE F32 floor(F32 a) {
  return {floorf(a.v)};
}
FOURFOLD_INLINE F32 ceil(F32 a) {
  return {ceilf(a.v)};
}

// b if either is NaN, or if they are equal (so of two zeros, b).
FOURFOLD_INLINE F32 max(F32 a, F32 b) {
  return {a.v > b.v ? a.v : b.v};
}
FOURFOLD_INLINE F32 min(F32 a, F32 b) {
  return {a.v < b.v ? a.v : b.v};
}

// False where either is NaN.
FOURFOLD_INLINE Mask less(F32 a, F32 b) {
  return {a.v < b.v};
}
FOURFOLD_INLINE Mask equal(F32 a, F32 b) {
  return {a.v == b.v};
}
FOURFOLD_INLINE F32 select(Mask mask, F32 a, F32 b) {
  return {mask.v ? a.v : b.v};
}
FOURFOLD_INLINE bool any(Mask mask) {
  return mask.v;
}

// a in the first n lanes, rest in the others.
FOURFOLD_INLINE F32 first_lanes(F32 a, std::size_t n, F32 rest) {
  return {n ? a.v : rest.v};
}

FOURFOLD_INLINE I32 broadcast_i32(std::int32_t value) {
  return {value};
}
FOURFOLD_INLINE I32 load_i32(const std::int32_t* from) {
  return {*from};
}
FOURFOLD_INLINE I32 load_i32(const std::int32_t* from, std::size_t n) {
  return {n ? *from : 0};
}

FOURFOLD_INLINE I32 as_bits(F32 a) {
  I32 bits;
  memcpy(&bits.v, &a.v, sizeof bits.v);
  return bits;
}

FOURFOLD_INLINE F32 as_float(I32 bits) {
  F32 a;
  memcpy(&a.v, &bits.v, sizeof a.v);
  return a;
}

// Sums, differences and shifts to the left wrap around.
FOURFOLD_INLINE I32 operator+(I32 a, I32 b) {
  return {
      static_cast<std::int32_t>(static_cast<std::uint32_t>(a.v) + static_cast<std::uint32_t>(b.v))};
}
FOURFOLD_INLINE I32 operator-(I32 a, I32 b) {
  return {
      static_cast<std::int32_t>(static_cast<std::uint32_t>(a.v) - static_cast<std::uint32_t>(b.v))};
}
template <int count>
FOURFOLD_INLINE I32 shift_left(I32 a) {
  return {static_cast<std::int32_t>(static_cast<std::uint32_t>(a.v) << count)};
}
// Copies of the sign bit move in.
template <int count>
FOURFOLD_INLINE I32 shift_right(I32 a) {
  return {a.v >> count};
}
FOURFOLD_INLINE I32 operator&(I32 a, I32 b) {
  return {a.v & b.v};
}
FOURFOLD_INLINE I32 operator|(I32 a, I32 b) {
  return {a.v | b.v};
}
FOURFOLD_INLINE I32 max(I32 a, I32 b) {
  return {a.v > b.v ? a.v : b.v};
}
FOURFOLD_INLINE std::int32_t max_lane(I32 a) {
  return a.v;
}

FOURFOLD_INLINE F32 to_float(I32 a) {
  return {static_cast<float>(a.v)};
}

// Nearest integer, ties to even, for |a| <= 2^22: adding 1.5 * 2^23 leaves no bits for a fraction.
FOURFOLD_INLINE I32 round_to_i32(F32 a) {
  constexpr float kShift = 12582912.0f;
  return {as_bits({a.v + kShift}).v - as_bits({kShift}).v};
}

// The same, and 0 for NaN.
FOURFOLD_INLINE I32 round_to_i32_or_0(F32 a) {
  return round_to_i32({a.v == a.v ? a.v : 0.0f});
}

// kLanes, or n, bytes, widened.
FOURFOLD_INLINE I32 load_s8(const std::int8_t* from) {
  return {*from};
}
FOURFOLD_INLINE I32 load_s8(const std::int8_t* from, std::size_t n) {
  return {n ? *from : 0};
}

// 4 * kLanes, or n, bytes: each value, in [-127, 127], xor flip.
FOURFOLD_INLINE void store_s8(std::int8_t* to, I32 a, I32 b, I32 c, I32 d, std::uint8_t flip) {
  to[0] = static_cast<std::int8_t>(a.v ^ flip);
  to[1] = static_cast<std::int8_t>(b.v ^ flip);
  to[2] = static_cast<std::int8_t>(c.v ^ flip);
  to[3] = static_cast<std::int8_t>(d.v ^ flip);
}

FOURFOLD_INLINE void store_s8(std::int8_t* to, I32 a, std::size_t n, std::uint8_t flip) {
  if (n) *to = static_cast<std::int8_t>(a.v ^ flip);
}

// 4 * kLanes bytes: each value, which is no NaN and of a magnitude below 2^31, to the nearest
// integer, ties to even, and into [lowest, 127].
FOURFOLD_INLINE void store_fitting_s8(std::int8_t* to, F32 a, F32 b, F32 c, F32 d,
                                      std::int8_t lowest) {
  const F32 values[] = {a, b, c, d};
  const F32 low = {static_cast<float>(lowest)};
  for (int i = 0; i < 4; ++i)
    to[i] = static_cast<std::int8_t>(round_to_i32(max(min(values[i], {127.0f}), low)).v);
}

}  // namespace
}  // namespace fourfold
