// The unary kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/math/in_float64.h"
#include "kernels/simd/common.h"
#include "kernels/unary/unary.h"
// These build on the vocabulary.
#include "kernels/math/exp.h"
#include "kernels/math/sin_cos.h"
// These on exp.
#include "kernels/math/erf.h"
#include "kernels/math/log.h"
// Ours on all of them.
#include "kernels/unary/functions.h"

namespace fourfold {
namespace {

template <F32 (*function)(F32)>
struct Of {
  FOURFOLD_INLINE F32 operator()(F32 x) const { return function(x); }
};

template <F32 (*function)(F32)>
void each(const UnaryBlock& block) {
  map(block.x, block.y, block.count, Of<function>{});
}

template <F32 (*function)(F32, const Parameters&)>
struct WithParameters {
  Parameters parameters;
  FOURFOLD_INLINE F32 operator()(F32 x) const { return function(x, parameters); }
};

template <F32 (*function)(F32, const Parameters&)>
void each(const UnaryBlock& block) {
  const Parameters parameters = {broadcast(block.alpha), broadcast(block.beta)};
  map(block.x, block.y, block.count, WithParameters<function>{parameters});
}

template <float (*function)(float)>
void each(const UnaryBlock& block) {
  for (std::size_t i = 0; i < block.count; ++i)
    block.y[i] = function(block.x[i]);
}

constexpr UnaryKernels unary_kernels_on(Isa isa) {
  return {isa,
          {
#define FOURFOLD_UNARY(name) each<name>,
#define FOURFOLD_UNARY_IN_FLOAT64(name) each<in_float64::name>,
#include "kernels/unary/functions.inc"
#undef FOURFOLD_UNARY_IN_FLOAT64
#undef FOURFOLD_UNARY
          }};
}

}  // namespace
}  // namespace fourfold
