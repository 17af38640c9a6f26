// The sigmoid and tanh over the SIMD vocabulary; errors are in activation/activation.h. Include after
// one vocabulary, simd/common.h and math/exp.h.
#pragma once

namespace fourfold {
namespace {

// 1 / (1 + e^-x): 0 below -88.38.
FOURFOLD_INLINE F32 sigmoid(F32 x) {
  const F32 one = broadcast(1.0f);
  return one / (one + exp_or_zero(broadcast(0.0f) - x));
}

// E / (E + 2) with E = e^(2|x|) - 1, which keeps small x exact; 1 from |x| = 9.02 on.
FOURFOLD_INLINE F32 tanh(F32 x) {
  const F32 magnitude = min(broadcast(10.0f), abs(x));
  const F32 e = expm1(magnitude + magnitude);
  return with_sign_of(x, e / (e + broadcast(2.0f)));
}

}  // namespace
}  // namespace fourfold
