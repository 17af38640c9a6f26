// e^x and e^x - 1 over the SIMD vocabulary: x = n ln 2 + r with |r| <= ln 2 / 2, then 2^n e^r.
// Include after one vocabulary and simd/common.h.
#pragma once

namespace fourfold {
namespace {

// ln 2 in two parts (Cody and Waite): small integers times the first, of 15 bits, are exact.
constexpr float kLn2High = 0x1.62e4p-1f;
constexpr float kLn2Low = 0x1.7f7d1cp-20f;

struct ExpParts {
  F32 power;   // 2^n; 0 for n = -127, +Inf for n = 128
  F32 growth;  // e^r - 1
};

// Either NaN, or x in [-88, 89].
FOURFOLD_INLINE ExpParts exp_parts(F32 x) {
  // Adding 1.5 * 2^23 rounds to an integer, ties to even, and leaves n in the low bits.
  const F32 shift = broadcast(0x1.8p23f);
  const F32 shifted = fma(x, broadcast(0x1.715476p+0f), shift);
  const I32 one_bits = broadcast_i32(0x3f800000);
  const F32 power = as_float(shift_left<23>(as_bits(shifted)) + one_bits);

  const F32 n = shifted - shift;
  const F32 r = fma(n, broadcast(-kLn2Low), fma(n, broadcast(-kLn2High), x));

  // (e^r - 1) / r = 1 + r S(r). S is a minimax fit: with real coefficients its error is 1.3e-8 of
  // e^r - 1.
  F32 s = broadcast(0x1.6bebdcp-10f);
  s = fma(s, r, broadcast(0x1.122886p-7f));
  s = fma(s, r, broadcast(0x1.555676p-5f));
  s = fma(s, r, broadcast(0x1.5554aep-3f));
  s = fma(s, r, broadcast(0x1.fffffep-2f));
  return {power, fma(s * r, r, r)};
}

// Relative error below 9e-8 for x in [-87.3, 88.3]. 0 below -87.69, +Inf above 88.38; NaN stays
// NaN.
FOURFOLD_INLINE F32 exp(F32 x) {
  const ExpParts e = exp_parts(clamp(x, -88.0f, 89.0f));
  return (e.growth + broadcast(1.0f)) * e.power;
}

// Relative error below 1.3e-7, near 0 too. x in [-30, 30], or NaN.
FOURFOLD_INLINE F32 expm1(F32 x) {
  const ExpParts e = exp_parts(x);
  return fma(e.growth, e.power, e.power - broadcast(1.0f));
}

}  // namespace
}  // namespace fourfold
