// The pool kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <cstddef>

#include "base/unroll.h"
#include "kernels/pool/pool.h"
#include "kernels/pool/rows_s8.h"
#include "kernels/simd/common.h"

namespace fourfold {
namespace {

constexpr std::size_t kVectorsAtOnce = 4;  // enough to cover an operation's latency

struct LargerOrNan {
  FOURFOLD_INLINE F32 first(F32 value) const { return value; }
  FOURFOLD_INLINE F32 operator()(F32 so_far, F32 next) const { return max_or_nan(so_far, next); }
  static constexpr bool kDivides = false;
};

struct Sum {
  FOURFOLD_INLINE F32 first(F32 value) const { return broadcast(0.0f) + value; }
  FOURFOLD_INLINE F32 operator()(F32 so_far, F32 next) const { return so_far + next; }
  static constexpr bool kDivides = false;
};

struct Mean : Sum {
  static constexpr bool kDivides = true;
  FOURFOLD_INLINE F32 finish(F32 sum, F32 divisor) const { return sum / divisor; }
};

struct Product : Sum {
  static constexpr bool kDivides = true;
  FOURFOLD_INLINE F32 finish(F32 sum, F32 divisor) const { return sum * divisor; }
};

// Of one row, from this column on; the last vector may be only begun.
template <class Join, std::size_t vectors>
FOURFOLD_INLINE void join_points(const PoolPlaneBlock& block, std::size_t row, std::size_t column) {
  const Join join;
  const float* x = block.x + row * block.x_stride + column;
  float* y = block.y + row * block.y_stride + column;
  F32 joined[vectors];
  FOURFOLD_UNROLL
  for (std::size_t v = 0; v < vectors; ++v)
    joined[v] = join.first(load(x + block.offsets[0] + v * kLanes));
  for (std::size_t k = 1; k < block.points; ++k) {
    const float* point = x + block.offsets[k];
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < vectors; ++v)
      joined[v] = join(joined[v], load(point + v * kLanes));
  }
  FOURFOLD_UNROLL
  for (std::size_t v = 0; v < vectors; ++v) {
    const std::size_t at = column + v * kLanes, n = lanes_at(at, block.columns);
    if constexpr (Join::kDivides) {
      const float* divisors = block.divisors + row * block.divisors_stride + at;
      joined[v] = join.finish(joined[v], load(divisors, n));
    }
    if (v + 1 < vectors || n == kLanes) {
      store(y + v * kLanes, joined[v]);
    } else {
      store(y + v * kLanes, joined[v], n);
    }
  }
}

template <class Join, std::size_t vectors>
void join_columns(const PoolPlaneBlock& block, std::size_t column) {
  for (; column + (vectors - 1) * kLanes < block.columns; column += vectors * kLanes) {
    for (std::size_t row = 0; row < block.rows; ++row)
      join_points<Join, vectors>(block, row, column);
  }
  if constexpr (vectors > 1) {
    if (column < block.columns) join_columns<Join, vectors - 1>(block, column);
  }
}

template <class Join>
void join_plane(const PoolPlaneBlock& block) {
  join_columns<Join, kVectorsAtOnce>(block, 0);
}

// The larger of each of n pairs.
FOURFOLD_INLINE F32 larger_of_pairs(const float* x, std::size_t n) {
  const F32 a = load(x, lanes_at(0, 2 * n)), b = load(x + kLanes, lanes_at(kLanes, 2 * n));
  return max_or_nan(even_lanes(a, b), odd_lanes(a, b));
}

void max_of_pairs(const PoolPlaneBlock& block) {
  for (std::size_t row = 0; row < block.rows; ++row) {
    const float* x = block.x + row * block.x_stride;
    float* y = block.y + row * block.y_stride;
    for (std::size_t i = 0; i < block.columns; i += kLanes) {
      const std::size_t n = lanes_at(i, block.columns);
      F32 joined = larger_of_pairs(x + block.offsets[0] + 2 * i, n);
      for (std::size_t k = 1; k < block.points; ++k)
        joined = max_or_nan(joined, larger_of_pairs(x + block.offsets[k] + 2 * i, n));
      store(y + i, joined, n);
    }
  }
}

constexpr PoolKernels pool_kernels_on(Isa isa, void (*larger_s8)(const PoolLargerS8Block&)) {
  return {isa,
          join_plane<LargerOrNan>,
          max_of_pairs,
          join_plane<Sum>,
          join_plane<Mean>,
          join_plane<Product>,
          join_rows_s8<SumOfBytes>,
          join_rows_s8<LargestByte>,
          larger_s8};
}

}  // namespace
}  // namespace fourfold
