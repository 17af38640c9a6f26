// e^x and e^x - 1 over the SIMD vocabulary: x = n ln 2 + r with |r| <= ln 2 / 2, then 2^n e^r.
// Include after one vocabulary and simd/common.h.
#pragma once

namespace fourfold {
namespace {

// ln 2 in two parts (Cody and Waite): small integers times the first, of 15 bits, are exact.
constexpr float kLn2High = 0x1.62e4p-1f;
constexpr float kLn2Low = 0x1.7f7d1cp-20f;

constexpr std::int32_t kOneBits = 0x3f800000;

// 2^n for n in [-127, 128], where the lowest 9 bits of `n` are n: 0 for -127, +Inf for 128.
FOURFOLD_INLINE F32 power_of_2(I32 n) {
  return as_float(shift_left<23>(n) + broadcast_i32(kOneBits));
}

struct ExpParts {
  I32 n;       // its lowest 22 bits
  F32 growth;  // e^r - 1
};

// Either NaN, or x in [-110, 90].
FOURFOLD_INLINE ExpParts exp_parts(F32 x) {
  // Adding 1.5 * 2^23 rounds to an integer, ties to even, and leaves n in the low bits.
  const F32 shift = broadcast(0x1.8p23f);
  const F32 shifted = fma(x, broadcast(0x1.715476p+0f), shift);
  const F32 n = shifted - shift;
  const F32 r = fma(n, broadcast(-kLn2Low), fma(n, broadcast(-kLn2High), x));

  // (e^r - 1) / r = 1 + r S(r). S is a minimax fit: with real coefficients its error is 1.3e-8 of
  // e^r - 1.
  F32 s = broadcast(0x1.6bebdcp-10f);
  s = fma(s, r, broadcast(0x1.122886p-7f));
  s = fma(s, r, broadcast(0x1.555676p-5f));
  s = fma(s, r, broadcast(0x1.5554aep-3f));
  s = fma(s, r, broadcast(0x1.fffffep-2f));
  return {as_bits(shifted), fma(s * r, r, r)};
}

// Relative error below 9e-8 for x in [-87.3, 88.3]. 0 below -87.69, +Inf above 88.38; NaN stays
// NaN. For where a denormal result is as good as none.
FOURFOLD_INLINE F32 exp_or_zero(F32 x) {
  const ExpParts e = exp_parts(clamp(x, -88.0f, 89.0f));
  return (e.growth + broadcast(1.0f)) * power_of_2(e.n);
}

// Over all floats, rounded once more where the result is denormal. 2^n is applied in two halves:
// neither it nor the product with the first leaves the normal numbers.
FOURFOLD_INLINE F32 exp(F32 x) {
  const ExpParts e = exp_parts(clamp(x, -110.0f, 89.5f));
  const I32 n = shift_right<9>(shift_left<9>(e.n));
  const I32 half = shift_right<1>(n);
  return (e.growth + broadcast(1.0f)) * power_of_2(half) * power_of_2(n - half);
}

// Relative error below 1.3e-7, near 0 too. x in [-30, 30], or NaN.
FOURFOLD_INLINE F32 expm1(F32 x) {
  const ExpParts e = exp_parts(x);
  const F32 power = power_of_2(e.n);
  return fma(e.growth, power, power - broadcast(1.0f));
}

}  // namespace
}  // namespace fourfold
