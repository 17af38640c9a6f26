// The pool kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <math.h>

#include <cstddef>

#include "base/unroll.h"
#include "kernels/pool/pool.h"
#include "kernels/simd/common.h"

namespace fourfold {
namespace {

constexpr std::size_t kVectorsAtOnce = 4;  // enough to cover an operation's latency

struct LargerOrNan {
  static constexpr float kStart = -INFINITY;
  FOURFOLD_INLINE F32 operator()(F32 so_far, F32 next) const { return max_or_nan(so_far, next); }
};

struct Sum {
  static constexpr float kStart = 0.0f;
  FOURFOLD_INLINE F32 operator()(F32 so_far, F32 next) const { return so_far + next; }
};

template <std::size_t vectors, class Join>
FOURFOLD_INLINE void join_points(const PoolBlock& block, std::size_t i, Join join) {
  F32 joined[vectors];
  FOURFOLD_UNROLL
  for (std::size_t v = 0; v < vectors; ++v)
    joined[v] = broadcast(Join::kStart);
  for (std::size_t k = 0; k < block.points; ++k) {
    const float* x = block.x + block.offsets[k] + i;
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < vectors; ++v)
      joined[v] = join(joined[v], load(x + v * kLanes));
  }
  FOURFOLD_UNROLL
  for (std::size_t v = 0; v < vectors; ++v)
    store(block.y + i + v * kLanes, joined[v]);
}

template <class Join>
void pool(const PoolBlock& block) {
  const Join join;
  std::size_t i = 0;
  for (; i + kVectorsAtOnce * kLanes <= block.count; i += kVectorsAtOnce * kLanes)
    join_points<kVectorsAtOnce>(block, i, join);
  for (; i + kLanes <= block.count; i += kLanes)
    join_points<1>(block, i, join);
  if (i == block.count) return;
  const std::size_t n = block.count - i;
  F32 joined = broadcast(Join::kStart);
  for (std::size_t k = 0; k < block.points; ++k)
    joined = join(joined, load(block.x + block.offsets[k] + i, n));
  store(block.y + i, joined, n);
}

constexpr PoolKernels pool_kernels_on(Isa isa) {
  return {isa, pool<LargerOrNan>, pool<Sum>};
}

}  // namespace
}  // namespace fourfold
