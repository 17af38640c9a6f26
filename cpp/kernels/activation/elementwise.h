// The elementwise activations, and the loop that runs one over a block; errors are in activation.h.
// Include after one vocabulary, simd/common.h, math/sigmoid.h and activation/hard.h.
#pragma once

namespace fourfold {
namespace {

FOURFOLD_INLINE F32 identity(F32 x, F32) {
  return x;
}

FOURFOLD_INLINE F32 relu(F32 x, F32) {
  return max(broadcast(0.0f), x);
}

FOURFOLD_INLINE F32 leaky_relu(F32 x, F32 alpha) {
  return select(less(x, broadcast(0.0f)), alpha * x, x);
}

FOURFOLD_INLINE F32 elu(F32 x, F32 alpha) {
  const F32 below_0 = alpha * expm1(clamp(x, -30.0f, 0.0f));
  return select(less(x, broadcast(0.0f)), below_0, x);
}

FOURFOLD_INLINE F32 sigmoid(F32 x, F32) {
  return sigmoid(x);
}

// x / (1 + e^-x). The clamp keeps -Inf from meeting +Inf: the limit there is -0.0.
FOURFOLD_INLINE F32 silu(F32 x, F32) {
  return max(broadcast(-100.0f), x) / (broadcast(1.0f) + exp_or_zero(broadcast(0.0f) - x));
}

FOURFOLD_INLINE F32 tanh(F32 x, F32) {
  return tanh(x);
}

// 0.5 (1 + tanh u) is 1 / (1 + e^-2u): one exponential, and no cancellation for x < 0.
FOURFOLD_INLINE F32 gelu_tanh(F32 x, F32) {
  const F32 a = max(broadcast(-16.0f), x);
  const F32 minus_2_root = broadcast(-0x1.988454p+0f);  // -2 sqrt(2 / pi)
  const F32 u = fma(a * a * a, broadcast(0.044715f), a);
  return a / (broadcast(1.0f) + exp_or_zero(minus_2_root * u));
}

// max(x, 0) + a q with a = |x| and q = -Phi(-a): no cancellation where x is large. q is a minimax
// polynomial in t = a / 2.75 - 1 on [0, 5.5]; past that, a Phi(-a) < 1.1e-7 counts as 0.
FOURFOLD_INLINE F32 gelu(F32 x, F32) {
  constexpr float kEnd = 5.5f;
  const F32 a = abs(x);
  const F32 t = fma(a, broadcast(2.0f / kEnd), broadcast(-1.0f));
  F32 q = broadcast(-0x1.227298p-10f);
  q = fma(q, t, broadcast(0x1.c94722p-8f));
  q = fma(q, t, broadcast(-0x1.16af56p-9f));
  q = fma(q, t, broadcast(-0x1.1a5536p-5f));
  q = fma(q, t, broadcast(0x1.47d718p-5f));
  q = fma(q, t, broadcast(0x1.bd3ecap-5f));
  q = fma(q, t, broadcast(-0x1.0d3bb2p-3f));
  q = fma(q, t, broadcast(0x1.03e664p-5f));
  q = fma(q, t, broadcast(0x1.4d326ep-3f));
  q = fma(q, t, broadcast(-0x1.bd482ap-3f));
  q = fma(q, t, broadcast(0x1.a5196p-5f));
  q = fma(q, t, broadcast(0x1.6a8202p-3f));
  q = fma(q, t, broadcast(-0x1.16688ep-2f));
  q = fma(q, t, broadcast(0x1.a790a2p-3f));
  q = fma(q, t, broadcast(-0x1.834fbcp-4f));
  q = fma(q, t, broadcast(0x1.99ba96p-6f));
  q = fma(q, t, broadcast(-0x1.86906ap-9f));
  const F32 positive = max(broadcast(0.0f), x);
  return select(less(broadcast(kEnd), a), positive, fma(a, q, positive));
}

template <F32 (*function)(F32 x, F32 alpha)>
struct WithAlpha {
  F32 alpha;
  FOURFOLD_INLINE F32 operator()(F32 x) const { return function(x, alpha); }
};

// Rows without gaps are a single one: of a few columns each, they would be mostly remainders.
template <F32 (*function)(F32 x, F32 alpha)>
void elementwise(const ActivationBlock& block) {
  const WithAlpha<function> of_x{broadcast(block.alpha)};
  if (block.x_stride == block.columns && block.y_stride == block.columns)
    return map(block.x, block.y, block.rows * block.columns, of_x);
  for (std::size_t r = 0; r < block.rows; ++r) {
    map(block.x + r * block.x_stride, block.y + r * block.y_stride, block.columns, of_x);
  }
}

}  // namespace
}  // namespace fourfold
