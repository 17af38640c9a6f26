// The error function over the SIMD vocabulary. Include after one vocabulary, simd/common.h and
// math/exp.h.
#pragma once

namespace fourfold {
namespace {

// Up to |x| = 0.92, x + x P(x^2); above it 1 - e^(t Q(t) - t), where t Q(t) - t is log erfc t. From
// t = 4 on that is 1. P and Q are minimax fits, of relative errors 1.6e-8 and 3e-9 of erf.
FOURFOLD_INLINE F32 erf(F32 x) {
  const F32 square = x * x;
  F32 p = broadcast(-0x1.3ac5a6p-11f);
  p = fma(p, square, broadcast(0x1.476884p-8f));
  p = fma(p, square, broadcast(-0x1.b69390p-6f));
  p = fma(p, square, broadcast(0x1.ce1b0ep-4f));
  p = fma(p, square, broadcast(-0x1.8126eap-2f));
  p = fma(p, square, broadcast(0x1.06eba6p-3f));
  const F32 near_0 = fma(p, x, x);

  const F32 t = min(broadcast(4.0f), abs(x));
  F32 q = broadcast(0x1.c0c422p-13f);
  q = fma(q, t, broadcast(-0x1.a564cap-9f));
  q = fma(q, t, broadcast(0x1.7707b6p-6f));
  q = fma(q, t, broadcast(-0x1.af271cp-4f));
  q = fma(q, t, broadcast(-0x1.457cdep-1f));
  q = fma(q, t, broadcast(-0x1.07328ap-3f));
  const ExpParts e = exp_parts(fma(q, t, broadcast(0.0f) - t));
  const F32 power = power_of_2(e.n);
  const F32 far = broadcast(1.0f) - fma(e.growth, power, power);
  return select(less(broadcast(0.92f), t), with_sign_of(x, far), near_0);
}

}  // namespace
}  // namespace fourfold
