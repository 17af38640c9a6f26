// Sine and cosine over the SIMD vocabulary. Include after one vocabulary and simd/common.h.
#pragma once

#include <cstddef>

#include "kernels/math/in_float64.h"

namespace fourfold {
namespace {

// x = n pi / 2 + r with |r| <= pi / 4, for |x| <= 2^17. The first of three parts of pi / 2 leaves no
// rounding error: x and its product are multiples of 2^-24, and their difference is below 1. The
// third matters where r is as small as 2^-30.
constexpr float kReducible = 0x1p17f;

// sin(x + turns pi / 2).
template <int turns>
FOURFOLD_INLINE F32 sin_of_reducible(F32 x) {
  // Adding 1.5 * 2^23 rounds to an integer, ties to even, and leaves n in the low bits.
  const F32 shift = broadcast(0x1.8p23f);
  const F32 shifted = fma(x, broadcast(0x1.45f306p-1f), shift);
  const F32 n = shifted - shift;
  F32 r = fma(n, broadcast(-0x1.921fb6p+0f), x);
  r = fma(n, broadcast(0x1.777a5cp-25f), r);
  r = fma(n, broadcast(0x1.ee59dap-50f), r);

  // Minimax fits, of relative errors 4e-9 and 1.2e-10.
  const F32 square = r * r;
  F32 s = broadcast(-0x1.9951f6p-13f);
  s = fma(s, square, broadcast(0x1.110774p-7f));
  s = fma(s, square, broadcast(-0x1.555546p-3f));
  const F32 sine = fma(s * square, r, r);
  F32 c = broadcast(0x1.99e814p-16f);
  c = fma(c, square, broadcast(-0x1.6c0c28p-10f));
  c = fma(c, square, broadcast(0x1.55554ap-5f));
  c = fma(c, square, broadcast(-0.5f));
  const F32 cosine = fma(c, square, broadcast(1.0f));

  // Odd quarter turns take the cosine; the second and the third change the sign.
  const I32 quarter = as_bits(shifted) + broadcast_i32(turns);
  const F32 sign_if_odd = as_float(shift_left<31>(quarter) | as_bits(broadcast(1.0f)));
  const F32 value = select(less(sign_if_odd, broadcast(0.0f)), cosine, sine);
  const I32 sign = shift_left<30>(quarter) & broadcast_i32(INT32_MIN);
  return as_float(as_bits(value) + sign);
}

// y, but exact(x) in the lanes where |x| is too large.
template <float (*exact)(float)>
F32 with_large_lanes(F32 x, F32 y) {
  float from[kLanes], to[kLanes];
  store(from, x);
  store(to, y);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    if (from[lane] < -kReducible || from[lane] > kReducible) to[lane] = exact(from[lane]);
  }
  return load(to);
}

FOURFOLD_INLINE Mask too_large(F32 x) {
  return less(broadcast(kReducible), abs(x));
}

FOURFOLD_INLINE F32 sin(F32 x) {
  F32 y = sin_of_reducible<0>(x);
  y = select(equal(x, broadcast(0.0f)), x, y);  // the sum in fma makes +0.0 of -0.0
  return any(too_large(x)) ? with_large_lanes<in_float64::sin>(x, y) : y;
}

FOURFOLD_INLINE F32 cos(F32 x) {
  const F32 y = sin_of_reducible<1>(x);
  return any(too_large(x)) ? with_large_lanes<in_float64::cos>(x, y) : y;
}

}  // namespace
}  // namespace fourfold
