// The reduce kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/reduce/reduce.h"
#include "kernels/simd/common.h"
#include "kernels/simd/virtual_lanes.h"
// Ours builds on those.
#include "kernels/reduce/absmax.h"

namespace fourfold {
namespace {

float absmax(const float* x, std::size_t count) {
  const std::int32_t bits = absmax_bits(x, count);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

struct SquareOfDifference {
  F32 mean;
  FOURFOLD_INLINE F32 operator()(F32 x) const { return (x - mean) * (x - mean); }
};

Moments moments(const float* x, std::size_t count) {
  const float n = static_cast<float>(count);
  const float mean = reduce_lanes(x, count, Sum{}, Itself{}) / n;
  return {mean, reduce_lanes(x, count, Sum{}, SquareOfDifference{broadcast(mean)}) / n};
}

constexpr ReduceKernels reduce_kernels_on(Isa isa) {
  return {isa, absmax, moments};
}

}  // namespace
}  // namespace fourfold
