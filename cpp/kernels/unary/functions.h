// The unary functions that kernels/math lacks; errors are in unary.h. Include after one vocabulary,
// simd/common.h, math/exp.h and math/log.h.
#pragma once

namespace fourfold {
namespace {

struct Parameters {
  F32 alpha;
  F32 beta;
};

// The sign bit alone: a difference from 0 would lose the sign of zeros.
FOURFOLD_INLINE F32 neg(F32 x) {
  return as_float(as_bits(x) + broadcast_i32(INT32_MIN));
}

FOURFOLD_INLINE F32 sign(F32 x) {
  const F32 zero = broadcast(0.0f);
  const F32 not_0 = select(equal(x, x), with_sign_of(x, broadcast(1.0f)), x);
  return select(equal(x, zero), zero, not_0);
}

FOURFOLD_INLINE F32 round(F32 x) {
  return round_to_even(x);
}

FOURFOLD_INLINE F32 reciprocal(F32 x) {
  return broadcast(1.0f) / x;
}

// max(x, 0) + log(1 + e^-|x|): nothing cancels, nothing overflows.
FOURFOLD_INLINE F32 softplus(F32 x) {
  const F32 tail = log1p_of_fraction(exp(neg(abs(x))));
  return max(broadcast(0.0f), x) + tail;
}

// From 2^126 on 1 + |x| rounds to |x|; the clamp keeps Inf from meeting Inf.
FOURFOLD_INLINE F32 softsign(F32 x) {
  const F32 finite = clamp(x, -0x1p126f, 0x1p126f);
  return finite / (broadcast(1.0f) + abs(finite));
}

// With w = e^x, tanh(log(1 + w)) is n / (n + 2) with n = w (w + 2), which rounds to 1 above 20.
// The clamp at the other end keeps -Inf from meeting 0.
FOURFOLD_INLINE F32 mish(F32 x) {
  const F32 above = max(broadcast(-110.0f), x);
  const F32 w = exp(min(broadcast(20.0f), x));
  const F32 n = fma(w, w, w + w);
  return above * (n / (n + broadcast(2.0f)));
}

FOURFOLD_INLINE F32 hard_sigmoid(F32 x, const Parameters& p) {
  return clamp(fma(x, p.alpha, p.beta), 0.0f, 1.0f);
}

}  // namespace
}  // namespace fourfold
