// The reduce kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <cstddef>

#include "kernels/reduce/reduce.h"
#include "kernels/simd/common.h"
#include "kernels/simd/virtual_lanes.h"
// Ours build on those.
#include "kernels/reduce/absmax.h"
#include "kernels/reduce/moments.h"

namespace fourfold {
namespace {

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
