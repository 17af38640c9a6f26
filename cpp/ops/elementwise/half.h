// Half precision from and to float32 and float64, bit by bit: the same on every machine.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "ops/dtype.h"

namespace fourfold {

inline float float_of_bits(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

inline std::uint32_t bits_of_float(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

inline float to_float(BFloat16 x) {
  return float_of_bits(std::uint32_t{x.bits} << 16);
}

// The exponent's bias grows by 112: exact, for denormals too. That of Inf and NaN is all ones.
inline float to_float(Float16 x) {
  const std::uint32_t magnitude = (x.bits & 0x7FFFu) << 13;
  const std::uint32_t special = magnitude >= (0x7C00u << 13) ? 0x7F800000u : 0;
  const std::uint32_t finite = bits_of_float(float_of_bits(magnitude) * 0x1p112f);
  return float_of_bits((x.bits & 0x8000u) << 16 | finite | special);
}

// Adding half of the last place that stays, less one if that is even, rounds: a carry is right too.
inline void from_float(float x, BFloat16& y) {
  const std::uint32_t bits = bits_of_float(x);
  const std::uint32_t rounded = (bits + 0x7FFFu + (bits >> 16 & 1)) >> 16;
  const bool is_nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
  y.bits = static_cast<std::uint16_t>(is_nan ? (bits >> 16 | 0x40u) : rounded);
}

inline void from_float(float x, Float16& y) {
  const std::uint32_t bits = bits_of_float(x);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  // As above, with the bias taken off.
  const std::uint32_t normal = (magnitude - (112u << 23) + 0xFFFu + (magnitude >> 13 & 1)) >> 13;
  // Next to 0.5 a float's last place is that of half precision's denormals: the sum rounds.
  const std::uint32_t denormal =
      bits_of_float(float_of_bits(magnitude) + 0.5f) - bits_of_float(0.5f);
  std::uint32_t half = magnitude < (113u << 23) ? denormal : normal;
  if (magnitude >= 0x477FF000u) half = 0x7C00u;  // 65520, which rounds to infinity
  if (magnitude > 0x7F800000u) half = 0x7E00u | (magnitude >> 13 & 0x1FFu);
  y.bits = static_cast<std::uint16_t>(bits >> 16 & 0x8000u) | static_cast<std::uint16_t>(half);
}

// To float32, where a last bit of 1 says that something was cut off: rounding that to fewer bits is
// as rounding x itself.
inline float round_to_odd(double x) {
  const float nearest = static_cast<float>(x);
  std::uint32_t bits = bits_of_float(nearest);
  const bool exact = static_cast<double>(nearest) == x || x != x;
  if (exact || (bits & 1) != 0) return nearest;
  const bool beyond = std::fabs(static_cast<double>(nearest)) > std::fabs(x);
  bits = beyond ? bits - 1 : bits + 1;
  return float_of_bits(bits);
}

template <class Half>
void from_float(double x, Half& y) {
  from_float(round_to_odd(x), y);
}

}  // namespace fourfold
