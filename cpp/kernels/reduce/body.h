// The reduce kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/reduce/reduce.h"
#include "kernels/simd/common.h"
#include "kernels/simd/virtual_lanes.h"
// Ours build on those.
#include "kernels/reduce/absmax.h"
#include "kernels/reduce/moments.h"

namespace fourfold {
namespace {

float absmax(const float* x, std::size_t count) {
  const std::int32_t bits = absmax_bits(x, count);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

Moments moments(const float* x, std::size_t count) {
  Moments results[1];
  moments_of_rows<1>({x}, count, results);
  return results[0];
}

constexpr ReduceKernels reduce_kernels_on(Isa isa) {
  return {isa, absmax, moments};
}

}  // namespace
}  // namespace fourfold
