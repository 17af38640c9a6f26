// Pooling of float32, along the points of the window in order: from -Inf for the maximum, which
// keeps NaN, from 0 for sums.
#pragma once

#include <cstddef>

#include "matmul/execution.h"
#include "ops/convolution/pool_shape.h"

namespace fourfold {

struct PoolF32 {
  PoolKind kind;
  float p;             // of kLp
  bool counts_border;  // of kAverage
};

// x[i] = |x[i]|^p, and x[i] = x[i]^(1/p), by the kernel's pow.
void raise_to_norm(float* x, std::size_t count, float p, const Execution& execution);
void take_root_of_norm(float* x, std::size_t count, float p, const Execution& execution);

// x [N, C, ...]: lanes are neighbouring positions, read from a band (plane_band.h).
std::size_t pool_planes_scratch(const PoolShape& shape, const Execution& execution);
void pool_planes(const PoolShape& shape, const PoolF32& pool, const float* x, float* y,
                 std::byte* scratch, const Execution& execution);

// x [N, ..., C]: lanes are channels. Not kLp.
std::size_t pool_pixels_scratch(const PoolShape& shape, const Execution& execution);
void pool_pixels(const PoolShape& shape, const PoolF32& pool, const float* x, float* y,
                 std::byte* scratch, const Execution& execution);

}  // namespace fourfold
