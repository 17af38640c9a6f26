// Natural logarithms over the SIMD vocabulary. Include after one vocabulary, simd/common.h and
// math/exp.h.
#pragma once

#include <math.h>

#include <cstdint>

namespace fourfold {
namespace {

// log(2^n (1 + f)) for an integer n and 1 + f in [sqrt(1/2), sqrt(2)]: with R a minimax fit,
// log(1 + f) = f - f^2 / 2 + f^3 R(f).
FOURFOLD_INLINE F32 log_of_parts(F32 n, F32 f) {
  F32 ratio = broadcast(-0x1.38b578p-4f);
  ratio = fma(ratio, f, broadcast(0x1.055b6ap-3f));
  ratio = fma(ratio, f, broadcast(-0x1.0d8544p-3f));
  ratio = fma(ratio, f, broadcast(0x1.22da1ep-3f));
  ratio = fma(ratio, f, broadcast(-0x1.547244p-3f));
  ratio = fma(ratio, f, broadcast(0x1.99a008p-3f));
  ratio = fma(ratio, f, broadcast(-0x1.000226p-2f));
  ratio = fma(ratio, f, broadcast(0x1.555554p-2f));

  const F32 square = f * f;
  F32 tail = fma(n, broadcast(kLn2Low), ratio * f * square);
  tail = fma(broadcast(-0.5f), square, tail);
  return fma(n, broadcast(kLn2High), f + tail);
}

// x > 0 and finite, as 2^n m with m in [sqrt(1/2), sqrt(2)).
FOURFOLD_INLINE F32 log_of_positive(F32 x) {
  // Denormals have no exponent to read: 2^25 makes them normal, and n starts 25 lower.
  const Mask tiny = less(x, broadcast(0x1p-126f));
  const I32 bits = as_bits(select(tiny, x * broadcast(0x1p25f), x));
  const I32 root_half_bits = broadcast_i32(0x3f3504f3);
  const I32 exponent = shift_right<23>(bits - root_half_bits);
  const F32 m = as_float(bits - shift_left<23>(exponent));
  const F32 n = to_float(exponent) + select(tiny, broadcast(-25.0f), broadcast(0.0f));
  return log_of_parts(n, m - broadcast(1.0f));
}

// -Inf for zeros, NaN below them; +Inf and NaN stay.
FOURFOLD_INLINE F32 log(F32 x) {
  const F32 zero = broadcast(0.0f);
  const F32 not_above_0 = select(equal(x, zero), broadcast(-INFINITY), broadcast(NAN));
  const F32 above_0 = select(less(x, broadcast(INFINITY)), log_of_positive(x), x);
  return select(less(zero, x), above_0, select(equal(x, x), not_above_0, x));
}

// log(1 + u) for u in [0, 1], accurate near 0 too; NaN stays.
FOURFOLD_INLINE F32 log1p_of_fraction(F32 u) {
  const Mask halved = less(broadcast(0x1.a827ap-2f), u);  // sqrt(2) - 1
  const F32 f = select(halved, fma(u, broadcast(0.5f), broadcast(-0.5f)), u);
  return log_of_parts(select(halved, broadcast(1.0f), broadcast(0.0f)), f);
}

}  // namespace
}  // namespace fourfold
