// The deinterleave kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <cstddef>

#include "kernels/deinterleave/deinterleave.h"
#include "kernels/simd/common.h"

namespace fourfold {
namespace {

void evens(const float* x, float* y, std::size_t count) {
  std::size_t i = 0;
  for (; i + kLanes < count; i += kLanes)
    store(y + i, even_lanes(load(x + 2 * i), load(x + 2 * i + kLanes)));
  if (i == count) return;
  // From the last value on, nothing may be read: not even of the pair that it begins.
  const std::size_t left = 2 * (count - i) - 1;
  const F32 a = load(x + 2 * i, lanes_at(0, left));
  const F32 b = left > kLanes ? load(x + 2 * i + kLanes, lanes_at(kLanes, left)) : a;
  store(y + i, even_lanes(a, b), count - i);
}

constexpr DeinterleaveKernels deinterleave_kernels_on(Isa isa) {
  return {isa, evens};
}

}  // namespace
}  // namespace fourfold
