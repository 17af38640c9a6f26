// The activations that are pieces of straight lines: cheap enough to be done wherever values pass by.
// Include after one vocabulary and simd/common.h.
#pragma once

namespace fourfold {
namespace {

FOURFOLD_INLINE F32 hard_sigmoid(F32 x, F32 alpha) {
  return clamp(fma(x, alpha, broadcast(0.5f)), 0.0f, 1.0f);
}

// The clamp of x keeps -Inf from meeting 0: the limit there is -0.0.
FOURFOLD_INLINE F32 hard_swish(F32 x, F32) {
  const F32 gate = clamp(fma(x, broadcast(1.0f / 6.0f), broadcast(0.5f)), 0.0f, 1.0f);
  return max(broadcast(-4.0f), x) * gate;
}

}  // namespace
}  // namespace fourfold
